package slides

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format/formattest"
)

func readAll(t *testing.T, content []byte) (knowledge.Document, error) {
	t.Helper()
	return Read(t.Context(), bytes.NewReader(content), int64(len(content)))
}

func TestSlidesInTheOrderInWhichTheyAreShown(t *testing.T) {
	t.Parallel()
	doc, err := readAll(t, formattest.PPTX("Onboarding",
		formattest.Slide{Title: "Badges", Lines: []string{"At the desk", "\tin room 112"}},
		formattest.Slide{},
		formattest.Slide{Title: "费用", Table: [][]string{{"卡", "费用"}, {"员工卡", "10"}}, Notes: "Say it slowly."},
	))
	if err != nil {
		t.Fatal(err)
	}
	pages := strings.Split(doc.Text, "\f")
	if len(pages) != 3 || doc.Title != "Onboarding" || doc.Anchor != knowledge.AnchorPage {
		t.Fatalf("%d pages, title %q, anchor %d", len(pages), doc.Title, doc.Anchor)
	}
	for i, want := range [][]string{{"# Badges", "At the desk", "in room 112"}, {""}, {"# 费用", "| 员工卡 | 10 |", "Say it slowly."}} {
		for _, w := range want {
			if !strings.Contains(pages[i], w) {
				t.Errorf("page %d lacks %q: %q", i+1, w, pages[i])
			}
		}
	}
}

func TestTheTitleIsThatOfTheFirstSlide(t *testing.T) {
	t.Parallel()
	for _, title := range []string{"", "PowerPoint Presentation", "演示文稿1"} {
		doc, err := readAll(t, formattest.PPTX(title, formattest.Slide{Lines: []string{"x"}}, formattest.Slide{Title: "Badges"}))
		if err != nil || doc.Title != "Badges" {
			t.Errorf("%q: %q (%v)", title, doc.Title, err)
		}
	}
}

func TestABrokenPresentation(t *testing.T) {
	t.Parallel()
	whole := formattest.PPTX("t", formattest.Slide{Title: "Badges", Notes: "n"})
	with := func(name, text string) []byte { return formattest.Change(t, whole, name, text) }
	tests := map[string]struct {
		content []byte
		reason  string
	}{
		"nothing":           {nil, "damaged"},
		"half of it":        {whole[:len(whole)/2], "damaged"},
		"no presentation":   {with("ppt/presentation.xml", ""), "called PPTX but is none"},
		"no relations":      {with("ppt/_rels/presentation.xml.rels", ""), "no text"},
		"a missing slide":   {formattest.Change(t, formattest.PPTX("t", formattest.Slide{Title: "x"}), "ppt/slides/slide1.xml", ""), "no text"},
		"a broken slide":    {with("ppt/slides/slide1.xml", "<p:sld><p:cSld><p:sp><a:p>"), "damaged"},
		"no XML":            {with("ppt/presentation.xml", "\x00\x01"), "damaged"},
		"too many slides":   {with("ppt/presentation.xml", "<p:presentation><p:sldIdLst>"+strings.Repeat(`<p:sldId id="1" r:id="rId1"/>`, maxSlides+1)+"</p:sldIdLst></p:presentation>"), "5,000 slides"},
		"slides of nothing": {formattest.PPTX("t", formattest.Slide{}, formattest.Slide{}), "no text"},
		"no slide":          {formattest.PPTX("t"), "no text"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := readAll(t, tt.content)
			if err == nil || !strings.Contains(err.Error(), tt.reason) {
				t.Errorf("got %v and %q, want %q", err, doc.Text, tt.reason)
			}
		})
	}
	if doc, err := readAll(t, with("ppt/notesSlides/notes1.xml", "")); err != nil || !strings.Contains(doc.Text, "Badges") {
		t.Errorf("without its notes a slide is %q (%v)", doc.Text, err)
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	content := formattest.SamplePPTX()
	if _, err := Read(ctx, bytes.NewReader(content), int64(len(content))); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
