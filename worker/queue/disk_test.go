//go:build linux

package queue

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
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

// TestAFullDisk fills the disk under the server by another file, which the
// server's own limit can't foresee, and makes room again.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, "48m")
	q := open(t, Options{Dir: filepath.Join(dir, "queue"), MaxStore: 32 << 20})
	hear(t, q, question("1", 1), question("2", 1))
	filler := filepath.Join(dir, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(block)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	refused := 0
	for n := range 200 { // until what the server had reserved is used up too
		short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		err := q.Hear(short, question("3", n))
		cancel()
		if err != nil {
			if refused++; refused == stalledTooOften {
				break
			}
		}
	}
	if refused < stalledTooOften {
		t.Fatal("a full disk took everything")
	}
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if err := q.Ready(short); err == nil {
		t.Error("ready with a full disk")
	}
	q.heal(ctx) // no room: a restart would be in vain
	if q.stalled.Load() == 0 {
		t.Error("restarted on a full disk")
	}
	before := state(t, q).Kept
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	// The worker's own beat notices, restarts the server, and the work goes on.
	got := make(chan bots.Question, 300)
	consume(t, q, Work{Handler: report(got)})
	eventually(t, "ready again", func() bool { return q.Ready(ctx) == nil })
	hear(t, q, question("4", 1))
	ids := map[string]int{}
	limit := time.NewTimer(patience)
	for len(ids) < before+1 || ids[question("4", 1).ID] == 0 {
		select {
		case e := <-got:
			ids[e.ID]++
		case <-limit.C:
			t.Fatalf("%d of %d questions came through", len(ids), before+1)
		}
	}
	settledDown(t, q)
	for _, id := range []string{question("1", 1).ID, question("2", 1).ID, question("4", 1).ID} {
		if ids[id] != 1 {
			t.Errorf("%s was handled %d times", id, ids[id])
		}
	}
}
