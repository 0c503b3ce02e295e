package queue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

func blobsOf(t *testing.T, q *Queue) *blobs {
	t.Helper()
	b, err := q.Blobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return b.(*blobs)
}

func TestBlobsKeepThePromises(t *testing.T) {
	t.Parallel()
	knowledgetest.TestBlobs(t, func(t *testing.T) (knowledge.Blobs, knowledge.Blobs) {
		t.Helper()
		_, o := cluster(t, t.TempDir(), 0)
		return blobsOf(t, open(t, o)), blobsOf(t, open(t, o))
	})
}

func TestBlobsOutliveARestart(t *testing.T) {
	t.Parallel()
	o := Options{Dir: t.TempDir()}
	q := open(t, o)
	b := blobsOf(t, q)
	if err := errors.Join(b.Put(t.Context(), "f", strings.NewReader("kept")), b.Publish(t.Context(), []byte("m"), 0)); err != nil {
		t.Fatal(err)
	}
	shut(t, q)
	b = blobsOf(t, open(t, o))
	r, err := b.Get(t.Context(), "f")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); string(got) != "kept" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if raw, revision, err := b.Latest(t.Context()); string(raw) != "m" || revision == 0 || err != nil {
		t.Errorf("%q, %d, %v", raw, revision, err)
	}
}

func TestABlobsNameIsChecked(t *testing.T) {
	t.Parallel()
	b := blobsOf(t, open(t, Options{}))
	for _, name := range []string{"", "a b", "a#b", "ключ", "a\n"} {
		_, get := b.Get(t.Context(), name)
		if b.Put(t.Context(), name, strings.NewReader("x")) == nil || get == nil || b.Delete(t.Context(), name) == nil {
			t.Errorf("a blob named %q", name)
		}
	}
	if err := b.Publish(t.Context(), make([]byte, knowledge.MaxManifest+1), 0); err == nil {
		t.Error("a manifest of any size is taken")
	}
}

// TestBrokenUploadsAreSweptAway leaves what a worker leaves that was killed in
// the middle of a part, between two parts, and before the last step.
func TestBrokenUploadsAreSweptAway(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	q := open(t, Options{})
	b := blobsOf(t, q)
	if err := b.Put(ctx, "kept", bytes.NewReader(make([]byte, partBytes+1))); err != nil {
		t.Fatal(err)
	}
	if err := b.putObject(ctx, jetstream.ObjectMeta{Name: partName("lost", "ID", 0)}, strings.NewReader("part")); err != nil {
		t.Fatal(err)
	}
	if _, err := q.js.Publish(ctx, "$O."+blobsBucket+".C.NUID", []byte("chunk")); err != nil {
		t.Fatal(err)
	}
	count := func() int {
		stream, err := q.js.Stream(ctx, "OBJ_"+blobsBucket)
		if err != nil {
			t.Fatal(err)
		}
		return int(stream.CachedInfo().State.Msgs)
	}
	before := count()
	if err := b.sweep(ctx); err != nil || count() != before {
		t.Errorf("what may still be under way was removed: %d of %d left, %v", count(), before, err)
	}
	b.now = func() time.Time { return time.Now().Add(2 * sweepAfter) }
	if err := b.sweep(ctx); err != nil {
		t.Fatal(err)
	}
	all, err := b.all(ctx)
	if err != nil || len(all) != 3 { // the blob and its two parts
		t.Errorf("%d objects are left, %v", len(all), err)
	}
	info, err := b.info(ctx, "kept")
	if err != nil {
		t.Fatal(err)
	}
	if _, parts, err := partsOf(info); parts != 2 || err != nil {
		t.Errorf("%d parts, %v", parts, err)
	}
	if got, want := count(), before-2; got > want { // the chunk and the part's chunk; its tombstone stays
		t.Errorf("%d messages are left of %d", got, before)
	}
}

func TestBlobsOfADeadServer(t *testing.T) {
	t.Parallel()
	s, o := cluster(t, t.TempDir(), 0)
	b := blobsOf(t, open(t, o))
	s.Shutdown()
	s.WaitForShutdown()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, _, err := b.Latest(ctx); err == nil || errors.Is(err, knowledge.ErrNoBlob) {
		t.Errorf("Latest: %v", err)
	}
	if err := b.Put(ctx, "x", strings.NewReader("x")); err == nil {
		t.Error("Put says it is there")
	}
	if _, err := b.Get(ctx, "x"); err == nil || errors.Is(err, knowledge.ErrNoBlob) {
		t.Errorf("Get: %v", err)
	}
}

func BenchmarkBlobs(b *testing.B) {
	q := open(b, Options{})
	store, err := q.Blobs(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	data := make([]byte, 32<<20)
	b.SetBytes(int64(len(data)))
	n := 0
	for b.Loop() {
		if err := store.Put(b.Context(), fmt.Sprint("f", n%4), bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
		n++
	}
}
