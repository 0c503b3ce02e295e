package git

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"io"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/tribunebot/tribune/knowledge/format"
)

// packed is a pack of objects, each with its kind, the size that it claims and
// its bytes.
type packed struct {
	kind plumbing.ObjectType
	size int64 // 0: that of body
	body io.Reader
	n    int64
}

func text(s string) packed {
	return packed{kind: plumbing.BlobObject, body: strings.NewReader(s), n: int64(len(s))}
}

// zeros are n bytes, that take a thousandth of it in a pack.
func zeros(kind plumbing.ObjectType, n int64) packed {
	return packed{kind: kind, body: io.LimitReader(endless{}, n), n: n}
}

// claims is one that says it has n bytes, and has one.
func claims(kind plumbing.ObjectType, n int64) packed {
	return packed{kind: kind, size: n, body: strings.NewReader("x"), n: 1}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// delta is a difference from a base that is not there, with its two sizes.
func delta(base, target uint64) packed {
	body := binary.AppendUvarint(binary.AppendUvarint(nil, base), target)
	return packed{kind: plumbing.REFDeltaObject, body: bytes.NewReader(body), n: int64(len(body))}
}

// pack writes a pack as git-scm.com/docs/pack-format has it.
func pack(t *testing.T, objects ...packed) []byte {
	t.Helper()
	out := bytes.NewBufferString("PACK\x00\x00\x00\x02")
	binary.Write(out, binary.BigEndian, uint32(len(objects)))
	for _, o := range objects {
		size := o.n
		if o.size != 0 {
			size = o.size
		}
		head := byte(o.kind)<<4 | byte(size&0xF)
		for size >>= 4; size > 0; size >>= 7 {
			out.WriteByte(head | 0x80)
			head = byte(size & 0x7F)
		}
		out.WriteByte(head)
		if o.kind == plumbing.REFDeltaObject {
			out.Write(make([]byte, 20))
		}
		z := zlib.NewWriter(out)
		if _, err := io.Copy(z, o.body); err != nil {
			t.Fatal(err)
		}
		z.Close()
	}
	sum := sha1.Sum(out.Bytes())
	return append(out.Bytes(), sum[:]...)
}

func TestPacksThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pack []byte
		want error
	}{
		"small":              {pack(t, text("a"), text("b")), nil},
		"a large file":       {pack(t, zeros(plumbing.BlobObject, maxObject+1)), nil}, // it is left out when it is read
		"a huge file":        {pack(t, claims(plumbing.BlobObject, maxBlob+1)), errTooMuch},
		"a large folder":     {pack(t, claims(plumbing.TreeObject, maxObject+1)), errTooMuch},
		"a large commit":     {pack(t, claims(plumbing.CommitObject, maxObject+1)), errTooMuch},
		"a large difference": {pack(t, delta(10, 1<<40)), errTooMuch},
		"a large base":       {pack(t, delta(maxObject+1, 5)), errTooMuch},
		"a size without end": {pack(t, packed{kind: plumbing.REFDeltaObject, body: strings.NewReader(strings.Repeat("\xff", 50)), n: 50}), errTooMuch},
		"very many":          {append([]byte("PACK\x00\x00\x00\x02"), 0xff, 0xff, 0xff, 0xff), errTooMuch},
	} {
		if err := measure(bytes.NewReader(c.pack)); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	for name, broken := range map[string][]byte{
		"empty": nil, "cut off": pack(t, text("hello"))[:14], "no pack": []byte("<html>Sign in</html>"),
		"a size that is not true": pack(t, claims(plumbing.BlobObject, 1<<10)),
	} {
		if err := measure(bytes.NewReader(broken)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// TestADownloadIsBounded: what is too large leaves nothing in the cache.
func TestADownloadIsBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, Options{Dir: dir, MaxBytes: 1000}, "https://host.example/r.git")
	if err := sweep(dir); err != nil {
		t.Fatal(err)
	}
	store := openStore(dir)
	for name, c := range map[string]struct {
		from io.Reader
		want error
	}{
		"without end": {endless{}, errTooMuch},
		"a bomb":      {bytes.NewReader(pack(t, delta(5, 1<<40))), errTooMuch},
		"fits":        {bytes.NewReader(pack(t, text("hello"))), nil},
	} {
		if err := s.receive(c.from, store, dir); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, download+"*")); len(left) > 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
	for _, name := range []string{download + "1", filepath.Join("objects", "pack", "tmp_pack_1")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := sweep(dir); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "objects", "pack", "tmp_*")); len(left) > 0 {
		t.Errorf("after a kill: %v stays", left)
	}
}

