package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sashabaranov/go-openai"
)

// The speed of the gateway is told against the same calls made directly, in
// turns within one run, because ratios and differences carry over from machine
// to machine and times do not. Provider, gateway and a bare byte relay (the
// floor: what any hop costs) are processes of their own, so that the gateway's
// processor time and memory can be read from the system.

// speedChunks is how many pieces a streamed answer has.
const speedChunks = 40

// hops are the three ways to the provider.
type hops struct {
	direct, relay, gateway target
}

// target is one address to call, and the client that calls it: go-openai, because
// what counts is what somebody sees who uses such a client.
type target struct {
	name   string
	pid    int
	client *openai.Client
}

// speedHops starts everything. The gateway's limits, prices and metrics are on.
func speedHops(tb testing.TB) hops {
	tb.Helper()
	upstream, pid := helper(tb, "tribune-upstream")
	relay, relayPID := helper(tb, "tribune-relay", upstream)
	dir := tb.TempDir()
	config := fmt.Sprintf(`model_list:
  - model_name: gpt-4
    litellm_params: {model: openai/gpt-4, api_base: %q, api_key: sk-speed-0001, rpm: 100000000, tpm: 100000000000, max_parallel_requests: 10000}
  - model_name: gpt-4
    litellm_params: {model: openai/gpt-4, api_base: %q, api_key: sk-speed-0002, rpm: 100000000, tpm: 100000000000, max_parallel_requests: 10000}
router_settings: {routing_strategy: simple-shuffle, num_retries: 2}
general_settings: {master_key: sk-speed-master-0001}
`, upstream+"/v1", upstream+"/v1")
	if err := os.WriteFile(filepath.Join(dir, "litellm_config.yaml"), []byte(config), 0o600); err != nil {
		tb.Fatal(err)
	}
	p := startProgram(tb, buildProgram(tb), dir, nil, "gateway", "--config", "litellm_config.yaml", "--port", "0")
	return hops{
		direct:  newTarget("direct", upstream, "sk-speed-0001", pid),
		relay:   newTarget("relay", relay, "sk-speed-0001", relayPID),
		gateway: newTarget("gateway", p.address(tb), "sk-speed-master-0001", p.cmd.Process.Pid),
	}
}

// buildProgram builds the program as it is shipped: the test binary is larger.
func buildProgram(tb testing.TB) string {
	tb.Helper()
	program := filepath.Join(tb.TempDir(), "tribune")
	build := exec.CommandContext(tb.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, ".")
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("build the program: %v\n%s", err, out)
	}
	return program
}

func newTarget(name, url, key string, pid int) target {
	config := openai.DefaultConfig(key)
	config.BaseURL = url + "/v1"
	config.HTTPClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 512, Proxy: nil}}
	return target{name, pid, openai.NewClientWithConfig(config)}
}

// call makes one call and returns how long it took: a streamed one until its
// first piece was there. A bad answer is an error: it would spoil the figures.
func (t target) call(ctx context.Context, r openai.ChatCompletionRequest) (time.Duration, error) {
	began := time.Now()
	if r.Stream {
		return t.stream(ctx, r, began)
	}
	answer, err := t.client.CreateChatCompletion(ctx, r)
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	if len(answer.Choices) != 1 || answer.Usage.TotalTokens != 270 || !strings.HasSuffix(answer.Choices[0].Message.Content, "word ") {
		return 0, fmt.Errorf("a bad answer: %+v", answer)
	}
	return took, nil
}

func (t target) stream(ctx context.Context, r openai.ChatCompletionRequest, began time.Time) (first time.Duration, err error) {
	chunks, err := t.client.CreateChatCompletionStream(ctx, r)
	if err != nil {
		return 0, err
	}
	defer chunks.Close()
	pieces, finished := 0, false
	for {
		chunk, err := chunks.Recv()
		switch {
		case errors.Is(err, io.EOF) && pieces == speedChunks && finished:
			return first, nil
		case err != nil:
			return 0, fmt.Errorf("after %d pieces: %w", pieces, err)
		case len(chunk.Choices) == 1 && chunk.Choices[0].Delta.Content != "":
			if pieces++; pieces == 1 {
				first = time.Since(began)
			}
		case len(chunk.Choices) == 1:
			finished = finished || chunk.Choices[0].FinishReason == openai.FinishReasonStop
		}
	}
}

// speedRequest is a request of some 700 bytes.
func speedRequest(stream bool) openai.ChatCompletionRequest {
	return openai.ChatCompletionRequest{
		Model: "gpt-4", Stream: stream, MaxCompletionTokens: 200,
		Messages: []openai.ChatCompletionMessage{{
			Role: openai.ChatMessageRoleUser, Content: strings.Repeat("What does the handbook say about overtime pay? ", 12),
		}},
	}
}

// many makes n calls, c at a time, and returns how long they took together.
func (t target) many(tb testing.TB, r openai.ChatCompletionRequest, n, c int) time.Duration {
	tb.Helper()
	var next, bad atomic.Int64
	began := time.Now()
	var group sync.WaitGroup
	for range c {
		group.Go(func() {
			for next.Add(1) <= int64(n) {
				if _, err := t.call(tb.Context(), r); err != nil && bad.Add(1) == 1 {
					tb.Errorf("%s: %v", t.name, err)
				}
			}
		})
	}
	group.Wait()
	if bad.Load() > 0 {
		tb.Fatalf("%d of %d calls were bad", bad.Load(), n)
	}
	return time.Since(began)
}

