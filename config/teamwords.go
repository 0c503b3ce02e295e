package config

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// wordsDesc describes the section of tribune.yaml.
const wordsDesc = "how your people say things: synonyms (a mapping of everyday words to the documents' words, several with semicolons between), fillers, common and places (lists), authority (a mapping of endings of titles to weights); docs/retrieval.md has examples"

// maxWords bounds what a team adds, in bytes: some thousands of rules.
const maxWords = 128 << 10

// wordSections are the sections of words.txt, and the sign that parts the two
// sides of a rule in those that have two.
func wordSections() map[string]string {
	return map[string]string{"fillers": "", "synonyms": " -> ", "places": "", "common": "", "authority": " "}
}

// words reads a team's own words into the form of words.txt.
func (r *fileReader) words(section entry) {
	sections := wordSections()
	names := []string{}
	for name := range sections {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, e := range r.mapping(section.value, section.where, names) {
		b.WriteString("[" + e.key + "]\n")
		for _, rule := range r.rules(e, sections[e.key]) {
			b.WriteString(rule + "\n")
		}
		r.note(e, "set")
	}
	if b.Len() > maxWords {
		r.wrong(section.at, section.where, "these are too many words", "keep those that people use")
		return
	}
	r.file.Words = b.String()
}

// rules reads one section: a list, or a mapping where its rules have two sides.
func (r *fileReader) rules(e entry, sign string) []string {
	if sign == "" {
		return itemTexts(r.valid(e, checkWord))
	}
	var out []string
	for _, rule := range r.mapping(e.value, e.where, nil) {
		right, ok := r.right(rule)
		if err := checkWord(rule.key + right); ok && err != nil {
			message, fix := parts(err)
			r.wrong(rule.at, rule.where, message, fix)
			continue
		}
		if ok {
			out = append(out, rule.key+sign+right)
		}
	}
	return out
}

// right is the right side of a rule: one text, or a list.
func (r *fileReader) right(rule entry) (string, bool) {
	if _, list := rule.value.(*ast.SequenceNode); list {
		return strings.Join(itemTexts(r.texts(rule.value, rule.where)), "; "), true
	}
	return r.text(rule.value, rule.where)
}

// checkWord keeps signs out that mean something in the form of words.txt.
func checkWord(text string) error {
	if strings.ContainsAny(text, "\n\r[]#") || strings.Contains(text, "->") {
		return &invalid{quote(text) + " has signs that words do not have", "leave out line ends, brackets, # and ->"}
	}
	return nil
}
