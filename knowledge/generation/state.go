package generation

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// State is how the index stands.
type State struct {
	Number uint64        `json:"generation"` // 0: nothing was fed yet
	ID     string        `json:"id"`         // the same in every worker that shares it
	MadeAt time.Time     `json:"made_at"`
	Age    time.Duration `json:"age_ns"`
	Bytes  int64         `json:"bytes"` // on disk
	Files  int           `json:"files"`
	// Shared says that other workers are followed; Away why they could not be
	// reached when last tried, "" where they could.
	Shared bool   `json:"shared"`
	Away   string `json:"away,omitempty"`
	// Damage is nil, or what was set aside and not fed again yet.
	Damage *Damage `json:"damage,omitempty"`
	// Behind lists what followers have not caught up with.
	Behind []Behind `json:"behind,omitempty"`
}

// Behind says that a follower lacks a collection's latest state.
type Behind struct {
	Follower   string `json:"follower"` // by its name
	Collection string `json:"collection"`
	Reason     string `json:"reason,omitempty"` // "": it was not told yet
}

// of takes over what a manifest says.
func (s *State) of(m manifest) {
	s.Number, s.ID, s.MadeAt, s.Bytes, s.Files = m.Number, m.ID, m.MadeAt, m.bytes(), len(m.Files)
}

// Problem says in one line what is wrong, "" where nothing is.
func (s State) Problem() string {
	var out []string
	if d := s.Damage; d != nil {
		text := fmt.Sprintf("the index is damaged (%s): generation %d is served instead of %d", d.Reason, s.Number, d.Number)
		if len(d.Collections) > 0 {
			text += "; feed again: " + strings.Join(d.Collections, ", ")
		}
		if len(d.Withheld) > 0 {
			text += "; removed before, and not shown again: " + strings.Join(withheldTexts(d.Withheld), ", ")
		}
		out = append(out, text)
	}
	if s.Away != "" {
		out = append(out, "other workers are not followed: "+s.Away)
	}
	for _, b := range s.Behind {
		if b.Reason != "" {
			out = append(out, fmt.Sprintf("%s lacks the latest of %s: %s", b.Follower, b.Collection, b.Reason))
		}
	}
	return strings.Join(out, "; ")
}

func withheldTexts(all []Withheld) []string {
	var out []string
	for _, w := range all {
		if w.Documents == 0 {
			out = append(out, "all of "+w.Collection)
		} else {
			out = append(out, fmt.Sprintf("%d documents of %s", w.Documents, w.Collection))
		}
	}
	return out
}

// State tells how the index stands.
func (s *Store) State() State {
	s.mu.Lock()
	out := s.state
	s.mu.Unlock()
	if out.Damage != nil {
		d := *out.Damage
		d.Collections, d.Withheld = slices.Clone(d.Collections), slices.Clone(d.Withheld)
		out.Damage = &d
	}
	out.Age = s.now().Sub(out.MadeAt)
	out.Shared = s.options.Blobs != nil
	out.Behind = s.behind.list()
	slices.SortFunc(out.Behind, func(a, b Behind) int {
		return cmp.Or(cmp.Compare(a.Follower, b.Follower), cmp.Compare(a.Collection, b.Collection))
	})
	return out
}

// away notes whether the shared store was reached.
func (s *Store) away(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	s.mu.Lock()
	before := s.state.Away
	s.state.Away = text
	s.mu.Unlock()
	switch {
	case before == "" && errors.Is(err, errVersion):
		s.log.Error("the index that the workers share can't be read: the one that is here is served", "error", err)
	case before == "" && text != "":
		s.log.Warn("the index that the workers share can't be reached: the one that is here is served", "error", err)
	case before != "" && text == "":
		s.log.Info("the index that the workers share is reached again")
	}
}

// healed notes that a collection was fed whole, and forgets the damage when it
// was the last that had lost something.
func (s *Store) healed(p *pointer, collection string) bool {
	if p.Damage == nil {
		return false
	}
	d := *p.Damage
	left := slices.DeleteFunc(slices.Clone(d.Collections), func(name string) bool { return name == collection })
	if len(left) == len(d.Collections) && len(left) > 0 {
		return false
	}
	if d.Collections = left; len(left) == 0 {
		p.Damage = nil
	} else {
		p.Damage = &d
	}
	return true
}
