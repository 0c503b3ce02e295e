package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// patience bounds every wait of these tests; machines are busy.
const patience = time.Minute

// running is an App that serves, as the binary does.
type running struct {
	*App
	base string // http://127.0.0.1:port
	dir  string // the data directory
	stop context.CancelFunc
	done chan error
}

// settings are variables of the environment by name.
type settings map[string]string

// loadTest loads settings for a data directory of its own, and nothing else.
func loadTest(tb testing.TB, dir string, s settings) *config.Config {
	tb.Helper()
	environ := []string{"TRIBUNE_DATA_DIR=" + filepath.Join(dir, "data"), "TRIBUNE_HTTP_ADDR=127.0.0.1:0", "TRIBUNE_GRACE=10s"}
	for name, value := range s {
		environ = append(environ, name+"="+value)
	}
	c, err := load(config.Options{Dir: dir, Environ: environ})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// start starts the same App as the binary and waits until it hears. It is
// stopped when the test ends, or by stopped.
func start(tb testing.TB, dir string, s settings, parts Parts) *running {
	tb.Helper()
	c := loadTest(tb, dir, s)
	held, _, err := hold(tb.Context(), c.Server.DataDir)
	if err != nil {
		tb.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(testLog{tb}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	app, err := NewApp(tb.Context(), c, held, log, parts)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	r := &running{App: app, dir: c.Server.DataDir, stop: cancel, done: make(chan error, 1)}
	ready := make(chan string, 1)
	go func() {
		err := app.Serve(ctx, func(_ context.Context, base string) error { ready <- base; return nil })
		if closing := app.Close(context.WithoutCancel(ctx)); err == nil {
			err = closing
		}
		r.done <- err
	}()
	tb.Cleanup(func() { r.stopped(tb) })
	select {
	case r.base = <-ready:
	case err := <-r.done:
		r.done <- err
		tb.Fatalf("it stopped before it was ready: %v", err)
	case <-time.After(patience): //nolint:forbidigo // the bound of a wait, not a pause
		tb.Fatal("it was not ready in time")
	}
	return r
}

// stopped stops the App and waits until it let go of everything.
func (r *running) stopped(tb testing.TB) {
	tb.Helper()
	r.stop()
	err := <-r.done
	r.done <- nil
	if err != nil {
		tb.Errorf("it stopped with: %v", err)
	}
}

// settled waits until the queue has nothing left to do, so that whatever could
// still be posted was.
func (r *running) settled(tb testing.TB) {
	tb.Helper()
	eventually(tb, "nothing is left to do", func() bool {
		s, err := r.QueueState(tb.Context())
		return err == nil && s.Waiting+s.Working+s.Scheduled == 0
	})
}

// testLog sends warnings to the test's own log.
type testLog struct{ tb testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	if l.tb.Context().Err() == nil {
		l.tb.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

// provider is a local model server and the settings that lead to it.
func provider(tb testing.TB, steps ...llmtest.Step) (*llmtest.Server, settings) {
	tb.Helper()
	server := llmtest.NewServer(tb, steps...)
	return server, settings{"DEEPSEEK_API_KEY": "sk-deepseek-canary-0001", "DEEPSEEK_API_BASE": server.URL + "/v1"}
}

// with joins settings.
func with(all ...settings) settings {
	out := settings{}
	for _, s := range all {
		maps.Copy(out, s)
	}
	return out
}

// quoteFirst makes a model that answers with the first sentence of the first
// passage that it was given, cited: an answer that no test could have made up.
func quoteFirst() llmtest.Step {
	return llmtest.Step{Do: func(r llmtest.Request) llmtest.Step {
		prompt := r.Prompt()
		_, passage, _ := strings.Cut(prompt, "===== passage [1]: ")
		_, text, _ := strings.Cut(passage, "\n")
		text, _, _ = strings.Cut(text, "=====")
		for line := range strings.SplitSeq(text, "\n") {
			line = strings.TrimLeft(line, "-# ")
			if i := strings.IndexAny(line, "。."); i > 10 {
				return llmtest.Say(line[:i], " [1]", ".")
			}
		}
		return llmtest.Say("NOT_IN_DOCUMENTS")
	}}
}

// eventually polls until ok, within patience.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			tb.Fatalf("waited %s in vain until %s", patience, what)
		}
		if err := pause(tb.Context(), 10*time.Millisecond); err != nil {
			tb.Fatal(err)
		}
	}
}

// one returns the only message of the bot that shows something, once it is final.
func one(tb testing.TB, shown func() []botstest.Shown, final string) botstest.Shown {
	tb.Helper()
	eventually(tb, "one message shows "+final, func() bool {
		s := shown()
		return len(s) > 0 && strings.Contains(s[len(s)-1].Text, final)
	})
	s := shown()
	if len(s) != 1 {
		tb.Fatalf("%d messages: %v", len(s), s)
	}
	return s[0]
}

// jsonHas checks that each line of a file is JSON with the given keys:
// "jsonhas file key...".
func jsonHas(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: jsonhas file key...")
	}
	for line := range strings.SplitSeq(strings.TrimSpace(ts.ReadFile(args[0])), "\n") {
		var v map[string]any
		ts.Check(json.Unmarshal([]byte(line), &v))
		for _, key := range args[1:] {
			if _, ok := v[key]; !ok {
				ts.Fatalf("no %q in %s", key, line)
			}
		}
	}
}

// write makes a file below dir.
func write(tb testing.TB, dir, name, text string) {
	tb.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}
