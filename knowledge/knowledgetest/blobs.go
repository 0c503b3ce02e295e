package knowledgetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
)

// Blobs is a knowledge.Blobs in memory. The zero value is ready.
type Blobs struct {
	// Fail is asked before each call, by the method's name and the blob's, and
	// its error is returned. May be nil; set it before the first call.
	Fail func(method, name string) error

	mu       sync.Mutex
	files    map[string][]byte
	manifest []byte
	revision uint64
	watchers map[int]chan struct{}
	next     int
}

func (b *Blobs) fail(method, name string) error {
	if b.Fail == nil {
		return nil
	}
	return b.Fail(method, name)
}

// Put implements knowledge.Blobs.
func (b *Blobs) Put(_ context.Context, name string, r io.Reader) error {
	if err := b.fail("Put", name); err != nil {
		return err
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.files == nil {
		b.files = map[string][]byte{}
	}
	b.files[name] = raw
	return nil
}

// Get implements knowledge.Blobs.
func (b *Blobs) Get(_ context.Context, name string) (io.ReadCloser, error) {
	if err := b.fail("Get", name); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	raw, ok := b.files[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, knowledge.ErrNoBlob)
	}
	return io.NopCloser(bytes.NewReader(raw)), nil
}

// List implements knowledge.Blobs.
func (b *Blobs) List(context.Context) ([]string, error) {
	if err := b.fail("List", ""); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.files)), nil
}

// Delete implements knowledge.Blobs.
func (b *Blobs) Delete(_ context.Context, name string) error {
	if err := b.fail("Delete", name); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.files, name)
	return nil
}

// Latest implements knowledge.Blobs.
func (b *Blobs) Latest(context.Context) ([]byte, uint64, error) {
	if err := b.fail("Latest", ""); err != nil {
		return nil, 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.manifest), b.revision, nil
}

// Publish implements knowledge.Blobs.
func (b *Blobs) Publish(_ context.Context, manifest []byte, revision uint64) error {
	if err := b.fail("Publish", ""); err != nil {
		return err
	}
	if len(manifest) > knowledge.MaxManifest {
		return fmt.Errorf("a manifest of %d bytes", len(manifest))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if revision != b.revision {
		return knowledge.ErrConflict
	}
	b.manifest = slices.Clone(manifest)
	b.revision++
	for _, c := range b.watchers {
		select {
		case c <- struct{}{}:
		default: // it has yet to look at the one before
		}
	}
	return nil
}

// Watch implements knowledge.Blobs.
func (b *Blobs) Watch(ctx context.Context, changed func()) error {
	if err := b.fail("Watch", ""); err != nil {
		return err
	}
	c := make(chan struct{}, 1)
	b.mu.Lock()
	if b.watchers == nil {
		b.watchers = map[int]chan struct{}{}
	}
	id := b.next
	b.next++
	b.watchers[id] = c
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.watchers, id)
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c:
			changed()
		}
	}
}

// TestBlobs is what every store of blobs must do. Open returns two handles of
// one new store, as two workers have them.
func TestBlobs(t *testing.T, open func(t *testing.T) (a, b knowledge.Blobs)) {
	t.Helper()
	for name, test := range map[string]func(t *testing.T, a, b knowledge.Blobs){
		"what one puts the other gets": putGet,
		"names":                        blobNames,
		"list and delete":              listDelete,
		"one of two publishes":         publish,
		"watch":                        watchBlobs,
		"a reader that fails":          brokenPut,
	} {
		t.Run(name, func(t *testing.T) {
			a, b := open(t)
			test(t, a, b)
		})
	}
}

// content is n bytes that do not repeat soon.
func content(n int) []byte {
	out := make([]byte, n)
	x := uint32(n) + 1
	for i := range out {
		x = x*1664525 + 1013904223
		out[i] = byte(x >> 24)
	}
	return out
}

func putGet(t *testing.T, a, b knowledge.Blobs) {
	t.Helper()
	for _, size := range []int{0, 1, 128 << 10, 9<<20 + 17} {
		want := content(size)
		if err := a.Put(t.Context(), "f/one", bytes.NewReader(want)); err != nil {
			t.Fatal(err)
		}
		if got := read(t, b, "f/one"); !bytes.Equal(got, want) {
			t.Errorf("%d bytes came back as %d others", size, len(got))
		}
	}
	if _, err := b.Get(t.Context(), "f/two"); !errors.Is(err, knowledge.ErrNoBlob) {
		t.Errorf("a blob that is not there: %v", err)
	}
}

