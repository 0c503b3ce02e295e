package main

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// soak is how long TestSoak runs; without it the test says so and passes on.
var soak = flag.Duration("soak", 0, "how long the soak test asks 50 questions a second")

// soakCalls is how many calls TestGatewaySoak makes; without it the test says so
// and passes on.
var soakCalls = flag.Int("soakcalls", 0, "how many calls the gateway's soak test makes")

// TestMain makes the test binary the program itself when it is called by the
// name tribune: scripts and fault tests run real processes of it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"tribune": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			code := run(ctx, os.Args[1:], streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
			stop()
			os.Exit(code) //nolint:forbidigo // this is main
		},
		"tribune-upstream": upstreamMain,
		"tribune-relay":    relayMain,
	})
}

// TestScripts runs the commands as a person at a terminal would.
func TestScripts(t *testing.T) {
	t.Parallel()

	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(e *testscript.Env) error {
			// Nothing of the machine's own settings reaches a script.
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("TRIBUNE_HTTP_ADDR", "127.0.0.1:0")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await":   awaitFile,
			"jsonhas": jsonHas,
		},
	})
}

// awaitFile waits until a file is there: "await data/server.json".
func awaitFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await file")
	}
	name := ts.MkAbs(args[0])
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		if _, err := os.Stat(name); err == nil {
			return
		}
		if pause(context.Background(), 20*time.Millisecond) != nil {
			break
		}
	}
	ts.Fatalf("%s did not appear", args[0])
}
