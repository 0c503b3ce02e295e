//go:build unix

package queue

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/quota/quotatest"
)

// counterFlag makes the test binary a process that counts.
const counterFlag = "-counter-child"

const (
	sharedPlaces = 3
	sharedRate   = 1000
	// sharedMoney is large enough for processes to take ahead of it.
	sharedMoney = 1_000_000
	perCall     = 1_500
)

// counterJob is what a child is told.
type counterJob struct {
	Options

	Tally string // the file in which all processes count who holds a place
	Hold  int64  // take so many places, say so, and wait to be killed
}

// counterReport is what a child says at its end.
type counterReport struct{ Rate, Money int64 }

func counterChild(text string) error {
	job := counterJob{Options: Options{ackWait: testAckWait}}
	if err := json.Unmarshal([]byte(text), &job); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	q, err := Open(ctx, job.Options)
	if err != nil {
		return err
	}
	c, err := q.Counters(ctx)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	if job.Hold > 0 {
		return holdForEver(ctx, c, job.Hold)
	}
	report, err := spend(ctx, c, job.Tally)
	if err != nil {
		return err
	}
	cancel()
	return errors.Join(<-ended, json.NewEncoder(os.Stdout).Encode(report), q.Close(context.WithoutCancel(ctx)))
}

func holdForEver(ctx context.Context, c *Counters, places int64) error {
	if err := c.Take(ctx, []llm.Ask{quotatest.Place("p", places, sharedPlaces), quotatest.Money("m", 10, 100)}); err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, "holding")
	<-ctx.Done()
	return nil
}

// spend makes calls until one of the limits is used up.
func spend(ctx context.Context, c llm.Counters, file string) (counterReport, error) {
	holders, err := mapTally(file)
	if err != nil {
		return counterReport{}, err
	}
	var report counterReport
	var all sync.WaitGroup
	failed := make(chan error, 8)
	for range cap(failed) {
		all.Go(func() { failed <- spender(ctx, c, holders, &report) })
	}
	all.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			return report, err
		}
	}
	return report, nil
}

func spender(ctx context.Context, c llm.Counters, holders *[2]atomic.Int64, report *counterReport) error {
	asks := []llm.Ask{
		quotatest.Rate("r", 1, sharedRate), quotatest.Money("m", perCall, sharedMoney), quotatest.Place("p", 1, sharedPlaces),
	}
	back := []llm.Ask{quotatest.Place("p", -1, sharedPlaces)}
	for {
		err := c.Take(ctx, asks)
		if over, ok := errors.AsType[*llm.OverLimit](err); ok {
			if over.Ask.Key == "p" {
				pause(ctx, time.Millisecond)
				continue
			}
			return nil
		}
		if err != nil {
			return err
		}
		held := holders[0].Add(1)
		for seen := holders[1].Load(); held > seen && !holders[1].CompareAndSwap(seen, held); seen = holders[1].Load() {
			continue
		}
		atomic.AddInt64(&report.Rate, 1)
		atomic.AddInt64(&report.Money, perCall)
		holders[0].Add(-1)
		if err := c.Settle(ctx, back); err != nil {
			return err
		}
	}
}

// mapTally maps a file into memory that all processes see: how many hold a
// place, and the most that ever did.
func mapTally(file string) (*[2]atomic.Int64, error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := f.Truncate(16); err != nil {
		return nil, err
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, 16, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return (*[2]atomic.Int64)(unsafe.Pointer(&data[0])), nil
}

// countingChild starts a process that counts.
func countingChild(t *testing.T, o Options, tally string, hold int64) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	job, err := json.Marshal(map[string]any{
		"URL": o.URL, "User": o.User, "Password": o.Password, "MaxStore": 64 << 20, "Tally": tally, "Hold": hold,
	})
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), exe, counterFlag, string(job))
	child.Stderr = t.Output()
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	return child, bufio.NewScanner(out)
}

// TestProcessesNeverPassALimitTogether lets three processes spend as fast as
// they can.
func TestProcessesNeverPassALimitTogether(t *testing.T) {
	t.Parallel()
	_, o := cluster(t, t.TempDir(), 0)
	setup, _ := counters(t, open(t, o))
	tally := filepath.Join(t.TempDir(), "tally")
	holders, err := mapTally(tally)
	if err != nil {
		t.Fatal(err)
	}
	var sum counterReport
	type process struct {
		child *exec.Cmd
		says  *bufio.Scanner
	}
	var all []process
	for range 3 {
		child, says := countingChild(t, o, tally, 0)
		all = append(all, process{child, says})
	}
	for _, p := range all {
		var report counterReport
		if !p.says.Scan() || json.Unmarshal(p.says.Bytes(), &report) != nil {
			t.Fatalf("a process says %q", p.says.Text())
		}
		if err := p.child.Wait(); err != nil {
			t.Fatal(err)
		}
		sum.Rate += report.Rate
		sum.Money += report.Money
	}
	if most := holders[1].Load(); most > sharedPlaces || most == 0 {
		t.Errorf("%d places were held at once, want at most %d", most, sharedPlaces)
	}
	if sum.Money > sharedMoney || sum.Rate > sharedRate || sum.Money < sharedMoney*9/10 {
		t.Errorf("%d of %d spent in %d of %d calls", sum.Money, sharedMoney, sum.Rate, sharedRate)
	}
	asks := []llm.Ask{quotatest.Rate("r", 0, sharedRate), quotatest.Money("m", 0, sharedMoney), quotatest.Place("p", 0, sharedPlaces)}
	used, err := setup.Used(t.Context(), asks)
	if err != nil || used[0] != sum.Rate || used[1] != sum.Money || used[2] != 0 {
		t.Errorf("counted: %v, %v; want %d, %d and nothing held", used, err, sum.Rate, sum.Money)
	}
}

// TestPlacesOfAKilledProcessComeBack: not while it lives, however long.
func TestPlacesOfAKilledProcessComeBack(t *testing.T) {
	t.Parallel()
	_, o := cluster(t, t.TempDir(), 0)
	c, _ := counters(t, open(t, o))
	child, says := countingChild(t, o, "", 2)
	if !says.Scan() {
		t.Fatalf("the process does not hold its places: %v", child.Wait())
	}
	ask := []llm.Ask{quotatest.Place("p", 2, sharedPlaces)}
	alive := time.NewTimer(placesAlive*testAckWait + time.Second)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for living := true; living; {
		select {
		case <-tick.C:
			if _, over := errors.AsType[*llm.OverLimit](c.Take(t.Context(), ask)); !over {
				t.Fatal("the places of a living process were given away")
			}
		case <-alive.C:
			living = false
		}
	}
	if err := child.Process.Kill(); err != nil { // SIGKILL
		t.Fatal(err)
	}
	killed := time.Now()
	_ = child.Wait() // it was killed, and says so
	eventually(t, "the places come back", func() bool { return c.Take(t.Context(), ask) == nil })
	if took := time.Since(killed); took > placesAlive*testAckWait+2*time.Second {
		t.Errorf("the places came back after %s", took)
	}
	used, err := c.Used(t.Context(), []llm.Ask{quotatest.Money("m", 0, 100)})
	if err != nil || used[0] != 10 {
		t.Errorf("the killed process has spent %v, %v; want 10", used, err)
	}
}
