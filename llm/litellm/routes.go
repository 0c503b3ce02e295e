package litellm

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/llm/route"
)

// routes reads router_settings.routes: rules that choose a group by what is
// asked.
//
//	routes:
//	  - name: long questions
//	    for: [auto]
//	    when: {longer_than: 4000, language: zh}
//	    use: expensive
func (r *reader) routes(f field) {
	r.out.Settings.Routes = nil
	r.list(f, func(item field) {
		before := len(r.mistakes)
		var rule route.Rule
		r.mapping(item, []key{
			{name: "name", read: into(&rule.Name, r.text)},
			{name: "for", read: into(&rule.For, r.texts)},
			{name: "when", read: r.when(&rule.When)},
			{name: "use", read: func(f field) {
				if name, ok := r.text(f); ok {
					rule.Use = name
					r.refer(f.value.at, f.path, name, wrongName)
				}
			}},
		}, r.forbidden)
		if item.value.shape == isMap && rule.Use == "" {
			r.mistake(item.at, item.path+" does not say what to use", "write use: group")
		}
		if _, err := route.Compile([]route.Rule{unnamed(rule)}); err != nil && len(r.mistakes) == before {
			reason := strings.TrimPrefix(err.Error(), `route 1 (""): `)
			r.mistake(item.at, item.path+" is no rule: "+oneLine(reason), "correct its conditions")
		}
		r.out.Settings.Routes = append(r.out.Settings.Routes, rule)
	})
}

// when reads the conditions of a rule.
func (r *reader) when(w *route.When) func(field) {
	return func(f field) {
		r.mapping(f, []key{
			{name: "longer_than", read: into(&w.LongerThan, r.whole)},
			{name: "shorter_than", read: into(&w.ShorterThan, r.whole)},
			{name: "language", read: r.language(w)},
			{name: "matches", read: r.expression(w)},
			{name: "channels", read: into(&w.Channels, r.texts)},
			{name: "labels", read: r.labels(w)},
			{name: "image", read: pointed(&w.Image, r.flag)},
			{name: "tools", read: pointed(&w.Tools, r.flag)},
			{name: "confidence_below", read: pointed(&w.Confidence.Below, r.share)},
			{name: "confidence_above", read: pointed(&w.Confidence.Above, r.share)},
		}, r.forbidden)
	}
}

// unnamed is a rule without its name, which has no part in whether it is right.
func unnamed(rule route.Rule) route.Rule {
	rule.Name = ""
	return rule
}

// language reads the code of a language that the router can tell.
func (r *reader) language(w *route.When) func(field) {
	return func(f field) {
		text, ok := r.text(f)
		if ok && !slices.Contains(route.Languages(), text) {
			r.mistake(f.value.at, f.path+": "+quoted(text)+" is no language that can be told", "use one of "+strings.Join(route.Languages(), ", "))
			return
		}
		w.Language = text
	}
}

// expression reads a regular expression.
func (r *reader) expression(w *route.When) func(field) {
	return func(f field) {
		text, ok := r.text(f)
		if !ok {
			return
		}
		if _, err := regexp.Compile(text); err != nil {
			reason := "it cannot be compiled"
			if wrong, is := errors.AsType[*syntax.Error](err); is {
				reason = string(wrong.Code)
			}
			r.mistake(f.value.at, f.path+" is no regular expression: "+reason, "write it in RE2's syntax, in single quotes")
			return
		}
		w.Matches = text
	}
}

// labels reads exact values of labels.
func (r *reader) labels(w *route.When) func(field) {
	return func(f field) {
		r.mapping(f, nil, func(label field, _ string) {
			if text, ok := r.text(label); ok {
				put(&w.Labels, label.key, text)
			}
		})
	}
}

// share reads a number from 0 to 1.
func (r *reader) share(f field) (float64, bool) {
	x, ok := r.number(f)
	if ok && x > 1 {
		r.mistake(f.value.at, f.path+" is more than 1", "write a number from 0 to 1")
		return 0, false
	}
	return x, ok
}