func read(t *testing.T, b knowledge.Blobs, name string) []byte {
	t.Helper()
	r, err := b.Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return got
}

func blobNames(t *testing.T, a, b knowledge.Blobs) {
	t.Helper()
	for _, name := range []string{"a", "A", "a/b", "a.b", "a-b_c", strings.Repeat("f", 64)} {
		if err := a.Put(t.Context(), name, strings.NewReader("of "+name)); err != nil {
			t.Fatal(err)
		}
	}
	if got := string(read(t, b, "A")); got != "of A" {
		t.Errorf("A is %q", got)
	}
	if got := string(read(t, b, "a/b")); got != "of a/b" {
		t.Errorf("a/b is %q", got)
	}
}

func listDelete(t *testing.T, a, b knowledge.Blobs) {
	t.Helper()
	names := func() []string {
		got, err := b.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		return got
	}
	if got := names(); len(got) != 0 {
		t.Errorf("a new store has %v", got)
	}
	for _, name := range []string{"x", "y"} {
		if err := a.Put(t.Context(), name, strings.NewReader(name)); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(); !slices.Equal(got, []string{"x", "y"}) {
		t.Errorf("got %v", got)
	}
	for range 2 { // the second time it is gone already
		if err := a.Delete(t.Context(), "x"); err != nil {
			t.Error(err)
		}
	}
	if got := names(); !slices.Equal(got, []string{"y"}) {
		t.Errorf("got %v", got)
	}
	if _, err := b.Get(t.Context(), "x"); !errors.Is(err, knowledge.ErrNoBlob) {
		t.Errorf("a deleted blob: %v", err)
	}
}

func publish(t *testing.T, a, b knowledge.Blobs) {
	t.Helper()
	ctx := t.Context()
	if raw, revision, err := b.Latest(ctx); raw != nil || revision != 0 || err != nil {
		t.Fatalf("a new store has %q, %d, %v", raw, revision, err)
	}
	var wins sync.Map
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			err := []knowledge.Blobs{a, b}[i%2].Publish(ctx, fmt.Append(nil, "manifest ", i), 0)
			switch {
			case err == nil:
				wins.Store(i, true)
			case !errors.Is(err, knowledge.ErrConflict):
				t.Errorf("Publish: %v", err)
			}
		})
	}
	group.Wait()
	n, winner := 0, 0
	wins.Range(func(k, _ any) bool {
		n++
		winner, _ = k.(int)
		return true
	})
	raw, revision, err := b.Latest(ctx)
	if n != 1 || string(raw) != fmt.Sprint("manifest ", winner) || err != nil {
		t.Fatalf("%d published, %d was the last; latest is %q, %v", n, winner, raw, err)
	}
	if err := a.Publish(ctx, []byte("next"), revision); err != nil {
		t.Error(err)
	}
	if err := b.Publish(ctx, []byte("late"), revision); !errors.Is(err, knowledge.ErrConflict) {
		t.Errorf("an old revision: %v", err)
	}
}

// watchPatience bounds a wait that should take moments.
const watchPatience = 20 * time.Second

func watchBlobs(t *testing.T, a, b knowledge.Blobs) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	changed, done := make(chan struct{}, 16), make(chan error, 1)
	go func() { done <- b.Watch(ctx, func() { changed <- struct{}{} }) }()
	limit := time.NewTimer(watchPatience)
	defer limit.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	// The watch begins some time after the call: publish until it notices.
	for seen := false; !seen; {
		_, revision, err := a.Latest(ctx)
		if err == nil {
			err = a.Publish(ctx, []byte("m"), revision)
		}
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-changed:
			seen = true
		case <-again.C:
		case <-limit.C:
			t.Fatal("no change was noticed")
		}
	}
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Watch: %v", err)
		}
	case <-limit.C:
		t.Fatal("Watch does not return")
	}
}

func brokenPut(t *testing.T, a, b knowledge.Blobs) {
	t.Helper()
	boom := errors.New("boom")
	err := a.Put(t.Context(), "x", io.MultiReader(bytes.NewReader(content(9<<20)), &brokenReader{boom}))
	if !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	if _, err := b.Get(t.Context(), "x"); !errors.Is(err, knowledge.ErrNoBlob) {
		t.Errorf("half a blob is there: %v", err)
	}
}

type brokenReader struct{ err error }

// Read implements io.Reader.
func (r *brokenReader) Read([]byte) (int, error) { return 0, r.err }
