package config

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/token"
)

// fileGroup is the group of the settings from tribune.yaml.
const fileGroup = "Channels and collections"

// readFile reads tribune.yaml; without one the defaults hold.
func (l *loader) readFile() {
	file := &l.config.File
	*file = File{Collections: map[string]Collection{}, Default: defaultChannel(), Channels: map[string]Channel{}, Trusted: []string{}}
	r := &fileReader{loader: l, file: file}
	r.yamlReader = yamlReader{report: l.report, name: cmp.Or(l.relative(l.config.Server.File), fileName)}
	r.read(l.config.Server.File)
	r.checkReferences()
	l.settings = append(l.settings, r.settings(file)...)
}

// relative returns a path as it was given: without the working directory.
func (l *loader) relative(path string) string {
	if short, err := filepath.Rel(l.dir, path); err == nil && filepath.IsLocal(short) {
		return short
	}
	return path
}

// fileReader reads tribune.yaml into a File.
type fileReader struct {
	yamlReader
	loader *loader
	file   *File

	set        []Setting // what the file says, in its order
	references []reference
}

// reference is a collection that a channel names.
type reference struct {
	place string
	item  item
}

func (r *fileReader) read(path string) {
	if path == "" {
		return
	}
	text, err := readAtMost(path, maxFile)
	if err != nil {
		if !slices.ContainsFunc(r.loader.problems, func(p Problem) bool { return p.Setting == "TRIBUNE_CONFIG" }) {
			r.report(Problem{Origin: Origin(r.name), Message: "cannot be read: " + reason(err), Fix: "make it a small text file that this user may read"})
		}
		return
	}
	r.file.Path = path
	r.readText(text)
}

// readText reads the file's sections.
func (r *fileReader) readText(text []byte) {
	root := r.parse(text)
	if root == nil {
		return
	}
	sections := map[string]entry{}
	for _, e := range r.mapping(root, "", []string{"collections", "channels", "trusted", "words"}) {
		sections[e.key] = e
	}
	if e, ok := sections["collections"]; ok {
		r.collections(e)
	}
	if e, ok := sections["channels"]; ok {
		r.channels(e)
	}
	if e, ok := sections["trusted"]; ok {
		r.file.Trusted = itemTexts(r.valid(e, checkTrusted))
	}
	if e, ok := sections["words"]; ok {
		r.words(e)
	}
}

func (r *fileReader) collections(section entry) {
	for _, e := range r.mapping(section.value, section.where, nil) {
		if err := ValidCollection(e.key); err != nil {
			message, fix := parts(err)
			r.wrong(e.at, e.where, message, fix)
			continue
		}
		r.file.Collections[e.key] = r.collection(e)
	}
}

// valid returns the items of a list that pass check, and reports the others.
func (r *fileReader) valid(e entry, check func(string) error) []item {
	var items []item
	for _, item := range r.texts(e.value, e.where) {
		if err := check(item.text); err != nil {
			message, fix := parts(err)
			r.wrong(item.at, e.where, message, fix)
			continue
		}
		items = append(items, item)
	}
	r.note(e, strings.Join(itemTexts(items), ", "))
	return items
}

func (r *fileReader) channels(section entry) {
	entries := r.mapping(section.value, section.where, nil)
	for _, e := range entries {
		if e.key == "default" {
			r.file.Default = r.channel(e, r.file.Default)
		}
	}
	for _, e := range entries {
		if e.key == "default" {
			continue
		}
		if err := checkPlace(e.key); err != nil {
			message, fix := parts(err)
			r.wrong(e.at, e.where, message, fix)
			continue
		}
		r.file.Channels[e.key] = r.channel(e, r.file.Default)
	}
}

// note keeps where a key was set.
func (r *fileReader) note(e entry, value string) {
	r.set = append(r.set, Setting{Group: fileGroup, Name: e.where, Value: oneLine(value), Origin: r.line(e.at)})
}

// settings lists what the file says and, of the default channel, also what it
// does not say.
func (r *fileReader) settings(file *File) []Setting {
	list := []Setting{}
	defaults := channelValues(file.Default)
	for _, key := range channelKeys() {
		name := "channels.default." + key.name
		if !slices.ContainsFunc(r.set, func(s Setting) bool { return s.Name == name }) {
			list = append(list, Setting{Group: fileGroup, Name: name, Value: defaults[key.name], Origin: Default})
		}
	}
	list = append(list, r.set...)
	descriptions := map[string]string{"trusted": trustedDesc}
	for _, key := range slices.Concat(channelKeys(), collectionKeys()) {
		descriptions[key.name] = key.desc
	}
	for i, s := range list {
		list[i].Description = descriptions[s.Name[strings.LastIndex(s.Name, ".")+1:]]
	}
	return list
}

// checkReferences looks whether the collections that channels name exist, and
// whether the channel may see them.
func (r *fileReader) checkReferences() {
	known := append(slices.Sorted(maps.Keys(r.file.Collections)), CollectionDefault, CollectionHandbook)
	for _, ref := range r.references {
		where := "channels." + ref.place + ".collections"
		switch {
		case !slices.Contains(known, ref.item.text):
			fix := "add it under collections"
			if near := Nearest(ref.item.text, known); near != "" {
				fix = "did you mean " + near + "? Otherwise " + fix
			}
			r.wrong(ref.item.at, where, "there is no collection "+quote(ref.item.text), fix)
		case ref.place != "default" && !r.mayMatch(ref.place, ref.item.text):
			r.odd(ref.item.at, where, quote(ref.item.text)+" is not visible to this channel, which gets nothing from it",
				"add "+quote(ref.place)+" to its visible_to")
		}
	}
}

// mayMatch tells whether a collection could be visible to a channel: whether the
// channel is public is not known here.
func (r *fileReader) mayMatch(place, collection string) bool {
	team := place[:strings.LastIndexByte(place, ':')+1]
	c := Config{File: *r.file}
	return c.visible(collection, []string{place, team + "public", team + "dm", "web"})
}

// odd reports what works but is probably not meant.
func (r *fileReader) odd(at *token.Token, where, message, fix string) {
	r.report(Problem{Setting: where, Origin: r.exact(at), Message: message, Fix: fix, Warning: true})
}
