package weaviate_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge/weaviate"
)

var server = flag.String("weaviate", "", "path of a weaviate-server to test against, inside a network namespace of its own")

// patience is how long a search may take: servers share the machine with their
// test, and with whatever else runs there.
const patience = 20 * time.Second

// testKey is the key that the servers of a test take.
const testKey = "a-key-of-the-test"

// node is one running server.
type node struct {
	url  string
	dir  string
	args []string
	env  []string
	cmd  *exec.Cmd
	log  string
}

// needServer skips loudly without a real server, and refuses to start one where
// others could reach it: it listens on all interfaces whatever it is told.
func needServer(tb testing.TB) {
	tb.Helper()
	if *server == "" {
		tb.Skip("SKIPPED, NOT TESTED: no Weaviate server was given (make e2e-weaviate)")
	}
	all, err := net.Interfaces()
	if err != nil {
		tb.Fatal(err)
	}
	for _, i := range all {
		if i.Flags&net.FlagLoopback == 0 && i.Flags&net.FlagUp != 0 {
			tb.Fatalf("interface %s is up: run this inside a network namespace (unshare -n), as make e2e-weaviate does", i.Name)
		}
	}
}

// startCluster starts n servers that know each other, on ports from base on.
func startCluster(tb testing.TB, n, base int) []*node {
	tb.Helper()
	needServer(tb)
	var join []string
	for i := range n {
		join = append(join, fmt.Sprintf("node%d:%d", i+1, base+10*i+4))
	}
	nodes := make([]*node, n)
	for i := range nodes {
		nodes[i] = newNode(tb, i, n, base, strings.Join(join, ","))
		nodes[i].start(tb)
	}
	for _, one := range nodes {
		one.await(tb)
	}
	return nodes
}

func newNode(tb testing.TB, i, n, base int, join string) *node {
	tb.Helper()
	dir := tb.TempDir()
	port := base + 10*i
	env := []string{
		"HOME=" + dir, "PERSISTENCE_DATA_PATH=" + filepath.Join(dir, "data"),
		"GOMEMLIMIT=2GiB", "GO_PROFILING_DISABLE=true", "DISABLE_TELEMETRY=true", "LOG_LEVEL=warning",
		"PERSISTENCE_MEMTABLES_FLUSH_DIRTY_AFTER_SECONDS=10",
		"AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED=false",
		"AUTHENTICATION_APIKEY_ENABLED=true", "AUTHENTICATION_APIKEY_ALLOWED_KEYS=" + testKey, "AUTHENTICATION_APIKEY_USERS=tribune",
		"AUTHORIZATION_RBAC_ENABLED=true", "AUTHORIZATION_RBAC_ROOT_USERS=tribune",
		"CLUSTER_BASIC_AUTH_USERNAME=nodes", "CLUSTER_BASIC_AUTH_PASSWORD=among-themselves",
		"DEFAULT_VECTORIZER_MODULE=none", "CLUSTER_IN_LOCALHOST=true", "CLUSTER_ADVERTISE_ADDR=127.0.0.1",
		"CLUSTER_HOSTNAME=node" + strconv.Itoa(i+1),
		"GRPC_PORT=" + strconv.Itoa(port+1),
		"CLUSTER_GOSSIP_BIND_PORT=" + strconv.Itoa(port+2), "CLUSTER_DATA_BIND_PORT=" + strconv.Itoa(port+3),
		"RAFT_PORT=" + strconv.Itoa(port+4), "RAFT_INTERNAL_RPC_PORT=" + strconv.Itoa(port+5),
		"RAFT_JOIN=" + join, "RAFT_BOOTSTRAP_EXPECT=" + strconv.Itoa(n),
	}
	// A node that comes back asks the others for the way, so each knows all; with
	// itself among them there is always one to answer, whoever starts first.
	var gossip []string
	for k := range n {
		gossip = append(gossip, "localhost:"+strconv.Itoa(base+10*k+2))
	}
	env = append(env, "CLUSTER_JOIN="+strings.Join(gossip, ","))
	return &node{
		url: "http://127.0.0.1:" + strconv.Itoa(port), dir: dir, env: env, log: filepath.Join(dir, "log"),
		args: []string{"--scheme", "http", "--host", "127.0.0.1", "--port", strconv.Itoa(port)},
	}
}

// start starts the server, which is killed when the test ends.
func (n *node) start(tb testing.TB) {
	tb.Helper()
	out, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		tb.Fatal(err)
	}
	defer out.Close()
	n.cmd = exec.CommandContext(context.WithoutCancel(tb.Context()), *server, n.args...)
	n.cmd.Env, n.cmd.Dir, n.cmd.Stdout, n.cmd.Stderr = n.env, n.dir, out, out
	if err := n.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(n.kill)
}

// kill ends the server as a lost machine does.
func (n *node) kill() {
	if n.cmd.Process.Kill() == nil {
		n.cmd.Wait()
	}
}

// await waits until the server says that it is ready.
func (n *node) await(tb testing.TB) {
	tb.Helper()
	ctx, cancel := context.WithTimeoutCause(tb.Context(), 2*time.Minute, errors.New("not ready within two minutes"))
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.url+"/v1/.well-known/ready", nil)
		if err != nil {
			tb.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-ctx.Done():
			text, _ := os.ReadFile(n.log)
			tb.Fatalf("%s: %v\n%s", n.url, context.Cause(ctx), text[max(0, len(text)-1000):])
		case <-tick.C:
		}
	}
}

// resident is the memory of the server in MB.
func (n *node) resident(tb testing.TB) int {
	tb.Helper()
	return residentMB(tb, n.cmd.Process.Pid)
}

// residentMB is the memory of a process.
func residentMB(tb testing.TB, pid int) int {
	tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kb >> 10
		}
	}
	return 0
}

func urls(nodes []*node) []string {
	var out []string
	for _, n := range nodes {
		out = append(out, n.url)
	}
	return out
}

// open opens an engine whose classes are its own.
func open(tb testing.TB, prefix string, nodes []*node, o weaviate.Options) *weaviate.Engine {
	tb.Helper()
	o.Hosts, o.Key, o.Prefix, o.Timeout = urls(nodes), testKey, prefix, patience
	e, err := weaviate.Open(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	if s := e.State(); !s.Serving {
		tb.Fatalf("opened, but %s", s)
	}
	return e
}

// diskMB is how much the files below a folder take.
func diskMB(tb testing.TB, dir string) int {
	tb.Helper()
	var bytes int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && d.IsDir() {
			return nil
		}
		if err != nil {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) { // merged away meanwhile
			return nil
		}
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return int(bytes >> 20)
}
