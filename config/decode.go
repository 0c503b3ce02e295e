package config

import (
	"cmp"
	"encoding"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/kelseyhightower/envconfig"
)

// field is one variable of the environment and the field of Config that it fills.
type field struct {
	Group   string // title of its section
	Name    string // SLACK_BOT_TOKEN
	Default string // what holds where it is unset; may be empty
	Shown   string // the same in words, where there is no fixed value
	Desc    string
	value   reflect.Value
}

// fields lists the variables in the order of the structs.
func fields(c *Config) []field {
	var list []field
	config := reflect.ValueOf(c).Elem()
	for i := range config.NumField() {
		title, ok := config.Type().Field(i).Tag.Lookup("title")
		if !ok {
			continue
		}
		section := config.Field(i)
		for j := range section.NumField() {
			tag := section.Type().Field(j).Tag
			list = append(list, field{
				Group: title, Name: tag.Get("envconfig"), Default: tag.Get("default"),
				Shown: tag.Get("shown"), Desc: tag.Get("desc"), value: section.Field(j),
			})
		}
	}
	return list
}

// names lists the names of all variables.
func names(c *Config) []string {
	var list []string
	for _, f := range fields(c) {
		list = append(list, f.Name)
	}
	return list
}

// fill decodes every variable into its field and notes where it came from.
func (l *loader) fill() {
	for _, f := range fields(l.config) {
		text, origin := l.config.lookup(f.Name)
		l.checkForm(f.Name, origin)
		if err := decode(f.value, f.Default); err != nil {
			l.report(Problem{Setting: f.Name, Origin: Default, Message: err.message, Fix: err.fix})
		}
		if err := decode(f.value, text); err != nil {
			l.report(Problem{Setting: f.Name, Origin: origin, Message: err.message, Fix: err.fix})
		}
		l.settings = append(l.settings, Setting{
			Group: f.Group, Name: f.Name, Value: shown(f, cmp.Or(text, f.Default)), Origin: origin,
			Default: cmp.Or(f.Default, f.Shown), Description: f.Desc,
		})
	}
}

// sensitive is a type that hides its value.
type sensitive interface {
	encoding.TextUnmarshaler
	Reveal() string
}

// decode sets field from text, and leaves it alone where that is empty or wrong.
//
// envconfig does the decoding, one field at a time: its Process stops at the
// first mistake, and all of them are wanted. It reads the process's environment
// and nothing else, while here a .env, the command line and tests have a say too,
// and changing the process's environment for them would reach the whole program.
// What it does take besides are defaults, decoded the same way. So it is given
// our text as the default of a variable that no environment can hold, because
// its name has a "=" in it.
//
// Types that hide their value read it themselves: a type made by reflection,
// tag and all, is kept for as long as the process lives.
func decode(field reflect.Value, text string) *invalid {
	if text == "" {
		return nil
	}
	if hidden, ok := reflect.TypeAssert[sensitive](field.Addr()); ok {
		return explain(hidden.UnmarshalText([]byte(text)), text)
	}
	spec := reflect.New(reflect.StructOf([]reflect.StructField{{
		Name: "Value",
		Type: field.Type(),
		Tag:  reflect.StructTag(`envconfig:"=" default:` + strconv.Quote(text)),
	}}))
	if err := envconfig.Process("", spec.Interface()); err != nil {
		return explain(err, text)
	}
	field.Set(spec.Elem().Field(0))
	return nil
}

// explain makes a decoder's error one for people.
func explain(err error, text string) *invalid {
	if err == nil {
		return nil
	}
	if parse, ok := errors.AsType[*envconfig.ParseError](err); ok {
		err = parse.Err // it has no Unwrap
	}
	if bad, ok := errors.AsType[*invalid](err); ok {
		return bad
	}
	return &invalid{quote(text) + " is not a whole number", "write digits alone"}
}

// checkForm looks for quotes and blanks that came along with a value.
func (l *loader) checkForm(name string, origin Origin) {
	for _, layer := range l.layers {
		if layer.Origin != origin {
			continue
		}
		raw := layer.Values[name]
		text := strings.TrimSpace(raw)
		if raw != text {
			l.report(Problem{
				Setting: name, Origin: origin, Warning: true,
				Message: "there are blanks or line breaks around the value; they are left out",
				Fix:     "remove them",
			})
		}
		if len(text) > 1 && strings.ContainsRune("\"'`", rune(text[0])) && text[0] == text[len(text)-1] {
			l.report(Problem{
				Setting: name, Origin: origin,
				Message: "the quotes around the value are part of it",
				Fix:     "remove them (docker --env-file keeps quotes, a shell does not)",
			})
		}
	}
}
