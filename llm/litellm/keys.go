package litellm

import (
	"fmt"
	"strings"
	"time"

	"github.com/tribunebot/tribune/config"
)

// key is one key that the file may have in some place.
type key struct {
	name string
	// read takes its value; nil: the key is known and means nothing here.
	read func(f field)
	// note is then what happens instead.
	note string
}

// mapping reads a mapping by its keys and warns of those that are not among
// them. With other set it gets those instead; near is the known key that was
// probably meant, or "".
func (r *reader) mapping(f field, keys []key, other func(f field, near string)) {
	if f.value.shape != isMap {
		if f.value.shape != isNull {
			r.wrongShape(f, "names with values", "write name: value, one a line")
		}
		return
	}
	for _, entry := range f.value.fields {
		entry.path = strings.TrimPrefix(f.path+"."+named(entry.key), ".")
		k, ok := find(keys, entry.key) // a mapping has far fewer keys than there are to know
		switch {
		case !ok && other != nil:
			other(entry, r.nearest(entry.key, keys))
		case !ok:
			r.unknown(entry, r.nearest(entry.key, keys))
		case k.read == nil:
			r.warn(entry.at, entry.path+" has no effect here", k.note)
		case entry.value.shape != isNull: // as if it were not there
			k.read(entry)
		}
	}
}

// find returns the key of a name.
func find(keys []key, name string) (key, bool) {
	for _, k := range keys {
		if k.name == name {
			return k, true
		}
	}
	return key{}, false
}

// unknown warns of a key that nobody knows.
func (r *reader) unknown(f field, near string) {
	fix := "remove it, or correct its spelling"
	if near != "" {
		fix = "did you mean " + near + "?"
	}
	r.warn(f.at, f.path+" is not known and counts for nothing", fix)
}

// forbidden refuses a key that nobody knows, where leaving it out would change
// what the others mean: a rule with one condition less fits more requests.
func (r *reader) forbidden(f field, near string) {
	fix := "remove it, or correct its spelling"
	if near != "" {
		fix = "did you mean " + near + "?"
	}
	r.mistake(f.at, f.path+" is not known", fix)
}

// list calls each for the items of a list.
func (r *reader) list(f field, each func(item field)) {
	if f.value.shape != isList {
		if f.value.shape != isNull {
			r.wrongShape(f, "a list", "begin each item with a dash")
		}
		return
	}
	for i, item := range f.value.items {
		each(field{key: f.key, at: item.at, value: item, path: fmt.Sprintf("%s[%d]", f.path, i)})
	}
}

// into makes a key's reader of a value's: what can be read is kept at target.
func into[T any](target *T, read func(field) (T, bool)) func(field) {
	return func(f field) {
		if value, ok := read(f); ok {
			*target = value
		}
	}
}

// pointed does the same where nil says that nothing was written.
func pointed[T any](target **T, read func(field) (T, bool)) func(field) {
	return func(f field) {
		if value, ok := read(f); ok {
			*target = &value
		}
	}
}

// whole reads a count as an int.
func (r *reader) whole(f field) (int, bool) {
	n, ok := r.count(f)
	return int(n), ok
}

// positive reads seconds that are not 0.
func (r *reader) positive(f field) (d time.Duration, ok bool) {
	if d, ok = r.seconds(f); ok && d == 0 {
		r.mistake(f.value.at, f.path+" is 0, so that nothing could be in time", "write seconds, or remove the line")
		return 0, false
	}
	return d, ok
}

// nearest returns the known key that a misspelt one most likely meant; "" where
// none is near, or nobody would read it.
func (r *reader) nearest(name string, keys []key) string {
	if len(keys) == 0 || len(r.warnings) > maxProblems {
		return ""
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	return config.Nearest(name, names)
}
