package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/llm/litellm"
	"github.com/tribunebot/tribune/llm/price"
	"github.com/tribunebot/tribune/llm/router"
)

// resolved is what the settings of models come to, for people.
type resolved struct {
	said string
	rows []deploymentRow
}

// deploymentRow is one deployment as it would be called.
type deploymentRow struct {
	ID       string `json:"id"`
	Group    string `json:"group"`
	Model    string `json:"model"` // provider/name
	APIBase  string `json:"api_base"`
	Key      string `json:"key"` // hidden but for its last four
	Order    int    `json:"order,omitempty"`
	RPM      int64  `json:"rpm,omitempty"`
	TPM      int64  `json:"tpm,omitempty"`
	Parallel int64  `json:"max_parallel_requests,omitempty"`
	Disabled string `json:"disabled,omitempty"` // why it cannot be used
	Line     int    `json:"line,omitempty"`     // in the file
}

// resolve opens the models, which makes no call, or adds why they cannot be.
func resolve(c *config.Config, problems config.Problems) (resolved, config.Problems) {
	none := resolved{rows: []deploymentRow{}}
	if len(problems) > 0 {
		return none, problems
	}
	set, err := opener{config: c, prices: price.New(nil), log: slog.New(slog.DiscardHandler), now: time.Now}.models()
	if list, ok := errors.AsType[config.Problems](err); ok {
		return none, list
	}
	if one, ok := errors.AsType[config.Problem](err); ok {
		return none, config.Problems{one}
	}
	if err == nil {
		err = set.route(c)
	}
	if err != nil {
		return none, config.Problems{{Setting: "LITELLM_CONFIG", Message: oneLine(err.Error())}}
	}
	return resolved{said: set.String(), rows: append(none.rows, set.rows()...)}, problems
}

// route tries whether the models can be routed, and warns of channels that ask
// for one that is not there.
func (m modelSet) route(c *config.Config) error {
	has := func(string) bool { return false }
	if len(m.deployments) > 0 {
		r, err := router.New(router.Options{Deployments: m.deployments, Settings: m.settings})
		if err != nil {
			return fmt.Errorf("set up the models: %w", err)
		}
		has = r.Has
	}
	for _, place := range slices.Sorted(maps.Keys(c.File.Channels)) {
		name := c.File.Channels[place].Model
		if name != "" && name != autoGroup && !has(name) {
			c.Warnings = append(c.Warnings, config.Problem{
				Setting: "channels." + place + ".model", Origin: originOf(c, "channels."+place+".model"), Warning: true,
				Message: "there is no model of that name, so the default one answers", Fix: "use " + list(append(m.groups(), autoGroup)),
			})
		}
	}
	return nil
}

// rows are the deployments in their order.
func (m modelSet) rows() []deploymentRow {
	var rows []deploymentRow
	if m.file == nil {
		for _, d := range m.choice.list {
			rows = append(rows, deploymentRow{
				ID: d.name(), Group: d.name(), Model: d.name(), APIBase: config.URL(d.base).String(), Key: d.key.String(),
			})
		}
		return rows
	}
	for _, s := range m.file.Deployments {
		rows = append(rows, specRow(s, m.bases()))
	}
	return rows
}

// bases are the addresses of the opened deployments, by id.
func (m modelSet) bases() map[string]string {
	bases := map[string]string{}
	for _, d := range m.deployments {
		bases[d.ID] = d.APIBase
	}
	return bases
}

func specRow(s litellm.Spec, bases map[string]string) deploymentRow {
	row := deploymentRow{
		ID: s.ID, Group: s.Group, Model: s.Model, APIBase: cmp.Or(bases[s.ID], config.URL(s.APIBase).String()), Key: config.Secret(s.Key).String(),
		Order: s.Order, RPM: s.RPM, TPM: s.TPM, Parallel: s.Parallel, Disabled: s.Disabled, Line: s.Line,
	}
	if s.Provider.Prefix != "" {
		row.Model = s.Provider.Prefix + "/" + s.Name
	}
	return row
}

func (r resolved) print(b *strings.Builder) {
	if r.said != "" {
		fmt.Fprintf(b, "\nModel: %s\n", r.said)
	}
	if len(r.rows) == 0 {
		return
	}
	b.WriteString("\nDeployments\n")
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, row := range r.rows {
		state := oneLine(row.APIBase)
		if row.Disabled != "" {
			state = "disabled: " + oneLine(row.Disabled)
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", oneLine(row.Group), oneLine(row.Model), cmp.Or(row.Key, "-"), state)
	}
	_ = w.Flush() // into memory
}
