package config

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// key is one key of tribune.yaml.
type key struct{ name, desc string }

const trustedDesc = "people (platform:team:user) whose corrections become knowledge"

// channelKeys are the keys of a channel.
func channelKeys() []key {
	return []key{
		{"collections", "collections that are searched; without it all that the channel may see"},
		{"model", "model group; auto is the default one"},
		{"persona", "how the bot presents itself, in words to the model"},
		{"questions", "how many questions are answered, as in 20/m (s, m, h, d)"},
		{"burst", "how many of them may come at once"},
		{"when_limited", "above that: wait (answered when its turn comes) or refuse"},
		{"daily_budget_usd", "US dollars a day; where they do not reach, the next cheaper model answers, then passages are quoted"},
		{"followups", "who is answered in a thread without a mention: off, asker or anyone"},
		{"language", "language of answers: auto (the asker's), zh or en"},
	}
}

// keyNames returns the names of keys.
func keyNames(keys []key) []string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	return names
}

const (
	maxBurst   = 10_000 // as with maxEvents: above any chat
	maxPersona = 4_000  // characters: it goes into every prompt
)

// channel returns base with what the file says of one channel.
func (r *fileReader) channel(named entry, base Channel) Channel {
	c := base
	for _, e := range r.mapping(named.value, named.where, keyNames(channelKeys())) {
		if isNull(e.value) {
			continue
		}
		if e.key == "collections" {
			c.Collections = r.searched(named.key, e)
			continue
		}
		text, ok := r.text(e.value, e.where)
		if !ok {
			continue
		}
		taken := c
		if err := taken.take(e.key, text); err != nil {
			message, fix := parts(err)
			r.wrong(e.value.GetToken(), e.where, message, fix)
			continue
		}
		c = taken
		r.note(e, text)
	}
	return c
}

// searched reads the collections that a channel names, and keeps where, to look
// them up when all are known.
func (r *fileReader) searched(place string, e entry) []string {
	list, ok := e.value.(*ast.SequenceNode)
	if ok && len(list.Values) == 0 {
		r.wrong(list.GetToken(), e.where, "no collection is named", "name one, or remove the line: then all are searched that the channel may see")
	}
	items := r.valid(e, ValidCollection)
	for _, item := range items {
		r.references = append(r.references, reference{place, item})
	}
	return itemTexts(items)
}

// take sets one field from its text; after an error c is of no use.
func (c *Channel) take(name, text string) (err error) {
	switch name {
	case "model":
		c.Model, err = limited(text, 128)
	case "persona":
		c.Persona, err = limited(text, maxPersona)
	case "questions":
		c.Questions, err = ParseRate(text)
	case "burst":
		c.Burst, err = number(text, 1, maxBurst)
	case "when_limited":
		c.WhenLimited, err = oneOf(text, LimitWait, LimitRefuse)
	case "daily_budget_usd":
		c.DailyBudget, err = money(text)
	case "followups":
		c.Followups, err = oneOf(text, FollowOff, FollowAsker, FollowAnyone)
	case "language":
		c.Language, err = oneOf(text, LanguageAuto, LanguageChinese, LanguageEnglish)
	}
	return err
}

// limited returns text that is not longer than a number of characters.
func limited(text string, longest int) (string, error) {
	if utf8.RuneCountInString(text) > longest {
		return "", &invalid{"it is too long", "use at most " + strconv.Itoa(longest) + " characters"}
	}
	return text, nil
}

// number reads a whole number between two others.
func number(text string, least, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, &invalid{quote(text) + " is out of range", "write a whole number from " + strconv.Itoa(least) + " to " + strconv.Itoa(most)}
	}
	return n, nil
}

// money reads an amount of US dollars.
func money(text string) (*float64, error) {
	amount, err := strconv.ParseFloat(text, 64)
	if err != nil || amount < 0 || math.IsInf(amount, 0) || math.IsNaN(amount) {
		return nil, &invalid{quote(text) + " is not an amount", "write US dollars as a number, as in 5 or 0.50"}
	}
	return &amount, nil
}

// oneOf reads one of a few words.
func oneOf[T ~string](text string, words ...T) (T, error) {
	names := make([]string, len(words))
	for i, word := range words {
		if string(word) == text {
			return word, nil
		}
		names[i] = string(word)
	}
	fix := "use " + strings.Join(names, ", ")
	if near := Nearest(text, names); near != "" {
		fix = "did you mean " + near + "? " + fix
	}
	return "", &invalid{quote(text) + " is not known here", fix}
}

// channelValues shows a channel's fields by key.
func channelValues(c Channel) map[string]string {
	budget := ""
	if c.DailyBudget != nil {
		budget = strconv.FormatFloat(*c.DailyBudget, 'f', -1, 64)
	}
	return map[string]string{
		"collections": strings.Join(c.Collections, ", "), "model": c.Model, "persona": oneLine(c.Persona),
		"questions": c.Questions.String(), "burst": strconv.Itoa(c.Burst), "when_limited": string(c.WhenLimited),
		"daily_budget_usd": budget, "followups": string(c.Followups), "language": string(c.Language),
	}
}
