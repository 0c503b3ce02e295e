package main

import (
	"slices"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/worker/answer"
	"github.com/tribunebot/tribune/worker/limit"
)

// plan says how a question is answered: with its channel's settings, from the
// collections that its channel may see and nothing else.
func plan(c *config.Config, q bots.Question, indexed []knowledge.Collection) answer.Plan {
	channel := c.Channel(settingsPlace(q))
	group := channel.Model
	if group == "auto" {
		group = ""
	}
	return answer.Plan{
		Collections: collections(c, q, channel, indexed),
		Group:       group, Persona: channel.Persona, Language: string(channel.Language),
	}
}

// collections are those that are asked for and may be seen. The handbook is
// only the stand-in of a team that has no documents yet, unless it is named.
func collections(c *config.Config, q bots.Question, channel config.Channel, indexed []knowledge.Collection) []string {
	visible := c.Visible(q.Places(), names(indexed))
	wanted := q.Collections
	if len(wanted) == 0 {
		wanted = channel.Collections
	}
	if len(wanted) == 0 {
		return withoutStandIn(visible, indexed)
	}
	return slices.DeleteFunc(slices.Clone(wanted), func(name string) bool { return !slices.Contains(visible, name) })
}

func withoutStandIn(visible []string, indexed []knowledge.Collection) []string {
	own := slices.ContainsFunc(indexed, func(c knowledge.Collection) bool {
		return c.Name != knowledge.Handbook && c.Documents > 0
	})
	if !own {
		return visible
	}
	return slices.DeleteFunc(slices.Clone(visible), func(name string) bool { return name == knowledge.Handbook })
}

func names(indexed []knowledge.Collection) []string {
	out := make([]string, len(indexed))
	for i, c := range indexed {
		out[i] = c.Name
	}
	return out
}

// settingsPlace is the place whose settings hold for a question.
func settingsPlace(q bots.Question) string {
	if q.As != "" {
		return q.As
	}
	return q.Thread.Place()
}

// share is a channel's rate in the limiter's words.
func share(c config.Channel) limit.Rate {
	return limit.Rate{Every: c.Questions.Every(), Burst: c.Burst}
}
