package archive_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge/archive"
)

// expand reads all that an archive and those in it have, and returns how much
// that was and what it ended with.
func expand(t *testing.T, a *archive.Archive) (total int64, entries int, failed error) {
	t.Helper()
	for _, f := range a.Files() {
		if f.IsZip() {
			in, err := f.Open(t.Context())
			if err != nil {
				failed = err
				continue
			}
			n, more, err := expand(t, in)
			total, entries = total+n, entries+more
			if err != nil {
				failed = err
			}
			continue
		}
		body, err := f.Read(t.Context())
		total, entries = total+int64(len(body)), entries+1
		if err != nil {
			failed = err
		}
	}
	return total, entries, failed
}

func TestAHighRatioIsNotExpanded(t *testing.T) {
	t.Parallel()
	zeros := strings.Repeat("0", 4<<20)
	a := open(t, zipOf(t, packed("bomb.txt", zeros), packed("small.txt", zeros[:1<<20]), packed("good.md", "text")))
	if _, err := a.File("bomb.txt").Read(t.Context()); err == nil || !strings.Contains(err.Error(), "zip bomb") {
		t.Errorf("bomb: %v", err)
	}
	for _, name := range []string{"small.txt", "good.md"} {
		if _, err := a.File(name).Read(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSizesAreNotBelieved: an entry says that it has ten bytes.
func TestSizesAreNotBelieved(t *testing.T) {
	t.Parallel()
	raw := zipOf(t, packed("bomb.txt", strings.Repeat("0", 4<<20)))
	at := bytes.Index(raw, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(raw[at+24:], 10)
	body, err := open(t, raw).File("bomb.txt").Read(t.Context())
	if err == nil || len(body) > 10 {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	binary.LittleEndian.PutUint32(raw[at+24:], 60<<20)
	if _, err := open(t, raw).File("bomb.txt").Read(t.Context()); err == nil {
		t.Error("too large by its own word")
	}
	// The size in the archive can't be made larger than the archive.
	binary.LittleEndian.PutUint32(raw[at+20:], 1<<30)
	if _, err := archive.Open(bytes.NewReader(raw), int64(len(raw))); err == nil {
		t.Error("an entry that is larger than the archive")
	}
}

// TestNestedBombs: layers of archives of which each is honest by itself, as
// 42.zip has them.
func TestNestedBombs(t *testing.T) {
	t.Parallel()
	var inner []entry
	for i := range 16 {
		inner = append(inner, packed(fmt.Sprintf("%d.txt", i), strings.Repeat("0", 1<<20)))
	}
	layer := string(zipOf(t, inner...))
	for range 2 {
		var same []entry
		for i := range 16 {
			same = append(same, packed(fmt.Sprintf("lib %d.zip", i), layer))
		}
		layer = string(zipOf(t, same...))
	}
	a := open(t, []byte(layer))
	total, _, err := expand(t, a)
	t.Logf("an archive of %d KB gave %d MB of the 4096 MB that it has, then %v", len(layer)>>10, total>>20, err)
	if !errors.Is(err, archive.ErrTotal) || total > 60<<20 {
		t.Errorf("%d MB, %v", total>>20, err)
	}
	for _, f := range a.Files() {
		if _, err := f.Read(t.Context()); !errors.Is(err, archive.ErrTotal) {
			t.Fatalf("after that %s is read: %v", f.Name, err)
		}
	}
}

// TestOverlap: many names for the same bytes.
func TestOverlap(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("the same text\n", 1000)
	raw := zipOf(t, packed("a.txt", text), packed("b.txt", text), packed("c.txt", text))
	first := bytes.Index(raw, []byte("PK\x01\x02"))
	for at := first; at >= 0; {
		copy(raw[at+42:at+46], raw[first+42:first+46]) // where its content lies
		next := bytes.Index(raw[at+4:], []byte("PK\x01\x02"))
		if next < 0 {
			break
		}
		at += 4 + next
	}
	if _, err := archive.Open(bytes.NewReader(raw), int64(len(raw))); err == nil || !strings.Contains(err.Error(), "share the same bytes") {
		t.Errorf("got %v", err)
	}
}

// TestEntriesWithoutEnd measures what a list of millions of files takes.
//
//nolint:paralleltest // it measures the memory of the process
func TestEntriesWithoutEnd(t *testing.T) {
	header := make([]byte, 46)
	copy(header, "PK\x01\x02")
	list := bytes.Repeat(header, 2_000_000)
	end := func(entries uint16) []byte {
		e := make([]byte, 22)
		copy(e, "PK\x05\x06")
		binary.LittleEndian.PutUint16(e[8:], entries)
		binary.LittleEndian.PutUint16(e[10:], entries)
		binary.LittleEndian.PutUint32(e[12:], uint32(len(list)))
		return e
	}
	claims := append(make([]byte, 90<<20), end64(3_000_000)...)
	for name, raw := range map[string][]byte{"listed": append(list, end(2_000_000%65536)...), "claimed": claims} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		_, err := archive.Open(bytes.NewReader(raw), int64(len(raw)))
		runtime.ReadMemStats(&after)
		took := after.TotalAlloc - before.TotalAlloc
		t.Logf("%s: %d MB allocated in all, then %v", name, took>>20, err)
		if err == nil || !strings.Contains(err.Error(), "more than 100000") || took > 150<<20 {
			t.Errorf("%s: %v, %d MB", name, err, took>>20)
		}
	}
}

// end64 is the end of a large archive that says how many entries it has.
func end64(entries uint64) []byte {
	record := make([]byte, 56)
	copy(record, "PK\x06\x06")
	binary.LittleEndian.PutUint64(record[4:], 44)
	binary.LittleEndian.PutUint64(record[24:], entries)
	binary.LittleEndian.PutUint64(record[32:], entries)
	locator := make([]byte, 20)
	copy(locator, "PK\x06\x07")
	binary.LittleEndian.PutUint64(locator[8:], 90<<20)
	binary.LittleEndian.PutUint32(locator[16:], 1)
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	for i := 8; i < 20; i++ {
		end[i] = 0xff
	}
	return slices.Concat(record, locator, end)
}

func TestEntriesOfArchivesInsideCount(t *testing.T) {
	t.Parallel()
	inner := string(zipOf(t, packed("a", "x"), packed("b", "x"), packed("c", "x")))
	raw := zipOf(t, entry{name: "1.zip", text: inner}, entry{name: "2.zip", text: inner})
	a, err := (archive.Limits{Entries: 6}).Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	_, entries, err := expand(t, a)
	if entries != 3 || err == nil || !strings.Contains(err.Error(), "too many files") {
		t.Errorf("%d, %v", entries, err)
	}
}

// TestOneEntryAtATime measures what reading an archive of 35 MB takes.
//
//nolint:paralleltest // it measures the memory of the process
func TestOneEntryAtATime(t *testing.T) {
	var text strings.Builder
	for i := range 150_000 {
		fmt.Fprintf(&text, "line %d of a log\n", i)
	}
	var entries []entry
	for i := range 12 {
		entries = append(entries, entry{name: fmt.Sprintf("%d.txt", i), text: text.String()})
	}
	raw := zipOf(t, entries...)
	a := open(t, raw)
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	total, peak := int64(0), uint64(0)
	for _, f := range a.Files() {
		body, err := f.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		total += int64(len(body))
		runtime.GC() // what is left is kept
		runtime.ReadMemStats(&now)
		runtime.KeepAlive(body)
		peak = max(peak, now.HeapAlloc-min(before.HeapAlloc, now.HeapAlloc))
	}
	t.Logf("%d MB were read, %d MB were kept at most", total>>20, peak>>20)
	if total < 30<<20 || peak > 8<<20 {
		t.Errorf("%d MB of %d", peak>>20, total>>20)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(zipOf(f, packed("a.txt", "text"), entry{name: "../b", text: "x"}))
	f.Add(zipOf(f, entry{name: "in.zip", text: string(zipOf(f, packed("c", "x")))}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := (archive.Limits{Entry: 1 << 20, Total: 4 << 20}).Open(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			return
		}
		expand(t, a)
		checkNames(t, a)
	})
}

// FuzzNames puts any bytes where a name stands.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"a/b.md", "../../x", `C:\x`, "\xd6\xd0\xb9\xfa.txt", "caf\x82.txt", "a\x00b", "\u202Ea"} {
		f.Add(name, true)
	}
	f.Fuzz(func(t *testing.T, name string, old bool) {
		if len(name) > 60_000 || strings.HasSuffix(name, "/") { // the writer takes that for a folder
			return
		}
		raw := zipOf(t, entry{name: name, text: "x", change: func(h *zip.FileHeader) { h.NonUTF8 = old }}, packed("other.md", "x"))
		checkNames(t, open(t, raw))
	})
}
