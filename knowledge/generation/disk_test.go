//go:build linux

package generation_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/generation"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// smallDisk mounts a disk of that size, which needs root.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("SKIPPED: a full disk can't be tried here, mounting one takes root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmounting: %v", err)
		}
	})
	return dir
}

// TestAFullDisk fills the disk by an ingest: it fails, says so, what it wrote is
// gone, and the live index is as it was.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(smallDisk(t, "12m"), "index")
	s := open(t, dir, generation.Options{})
	feed(t, s, "c", doc("a", "apple"))
	before := s.State().ID
	files := entries(t, dir)
	r, err := s.Ingest(t.Context(), "big", &knowledgetest.Source{Docs: knowledgetest.Generate(20000)}, knowledge.IngestOptions{})
	if !errors.Is(err, index.ErrWrite) {
		t.Fatalf("got %v, want ErrWrite", err)
	}
	if r.Added != 0 || r.Passages != 0 {
		t.Errorf("the report says something was kept: %+v", r)
	}
	same(t, "live", before, s.State().ID)
	same(t, "found", []string{"a"}, short(find(t, s, "apple", "c")))
	same(t, "files", files, entries(t, dir))
	feed(t, s, "c", doc("a", "apple"), doc("b", "banana"))
	same(t, "there is room for a little", []string{"b"}, short(find(t, s, "banana", "c")))
	shut(t, s)
	s = open(t, dir, generation.Options{})
	same(t, "opened again", []string{"a"}, short(find(t, s, "apple", "c")))
}

// TestADiskThatIsFullAlready leaves no room at all.
func TestADiskThatIsFullAlready(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "8m")
	dir := filepath.Join(disk, "index")
	s := open(t, dir, generation.Options{})
	feed(t, s, "c", doc("a", "apple"))
	filler := filepath.Join(disk, "filler")
	fill(t, filler)
	for range 3 {
		if _, err := s.Ingest(t.Context(), "c", &knowledgetest.Source{Docs: []knowledge.Document{doc("b", "banana")}}, knowledge.IngestOptions{}); err == nil {
			t.Fatal("a full disk took it")
		}
		same(t, "found", []string{"a"}, short(find(t, s, "apple", "c")))
	}
	shut(t, s)
	s = open(t, dir, generation.Options{})
	same(t, "it opens on a full disk", []string{"a"}, short(find(t, s, "apple", "c")))
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	feed(t, s, "c", doc("b", "banana"))
	same(t, "with room it goes on", []string{"b"}, short(find(t, s, "banana", "c")))
}

// TestADiskThatFillsUpWhileASiteIsRead has no room for what a site gives: that
// is said, what is live is as it was, and the room is free again.
func TestADiskThatFillsUpWhileASiteIsRead(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(smallDisk(t, "8m"), "index")
	s := open(t, dir, generation.Options{})
	feed(t, s, "c", doc("a", "apple"))
	files := entries(t, dir)
	r, err := s.Ingest(t.Context(), "c", siteOf(knowledgetest.Generate(40000)...), knowledge.IngestOptions{})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "make room") || r.Added != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	same(t, "files", files, entries(t, dir))
	feed(t, s, "c", doc("a", "apple"), doc("b", "banana"))
	same(t, "there is room again", []string{"b"}, short(find(t, s, "banana", "c")))
}

// fill takes all the room there is on a disk.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

// TestAFullDiskWhileMerging leaves hardly any room when all is written that is to
// be merged: nothing waits for ever, and what is live is whole.
func TestAFullDiskWhileMerging(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "64m")
	s := open(t, filepath.Join(disk, "index"), generation.Options{})
	const batches = 3
	written, seen, full := 0, 0, errors.New("full")
	docs := knowledgetest.Generate(6000)
	src := &knowledgetest.Source{Docs: docs, Before: func(int) error {
		if written < batches {
			return nil
		}
		leave(t, filepath.Join(disk, "filler"), 256<<10)
		return full
	}}
	r, err := s.Ingest(t.Context(), "c", src, knowledge.IngestOptions{Progress: func(p knowledge.Progress) {
		if p.Passages > seen {
			written, seen = written+1, p.Passages
		}
	}})
	if !errors.Is(err, full) {
		t.Fatalf("got %v", err)
	}
	all, errList := s.Collections(t.Context())
	if errList != nil {
		t.Fatal(errList)
	}
	switch s.State().Number {
	case 0: // there was not even room to finish: then the report says so
		if len(all) != 0 || r.Added != 0 {
			t.Errorf("report %+v, collections %+v, %v", r, all, err)
		}
	default:
		if len(all) != 1 || all[0].Documents != r.Added || r.Added < seen/2 {
			t.Errorf("report %+v, collections %+v, %v", r, all, err)
		}
	}
}

// leave fills a disk but for that many bytes.
func leave(t *testing.T, path string, bytes int64) {
	t.Helper()
	fill(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, max(0, info.Size()-bytes)); err != nil {
		t.Fatal(err)
	}
}