// modes are the two kinds of call.
func modes() map[string]bool { return map[string]bool{"plain": false, "stream": true} }

// BenchmarkGatewayAdds is what the gateway adds to one call at a time: the
// whole of a plain one, and to the first piece of a streamed one. Each turn calls
// all three ways.
func BenchmarkGatewayAdds(b *testing.B) {
	h := speedHops(b)
	for mode, stream := range modes() {
		b.Run(mode, func(b *testing.B) {
			request := speedRequest(stream)
			took := map[string][]time.Duration{}
			for name, t := range map[string]target{"direct": h.direct, "relay": h.relay, "gateway": h.gateway} {
				t.many(b, request, 200, 1) // warm
				took[name] = nil
			}
			for b.Loop() {
				for name, t := range map[string]target{"direct": h.direct, "relay": h.relay, "gateway": h.gateway} {
					one, err := t.call(b.Context(), request)
					if err != nil {
						b.Fatal(err)
					}
					took[name] = append(took[name], one)
				}
			}
			direct := median(took["direct"])
			b.ReportMetric(float64(direct.Microseconds()), "µs-direct")
			b.ReportMetric(float64((median(took["relay"]) - direct).Microseconds()), "µs-relay-adds")
			b.ReportMetric(float64((median(took["gateway"]) - direct).Microseconds()), "µs-gateway-adds")
		})
	}
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

// BenchmarkGatewayLoad is how many calls a second come through at 32 at a time,
// as a share of what the direct way takes, and the gateway's processor time.
func BenchmarkGatewayLoad(b *testing.B) {
	h := speedHops(b)
	const calls, at = 960, 32
	for mode, stream := range modes() {
		b.Run(mode, func(b *testing.B) {
			request := speedRequest(stream)
			for _, t := range []target{h.direct, h.relay, h.gateway} {
				t.many(b, request, calls, at) // warm
			}
			took, cpu, rounds := map[string]time.Duration{}, map[string]time.Duration{}, 0
			for b.Loop() {
				rounds++
				for _, t := range []target{h.direct, h.relay, h.gateway} {
					before := cpuTime(b, t.pid)
					took[t.name] += t.many(b, request, calls, at)
					cpu[t.name] += cpuTime(b, t.pid) - before
				}
			}
			thousand := float64(rounds*calls) / 1000
			b.ReportMetric(float64(rounds*calls)/took["gateway"].Seconds(), "calls/s")
			for _, name := range []string{"relay", "gateway"} {
				b.ReportMetric(float64(took["direct"])/float64(took[name]), name+"-x-direct-rate")
				b.ReportMetric(cpu[name].Seconds()/thousand, name+"-cpu-s/1000")
			}
		})
	}
}

// BenchmarkGatewayMemory is the gateway's resident memory with 256 calls at a
// time, streamed ones among them.
func BenchmarkGatewayMemory(b *testing.B) {
	h := speedHops(b)
	for b.Loop() {
		for _, stream := range modes() {
			h.gateway.many(b, speedRequest(stream), 5120, 256)
		}
	}
	b.ReportMetric(memory(b, h.gateway.pid, "VmRSS"), "MB-resident")
	b.ReportMetric(memory(b, h.gateway.pid, "VmHWM"), "MB-peak")
	b.ReportMetric(memory(b, h.gateway.pid, "RssFile"), "MB-of-the-program-file")
}

// TestGatewaySoak calls the gateway a great many times, whole and streamed: its
// memory must stay where it was.
func TestGatewaySoak(t *testing.T) {
	t.Parallel()
	if *soakCalls == 0 {
		t.Skip("SKIPPED: give -soakcalls=1000000 to soak the gateway (make bench does)")
	}
	h := speedHops(t)
	const at, slices = 32, 20
	var first float64
	for i := range slices {
		h.gateway.many(t, speedRequest(i%4 == 3), *soakCalls/slices, at)
		now := memory(t, h.gateway.pid, "VmRSS")
		t.Logf("%9d calls: %.1f MB resident", (i+1)**soakCalls/slices, now)
		switch {
		case i == slices/4: // by now everything has been used once
			first = now
		case i > slices/4 && now > first*1.15+2:
			t.Errorf("it grew from %.1f to %.1f MB", first, now)
		}
	}
}

// cpuTime is a process's processor time so far (Linux).
func cpuTime(tb testing.TB, pid int) time.Duration {
	tb.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		tb.Skipf("processor time is read on Linux only, this is %s: %v", runtime.GOOS, err)
	}
	_, after, _ := strings.Cut(string(data), ") ")
	f := strings.Fields(after)
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond // USER_HZ is 100 on every Linux
}

// memory is a figure of /proc/PID/status in MB (Linux).
func memory(tb testing.TB, pid int, name string) float64 {
	tb.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		tb.Skipf("memory is read on Linux only, this is %s: %v", runtime.GOOS, err)
	}
	_, after, _ := strings.Cut(string(data), name+":")
	kb, _ := strconv.Atoi(strings.Fields(after)[0])
	return float64(kb) / 1024
}
