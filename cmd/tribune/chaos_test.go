package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// process is the program in a process of its own.
type process struct {
	cmd  *exec.Cmd
	out  *output
	dir  string
	done chan error
}

// output collects what a process writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// serveProcess starts `tribune serve` in dir and waits until it listens.
func serveProcess(tb testing.TB, dir string, s settings) *process {
	tb.Helper()
	return startProcess(tb, dir, s, "serve")
}

// startProcess starts the program in dir and waits until it listens.
func startProcess(tb testing.TB, dir string, s settings, args ...string) *process {
	tb.Helper()
	return startProgram(tb, "tribune", dir, s, args...)
}

// startProgram starts a build of the program.
func startProgram(tb testing.TB, program, dir string, s settings, args ...string) *process {
	tb.Helper()
	_ = os.Remove(filepath.Join(dir, "data", "server.json"))
	p := &process{cmd: exec.CommandContext(tb.Context(), program, args...), out: &output{}, dir: dir, done: make(chan error, 1)}
	p.cmd.Dir = dir
	p.cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "TRIBUNE_HTTP_ADDR=127.0.0.1:0"} //nolint:forbidigo // the path that finds the program
	for name, value := range s {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	tb.Cleanup(p.kill)
	eventually(tb, "the server listens", func() bool {
		_, err := os.Stat(filepath.Join(dir, "data", "server.json"))
		if err != nil && len(p.done) > 0 {
			tb.Fatalf("it ended:\n%s", p.out)
		}
		return err == nil
	})
	return p
}

// kill kills the process as a power cut would, and waits until it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	err := <-p.done
	p.done <- err
}

// address is where the process listens.
func (p *process) address(tb testing.TB) string {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, "data", "server.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var at presence
	if err := json.Unmarshal(data, &at); err != nil {
		tb.Fatal(err)
	}
	return at.URL
}

// TestChaosKilledInMidAnswer kills the process while the model writes, and
// starts it again: the same message is finished, once.
func TestChaosKilledInMidAnswer(t *testing.T) {
	t.Parallel()

	slack := slackWorkspace(t)
	gate := llmtest.NewGate("其余。")
	sentence := "赔偿金是经济补偿标准的二倍，俗称“2N”。[1]"
	model := llmtest.NewServer(t, llmtest.Say(sentence, "其余。").Hold(gate), llmtest.Say(sentence))
	s := with(slackSocket(slack), settings{"DEEPSEEK_API_KEY": "sk-chaos-canary-0005", "DEEPSEEK_API_BASE": model.URL + "/v1"})
	dir := t.TempDir()

	p := serveProcess(t, dir, s)
	eventually(t, "the bot is connected", slack.Connected)
	ts := mention(t, slack, "公司恶意辞退，赔偿金怎么算？", "")
	shown := func() []botstest.Shown { return below(slack, slackChannel, ts, ts) }
	eventually(t, "something is shown", func() bool { return len(shown()) == 1 && len(model.Requests()) == 1 })
	opened := shown()[0].ID
	p.kill()
	gate.Open()

	serveProcess(t, dir, s)
	answer := one(t, shown, "[1]")
	if answer.ID != opened {
		t.Errorf("the answer is in %s, the first message was %s", answer.ID, opened)
	}
	if !strings.Contains(answer.Text, "2N") {
		t.Errorf("answered %q", answer.Text)
	}
}

// TestChaosKilledUnderLoad asks while the process is killed again and again;
// every question that Slack was told to be taken is answered exactly once.
func TestChaosKilledUnderLoad(t *testing.T) {
	t.Parallel()

	const questions, kills = 24, 3
	slack := slackWorkspace(t)
	model := llmtest.NewServer(t, quoteFirst())
	s := with(slackSocket(slack), settings{"DEEPSEEK_API_KEY": "sk-chaos-canary-0006", "DEEPSEEK_API_BASE": model.URL + "/v1"})
	dir := t.TempDir()
	write(t, dir, "tribune.yaml", "channels:\n  default: {questions: 1000/s, burst: 1000}\n")
	p := serveProcess(t, dir, s)
	eventually(t, "the bot is connected", slack.Connected)

	var asked []string
	for i := range questions {
		asked = append(asked, mention(t, slack, fmt.Sprintf("第 %d 问：试用期最长多久？", i+1), ""))
		if i%(questions/kills) == questions/kills-1 {
			eventually(t, "some are answered", func() bool { return len(below(slack, slackChannel, asked[i/2], asked[i/2])) > 0 })
			p.kill()
			p = serveProcess(t, dir, s)
			eventually(t, "the bot is connected", slack.Connected)
		}
	}
	for _, ts := range asked {
		one(t, func() []botstest.Shown { return below(slack, slackChannel, ts, ts) }, "试用期")
	}
	if out := p.out.String(); strings.Contains(out, "canary") || strings.Contains(out, "panic") {
		t.Errorf("the process wrote:\n%s", out)
	}
}

// TestChaosStopsInTwoSteps ends the process while the model writes: the answer
// is finished first.
func TestChaosStopsInTwoSteps(t *testing.T) {
	t.Parallel()

	slack := slackWorkspace(t)
	gate := llmtest.NewGate(llmtest.AtFinish)
	model := llmtest.NewServer(t, llmtest.Say("赔偿金是经济补偿标准的二倍，俗称“2N”。[1]").Hold(gate))
	s := with(slackSocket(slack), settings{"DEEPSEEK_API_KEY": "sk-chaos-canary-0007", "DEEPSEEK_API_BASE": model.URL + "/v1"})
	p := serveProcess(t, t.TempDir(), s)
	eventually(t, "the bot is connected", slack.Connected)
	ts := mention(t, slack, "公司恶意辞退，赔偿金怎么算？", "")
	eventually(t, "the model is asked", func() bool { return len(model.Requests()) == 1 })
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the socket is let go", func() bool { return !slack.Connected() })
	gate.Open()
	if err := <-p.done; err != nil {
		t.Errorf("ended with %v:\n%s", err, p.out)
	}
	p.done <- nil
	one(t, func() []botstest.Shown { return below(slack, slackChannel, ts, ts) }, "2N")
}

// TestChaosReadyAgain kills and restarts: the server is ready soon with what
// it has.
func TestChaosReadyAgain(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	serveProcess(t, dir, nil).kill()
	p := serveProcess(t, dir, nil)
	client := &http.Client{Timeout: 5 * time.Second}
	eventually(t, "it is ready", func() bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.address(t)+"/readyz", nil)
		if err != nil {
			return false
		}
		resp, err := client.Do(req)
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}
