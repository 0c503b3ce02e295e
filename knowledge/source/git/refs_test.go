package git_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tribunebot/tribune/knowledge/source/git"
)

// TestBranchesWithoutEnd: the list of a hostile host is not read to its end.
func TestBranchesWithoutEnd(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	const most = 1 << 20
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
		line := func(text string) {
			n, _ := fmt.Fprintf(w, "%04x%s", len(text)+4, text)
			sent.Add(int64(n))
		}
		line("# service=git-upload-pack\n")
		fmt.Fprint(w, "0000")
		hash := strings.Repeat("a", 40)
		line(hash + " HEAD\x00ofs-delta shallow symref=HEAD:refs/heads/main\n")
		for i := 0; r.Context().Err() == nil && sent.Load() < 100*most; i++ {
			line(fmt.Sprintf("%s refs/heads/%s%d\n", hash, strings.Repeat("x", 900), i))
		}
		fmt.Fprint(w, "0000")
	}))
	defer server.Close()
	src, err := git.New([]string{server.URL + "/t/r.git"}, git.Options{Dir: t.TempDir(), MaxBytes: most, Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	for _, err := range src.Documents(t.Context()) {
		failed = err
	}
	if failed == nil || !strings.Contains(failed.Error(), "branches and tags without end") {
		t.Errorf("got %v", failed)
	}
	if n := sent.Load(); n > 50*most {
		t.Errorf("%d MB were taken", n>>20)
	}
}