func TestALargeFileIsLeftOut(t *testing.T) {
	t.Parallel()
	m := bare(t)
	m.commit("main", m.tree(m.file("a.md", "# A\n\ntext"), m.file("large.txt", strings.Repeat("a", format.MaxFile+1))))
	got := read(t, open(t, Options{}, m.dir))
	same(t, "ids", []string{"a.md"}, got.ids())
	if !strings.Contains(got.skipped["large.txt"], "50 MB") {
		t.Errorf("reason %q, %v", got.skipped["large.txt"], got.err)
	}
}

// run runs the git command in a folder.
func run(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=trunk"}, args...)...)
	cmd.Env = []string{"GIT_CONFIG_NOSYSTEM=1", "HOME=" + dir}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// TestGitItself gets repositories from the server that comes with Git, which
// unlike go-git's knows shallow clones and sidebands.
func TestGitItself(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed: its own server is not tried")
	}
	root := t.TempDir()
	work, repo := filepath.Join(root, "work"), filepath.Join(root, "team", "handbook.git")
	run(t, root, "init", "-q", work)
	write := func(name, body string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(work, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 6 {
		write("a.md", "# A\n\nversion "+strings.Repeat("x", i))
		write(string(rune('b'+i%5))+".md", "# B\n\n"+strings.Repeat("line\n", i+1))
		run(t, work, "add", ".")
		run(t, work, "commit", "-q", "-m", "m")
	}
	run(t, root, "clone", "-q", "--bare", work, repo)
	h := httptest.NewServer(&cgi.Handler{
		Path: program, Args: []string{"http-backend"}, Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "HOME=" + root}, Stderr: io.Discard,
	})
	defer h.Close()
	o := loopback(t)
	address := h.URL + "/team/handbook.git"
	got := read(t, open(t, o, address))
	if got.err != nil {
		t.Fatal(got.err)
	}
	same(t, "ids", []string{"a.md", "b.md", "c.md", "d.md", "e.md", "f.md"}, got.ids())
	shallow, err := filepath.Glob(filepath.Join(o.Dir, "*", "shallow"))
	if err != nil || len(shallow) != 1 {
		t.Errorf("the history was got too: %v", err)
	}
	for i := range 3 {
		write("a.md", "# A\n\nnew "+strings.Repeat("y", i))
		run(t, work, "rm", "-q", "--ignore-unmatch", "b.md")
		run(t, work, "add", ".")
		run(t, work, "commit", "-q", "-m", "m")
		run(t, work, "push", "-q", repo, "trunk")
		src := open(t, o, address)
		got := read(t, src)
		if got.err != nil {
			t.Fatal(got.err)
		}
		same(t, "ids", []string{"a.md", "c.md", "d.md", "e.md", "f.md"}, got.ids())
		same(t, "gone", true, src.Gone(h.URL+"/team/handbook/b.md"))
		if !strings.Contains(got.docs[0].Text, "new "+strings.Repeat("y", i)) {
			t.Errorf("text %q", got.docs[0].Text)
		}
	}
	// A server that may leave large files out is asked to.
	run(t, repo, "config", "uploadpack.allowFilter", "true")
	write("large.txt", strings.Repeat("0123456789", (format.MaxFile+2<<20)/10))
	run(t, work, "add", ".")
	run(t, work, "commit", "-q", "-m", "m")
	run(t, work, "push", "-q", repo, "trunk")
	large := read(t, open(t, o, address))
	if large.err != nil || len(large.docs) != 5 || !strings.Contains(large.skipped["large.txt"], "50 MB") {
		t.Errorf("a large file: %v, %v, %v", large.ids(), large.skipped, large.err)
	}
	run(t, work, "rm", "-q", "large.txt")
	run(t, work, "commit", "-q", "-m", "m")
	run(t, work, "push", "-q", repo, "trunk")
	run(t, work, "tag", "-a", "-m", "m", "v1")
	run(t, work, "push", "-q", repo, "v1")
	tagged := read(t, open(t, o, address+"#v1"))
	if tagged.err != nil || len(tagged.docs) != 5 {
		t.Errorf("a tag: %v, %v", tagged.ids(), tagged.err)
	}
	worktree := read(t, open(t, o, work+"#trunk"))
	if worktree.err != nil || len(worktree.docs) != 5 {
		t.Errorf("a repository with a work tree: %v, %v", worktree.ids(), worktree.err)
	}
	if got := read(t, open(t, o, h.URL+"/team/none.git")); got.err == nil || !strings.Contains(got.err.Error(), "check the address") {
		t.Errorf("no such repository: %v", got.err)
	}
}
