// Package ooxml has what the formats of Office since 2007 share (ECMA-376): a
// zip file of XML parts that name each other by relationships.
package ooxml

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"golang.org/x/text/encoding/htmlindex"

	"github.com/tribunebot/tribune/knowledge/format/unzip"
)

// MaxDepth bounds how deep elements may be nested: a table in a text box in a
// table comes to some 40.
const MaxDepth = 256

var (
	errXML  = errors.New("it is damaged: open it in the program that made it and save it again")
	errDeep = errors.New("its parts are nested too deep: open it in the program that made it and save it again")
)

// Missing is the error for a file that lacks what its kind must have.
func Missing(kind string) error {
	return fmt.Errorf("it is called %s but is none, or is damaged: open it in the program that made it and save it again", kind)
}

// Decoder reads the tokens of untrusted XML. Entities of its own are an error,
// so nothing grows by them.
type Decoder struct {
	xml   *xml.Decoder
	ctx   func() error
	depth int
	n     int
}

// NewDecoder reads XML from raw until ctx ends.
func NewDecoder(ctx context.Context, raw []byte) *Decoder {
	d := xml.NewDecoder(bytes.NewReader(raw))
	d.CharsetReader = charset
	return &Decoder{xml: d, ctx: ctx.Err}
}

// charset reads XML that says that it is in another encoding than UTF-8.
func charset(label string, in io.Reader) (io.Reader, error) {
	e, err := htmlindex.Get(label)
	if err != nil {
		return nil, errXML
	}
	return e.NewDecoder().Reader(in), nil
}

// checkEvery is how many tokens are read between two looks at the context.
const checkEvery = 4096

// Next is the next token, nil at the end. It is valid until the next call.
func (d *Decoder) Next() (xml.Token, error) {
	if d.n++; d.n%checkEvery == 0 {
		if err := d.ctx(); err != nil {
			return nil, err
		}
	}
	token, err := d.xml.RawToken()
	switch {
	case errors.Is(err, io.EOF):
		if d.depth != 0 {
			return nil, errXML
		}
		return nil, nil
	case err != nil:
		return nil, errXML
	}
	switch token.(type) {
	case xml.StartElement:
		if d.depth++; d.depth > MaxDepth {
			return nil, errDeep
		}
	case xml.EndElement:
		if d.depth--; d.depth < 0 {
			return nil, errXML
		}
	}
	return token, nil
}

// Skip passes over all that is inside the element that was just started.
func (d *Decoder) Skip() error {
	for depth := 1; depth > 0; {
		token, err := d.Next()
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		case nil:
			return errXML
		}
	}
	return nil
}

// Each calls start for every element of a part, with its depth from 0. A part
// that is missing has none.
func Each(ctx context.Context, z *unzip.Archive, part string, start func(d *Decoder, e xml.StartElement) error) error {
	raw, err := z.Read(part)
	if err != nil || raw == nil {
		return err
	}
	d := NewDecoder(ctx, raw)
	for {
		token, err := d.Next()
		if err != nil || token == nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok {
			if err := start(d, e); err != nil {
				return err
			}
		}
	}
}

// Attr is the value of an attribute by its local name, "" where there is none.
func Attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space != "xmlns" {
			return a.Value
		}
	}
	return ""
}

// Attr2 is the value of an attribute by its prefix and local name.
func Attr2(e xml.StartElement, prefix, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == prefix {
			return a.Value
		}
	}
	return ""
}

// Relation is how one part names another.
type Relation struct{ Type, Target string }

// Relations are those of a part, by id. Targets are paths in the archive.
func Relations(ctx context.Context, z *unzip.Archive, part string) (map[string]Relation, error) {
	out := map[string]Relation{}
	dir := path.Dir(part)
	err := Each(ctx, z, path.Join(dir, "_rels", path.Base(part)+".rels"), func(_ *Decoder, e xml.StartElement) error {
		if e.Name.Local != "Relationship" || Attr(e, "TargetMode") == "External" {
			return nil
		}
		target := Attr(e, "Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(dir, target)
		}
		out[Attr(e, "Id")] = Relation{path.Base(Attr(e, "Type")), strings.TrimPrefix(target, "/")}
		return nil
	})
	return out, err
}

// Properties are what a file says of itself.
type Properties struct {
	Title, Author string
	Modified      time.Time // zero: unknown
}

// ReadProperties reads docProps/core.xml.
func ReadProperties(ctx context.Context, z *unzip.Archive) (Properties, error) {
	var p Properties
	err := Each(ctx, z, "docProps/core.xml", func(d *Decoder, e xml.StartElement) error {
		var err error
		switch e.Name.Local {
		case "title":
			p.Title, err = d.Text()
		case "creator":
			p.Author, err = d.Text()
		case "modified":
			var at string
			at, err = d.Text()
			if when, bad := time.Parse(time.RFC3339, strings.TrimSpace(at)); bad == nil {
				p.Modified = when
			}
		}
		return err
	})
	return p, err
}

// Text is all text inside the element that was just started.
func (d *Decoder) Text() (string, error) {
	var b strings.Builder
	for depth := 1; depth > 0; {
		token, err := d.Next()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		case xml.CharData:
			b.Write(t)
		case nil:
			return "", errXML
		}
	}
	return b.String(), nil
}
