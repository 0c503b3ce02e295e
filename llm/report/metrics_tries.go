package report

import (
	"strconv"

	"github.com/tribunebot/tribune/llm"
)

// tries counts the calls of deployments that a call took. The last one of an
// answered call is the one that s is for.
func (m *Metrics) tries(s *series, c *llm.Call) {
	for i := range c.Tries {
		try := &c.Tries[i]
		of := s
		if try.Deployment != c.Served.Deployment || try.Err != nil {
			of = m.seriesOf(c, try)
		}
		of.tried.Inc()
		switch {
		case try.Err == nil:
			of.succeeded.Inc()
		case try.Err.Kind != llm.Cancelled: // leaving is no fault of the deployment
			m.f.failed.WithLabelValues(append(of.byTry(), exception(try.Err)...)...).Inc()
		}
		if try.Cooled > 0 && try.Err != nil {
			status := strconv.Itoa(exceptionStatus(try.Err))
			m.f.cooled.WithLabelValues(append(of.byDeployment(), status)...).Inc()
		}
	}
}

func (m *Metrics) seriesOf(c *llm.Call, try *llm.Try) *series {
	k := keyOf(c)
	k.deployment = deploymentOf(try)
	l := learns(c)
	l.model = try.Err == nil || !pattern(try.Group)
	return m.cabinet.open(k, l)
}

func exception(e *llm.Error) []string {
	return []string{strconv.Itoa(exceptionStatus(e)), exceptionClass(e)}
}

// fallbacks counts the moves from one group to the next: each succeeded or
// failed as the last try in the new group did.
func (m *Metrics) fallbacks(s *series, c *llm.Call) {
	if len(c.Tries) == 0 || c.Served.Fallbacks == 0 && len(c.Tries) == 1 {
		return
	}
	cause := &llm.Error{Kind: llm.NoDeployment} // of a first group in which nothing could be tried
	moved := c.Served.Fallbacks >= groups(c.Tries)
	for i := range c.Tries {
		try := &c.Tries[i]
		if i > 0 && try.Group != c.Tries[i-1].Group {
			moved = true
			if before := c.Tries[i-1].Err; before != nil {
				cause = before
			}
		}
		lastOfGroup := i == len(c.Tries)-1 || c.Tries[i+1].Group != try.Group
		if moved && lastOfGroup {
			m.fallback(s, try, cause)
			moved = false
		}
	}
}

// groups counts the groups of a call's tries. A call with as many fallbacks had
// none in the group that it asked for.
func groups(tries []llm.Try) int {
	n := 0
	for i := range tries {
		if i == 0 || tries[i].Group != tries[i-1].Group {
			n++
		}
	}
	return n
}

func (m *Metrics) fallback(s *series, try *llm.Try, cause *llm.Error) {
	to := m.f.fallbackSucceeded
	if try.Err != nil {
		to = m.f.fallbackFailed
	}
	group := m.cabinet.groupName(try.Group)
	values := append([]string{s.requested, group, s.hash, s.alias, "", ""}, exception(cause)...)
	to.WithLabelValues(values...).Inc()
}

// groupName is a group's name as a label's value.
func (c *cabinet) groupName(group string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.group.pick(group, true)
}
