//go:build unix

package queue

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// childFlag makes the test binary a worker that is about to be killed.
const childFlag = "-queue-child"

// TestMain runs the tests or, in a child process, childWork. The tests mostly
// wait, for the server's seconds to pass: more of them side by side than there
// are processors costs nothing.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == childFlag {
		if err := childWork(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1) //nolint:forbidigo // this is the child's main
		}
		return
	}
	if len(os.Args) == 3 && os.Args[1] == counterFlag {
		if err := counterChild(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1) //nolint:forbidigo // this is the child's main
		}
		return
	}
	flag.Parse()
	if wanted := flag.Lookup("test.parallel"); wanted.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		if err := wanted.Value.Set(strconv.Itoa(2 * runtime.GOMAXPROCS(0))); err != nil {
			panic(err)
		}
	}
	m.Run()
}

// childWork begins to answer a question, says so, and never ends.
func childWork(options string) error {
	o := Options{ackWait: testAckWait}
	if err := json.Unmarshal([]byte(options), &o); err != nil {
		return err
	}
	ctx := context.Background()
	q, err := Open(ctx, o)
	if err != nil {
		return err
	}
	return q.Consume(ctx, Work{Handler: func(ctx context.Context, e bots.Question) error {
		rec, _ := Claimed(ctx)
		rec.State, rec.Ref = worker.Open, []byte(`{"channel":"C","message":"7"}`)
		if _, err := q.Records().Save(ctx, e.ID, rec); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(os.Stdout, e.ID); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	}})
}

// startChild starts a worker process and waits until it has begun a question.
func startChild(t *testing.T, o Options) (kill func()) {
	t.Helper()
	options, err := json.Marshal(map[string]any{"Dir": o.Dir, "URL": o.URL, "User": o.User, "Password": o.Password, "MaxStore": 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), exe, childFlag, string(options))
	child.Stderr = t.Output()
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line := bufio.NewScanner(out)
	if !line.Scan() {
		t.Fatalf("the worker process began nothing: %v", child.Wait())
	}
	return func() {
		if err := child.Process.Kill(); err != nil { // SIGKILL
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed, and says so
	}
}

// TestAKilledWorkerIsReplaced kills a worker process in mid-answer: once where
// it carried the server itself, once where it shared one.
func TestAKilledWorkerIsReplaced(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]func(*testing.T) Options{
		"embedded": func(t *testing.T) Options { t.Helper(); return Options{Dir: t.TempDir()} },
		"cluster":  func(t *testing.T) Options { t.Helper(); _, o := cluster(t, t.TempDir(), 0); return o },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			e := question("1", 1)
			setup := open(t, o)
			hear(t, setup, e)
			shut(t, setup)

			kill := startChild(t, o)
			kill()
			killed := time.Now()
			q := open(t, o)
			recs := make(chan worker.Record, 2)
			consume(t, q, Work{Handler: func(ctx context.Context, _ bots.Question) error {
				rec, _ := Claimed(ctx)
				recs <- rec
				return nil
			}})
			rec := receive(t, recs, "the take-over")
			if took := time.Since(killed); took > testAckWait+2*time.Second {
				t.Errorf("the take-over took %s", took)
			}
			if rec.State != worker.Open || string(rec.Ref) != `{"channel":"C","message":"7"}` || rec.Tries != 2 {
				t.Errorf("the record that was taken over: %+v", rec)
			}
			settledDown(t, q)
			nothing(t, recs, "the question was handled again")
		})
	}
}
