package generation_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/generation"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// stray puts what generations leave that were published and replaced.
func stray(t *testing.T, blobs *knowledgetest.Blobs, from, n int) {
	t.Helper()
	for i := range n {
		if err := blobs.Put(t.Context(), fmt.Sprintf("%064d", from+i), strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
}

func stored(t *testing.T, blobs *knowledgetest.Blobs) int {
	t.Helper()
	all, err := blobs.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// TestThousandsOfGenerationsAreShared leaves what forty generations a minute do,
// of three files each, for an hour: the list of what is retired stays within what
// can be published, and so does what is stored.
func TestThousandsOfGenerationsAreShared(t *testing.T) {
	t.Parallel()
	blobs, c := &knowledgetest.Blobs{}, newClock()
	s := open(t, t.TempDir(), generation.Options{Blobs: blobs, Now: c.now})
	most := 0
	for minute := range 60 {
		stray(t, blobs, minute*120, 120)
		feed(t, s, "c", doc("a", fmt.Sprint("version ", minute)))
		c.add(time.Minute)
		most = max(most, stored(t, blobs))
		raw, _, err := blobs.Latest(t.Context())
		if err != nil || len(raw) > knowledge.MaxManifest/2 {
			t.Fatalf("minute %d: %d bytes, %v", minute, len(raw), err)
		}
	}
	if most > 2000 {
		t.Errorf("%d blobs were kept at a time", most)
	}
	c.add(2 * generation.Grace)
	for n := range 10 {
		feed(t, s, "c", doc("a", fmt.Sprint("later ", n)))
		c.add(2 * generation.Grace)
	}
	if n := stored(t, blobs); n > 20 {
		t.Errorf("%d blobs are left in the end", n)
	}
	other := open(t, t.TempDir(), generation.Options{Blobs: blobs})
	same(t, "what is left is whole", []string{"a"}, short(find(t, other, "later", "c")))
}

// TestAFullListOfRetired publishes after a list that fills the message.
func TestAFullListOfRetired(t *testing.T) {
	t.Parallel()
	blobs := &knowledgetest.Blobs{}
	s := open(t, t.TempDir(), generation.Options{Blobs: blobs})
	feed(t, s, "c", doc("a", "apple"))
	raw, revision, err := blobs.Latest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	const many = 4500
	stray(t, blobs, 0, many)
	retired := map[string]time.Time{}
	for i := range many {
		retired[fmt.Sprintf("%064d", i)] = newClock().now()
	}
	m["retired"] = retired
	if raw, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if err := blobs.Publish(t.Context(), raw, revision); err != nil {
		t.Fatal(err)
	}
	stray(t, blobs, many, many)
	feed(t, s, "c", doc("a", "apricot"))
	same(t, "it was published", []string{"a"}, short(find(t, open(t, t.TempDir(), generation.Options{Blobs: blobs}), "apricot", "c")))
}

// TestAnEarlierVersionsSharedIndexIsLeftAlone: it says so, what to do, and what
// is then to be fed again.
func TestAnEarlierVersionsSharedIndexIsLeftAlone(t *testing.T) {
	t.Parallel()
	blobs := &knowledgetest.Blobs{}
	const older = `{"id":"AAAAAAAAAAAAAAAAAAAAAAAAAA","format":1,"collections":[{"name":"wiki"}],"files":[{"name":"root.bolt","size":1}]}`
	if err := blobs.Publish(t.Context(), []byte(older), 0); err != nil {
		t.Fatal(err)
	}
	log, lines := logged()
	s := open(t, t.TempDir(), generation.Options{Blobs: blobs, Log: log})
	_, err := s.Ingest(t.Context(), "c", source(doc("a", "apple")), knowledge.IngestOptions{})
	for _, want := range []string{"earlier", "format 1", "nats kv del generations latest", "wiki"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	if p := s.State().Problem(); !strings.Contains(p, "earlier") || !strings.Contains(lines.String(), "can't be read") {
		t.Errorf("problem %q, logged %q", p, lines)
	}
	if raw, _, err := blobs.Latest(t.Context()); string(raw) != older || err != nil {
		t.Errorf("published over it: %s, %v", raw, err)
	}
}
