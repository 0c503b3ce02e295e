package report

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// supabaseTable is where LiteLLM writes calls.
const supabaseTable = "request_logs"

// SupabaseOptions make a Supabase.
type SupabaseOptions struct {
	URL string // of the project: SUPABASE_URL
	Key string // SUPABASE_KEY, a secret
	// Table is where rows go; default "request_logs". It needs the columns of
	// LiteLLM's, with litellm_call_id unique.
	Table string
	// Redact puts a fixed mark in the place of messages and answers.
	Redact bool

	Limits     Limits
	HTTPClient *http.Client // its redirects are not followed
	Log        *slog.Logger
	Now        func() time.Time
}

// Supabase writes a row for each call over PostgREST: when it starts, and again
// when it ends. Make it with NewSupabase.
type Supabase struct {
	o     SupabaseOptions
	to    *poster
	queue *Queue[logged]
}

// logged is a call of which a row is to be written.
type logged struct {
	call  llm.Call
	final bool // the call has ended
}

// NewSupabase makes a Supabase. Nothing is sent before Run is called. The error
// says what is wrong with the address or the key.
func NewSupabase(o SupabaseOptions) (*Supabase, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Table == "" {
		o.Table = supabaseTable
	}
	if o.Key == "" {
		return nil, fmt.Errorf("callback %s: there is no key: set SUPABASE_KEY", supabaseName)
	}
	o.Limits = o.Limits.withDefaults()
	address := strings.TrimRight(o.URL, "/") + "/rest/v1/" + url.PathEscape(o.Table)
	to, err := newPoster(o.HTTPClient, address, http.Header{
		"Apikey": {o.Key}, "Authorization": {"Bearer " + o.Key}, "Content-Type": {"application/json"},
	}, o.Now)
	if err != nil {
		return nil, fmt.Errorf("callback %s: %w", supabaseName, err)
	}
	s := &Supabase{o: o, to: to}
	s.queue = NewQueue(QueueOptions[logged]{
		Name: supabaseName, Limits: o.Limits, Log: o.Log, Now: o.Now, Send: s.send,
		Size: func(l logged) int { return callBytes(l.call) },
	})
	return s, nil
}

// supabaseName is the callback's name in the file, in logs and in metrics.
const supabaseName = "supabase"

// Start puts the beginning of a call into the queue and returns at once.
func (s *Supabase) Start(_ context.Context, c llm.Call) {
	s.queue.Add(logged{call: slim(c, s.o.Limits.Bytes/8)})
}

// Observe puts the end of a call into the queue and returns at once.
func (s *Supabase) Observe(_ context.Context, c llm.Call) {
	s.queue.Add(logged{call: slim(c, s.o.Limits.Bytes/8), final: true})
}

// Run writes rows until ctx is done and what is left has been written, or given
// up after the grace period. It returns nil.
func (s *Supabase) Run(ctx context.Context) error { return s.queue.Run(ctx) }

// State returns what has been written and dropped so far. The start and the end
// of a call are two reports.
func (s *Supabase) State() QueueState { return s.queue.State() }

// send writes the beginnings, then the ends. A beginning never overwrites a row
// that is there, so that sending it twice does no harm, and an end overwrites
// the beginning.
func (s *Supabase) send(ctx context.Context, batch []logged) error {
	began, ended := sortRows(batch)
	if err := s.write(ctx, "resolution=ignore-duplicates", startRows(began, s.o.Redact)); err != nil {
		return err
	}
	return s.write(ctx, "resolution=merge-duplicates", endRows(ended, s.o.Redact))
}

// sortRows parts beginnings from ends and keeps one row for each call, because
// PostgreSQL cannot write a row twice in one statement: the end rather than the
// beginning, and of several ends the last.
func sortRows(batch []logged) (began, ended []llm.Call) {
	last := make(map[string]int, len(batch))
	for i, l := range batch {
		if j, seen := last[l.call.ID]; !seen || l.final || !batch[j].final {
			last[l.call.ID] = i
		}
	}
	for i, l := range batch {
		switch {
		case last[l.call.ID] != i:
		case l.final:
			ended = append(ended, l.call)
		default:
			began = append(began, l.call)
		}
	}
	return began, ended
}

func (s *Supabase) write(ctx context.Context, resolution string, rows any) error {
	body, err := json.Marshal(rows)
	if err != nil {
		return &SendError{Split: true, Err: fmt.Errorf("write rows: %w", err)}
	}
	if string(body) == "null" { // no rows
		return nil
	}
	_, err = s.to.post(ctx, url.Values{"on_conflict": {"litellm_call_id"}},
		http.Header{"Prefer": {resolution + ",return=minimal"}}, body)
	return err
}
