package git

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/source/guard"
)

// loopback allows this machine's servers, and keeps repositories in a folder.
func loopback(t *testing.T) Options {
	t.Helper()
	return Options{Dir: t.TempDir(), Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
}

func open(t *testing.T, o Options, addresses ...string) *source {
	t.Helper()
	src, err := New(addresses, o)
	if err != nil {
		t.Fatal(err)
	}
	return src.(*source)
}

// outcome is what a source gave.
type outcome struct {
	docs    []knowledge.Document
	skipped map[string]string
	kept    []string // origins that are not to be pruned
	err     error
}

func (o outcome) ids() []string {
	ids := []string{}
	for _, d := range o.docs {
		ids = append(ids, d.ID)
	}
	return ids
}

func read(t *testing.T, src knowledge.Source) outcome {
	t.Helper()
	out := outcome{skipped: map[string]string{}}
	for doc, err := range src.Documents(t.Context()) {
		if s, ok := errors.AsType[*knowledge.Skipped](err); ok {
			out.skipped[s.Document] = s.Reason
			if !s.Foreign {
				out.kept = append(out.kept, doc.Origin)
			}
			continue
		}
		if err != nil {
			out.err = err
			continue
		}
		out.docs = append(out.docs, doc)
	}
	return out
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestFilesOfALocalRepository(t *testing.T) {
	t.Parallel()
	m := bare(t)
	m.commit("main", m.tree(
		m.file("README.md", "# Handbook\n\nHow we work.\n"), m.file("logo.png", "\x89PNG"), m.file(".hidden.md", "x"),
		m.folder("docs", m.file("fees.txt", "Fees are due."), m.file("a.html", "<html><head><title>A</title></head><body><main><p>A page with text.</p></main></body></html>")),
		m.folder("node_modules", m.file("x.md", "x")), m.folder(".git", m.file("x.md", "x")),
	))
	m.commit("v1.x/old", m.tree(m.file("old.md", "# Old\n\ntext")))
	src := open(t, Options{}, "file://"+m.dir)
	got := read(t, src)
	if got.err != nil {
		t.Fatal(got.err)
	}
	same(t, "ids", []string{"README.md", "docs/a.html", "docs/fees.txt"}, got.ids())
	d := got.docs[0]
	base := "file://" + filepath.ToSlash(m.dir)
	same(t, "document", []any{"Handbook", base + "/README.md", "", true, true}, []any{d.Title, d.Origin, d.URL, d.Markdown, d.UpdatedAt.Equal(m.now.Add(-3600e9))})
	if got.skipped["logo.png"] == "" || len(got.skipped) != 1 {
		t.Errorf("skipped %v", got.skipped)
	}
	same(t, "covers", []bool{true, false, false}, []bool{src.Covers(base + "/x.md"), src.Covers(base), src.Covers("/etc/x.md")})
	same(t, "gone", []bool{true, false, false, false}, []bool{src.Gone(base + "/x.md"), src.Gone(base + "/README.md"), src.Gone(base + "/docs"), src.Gone("/etc/x.md")})

	part := read(t, open(t, Options{}, m.dir+"#:docs"))
	same(t, "a folder", []string{"a.html", "fees.txt"}, part.ids())
	same(t, "a folder's origins", base+"/docs/a.html", part.docs[0].Origin)
	branch := read(t, open(t, Options{}, m.dir+"#v1.x/old"))
	same(t, "a branch", []string{base + "#v1.x/old/old.md"}, []string{branch.docs[0].Origin})
	for part, want := range map[string]string{"#none": `no branch and no tag "none"`, "#main:none": `no folder "none"`} {
		if got := read(t, open(t, Options{}, m.dir+part)); got.err == nil || !strings.Contains(got.err.Error(), want) {
			t.Errorf("%s: %v", part, got.err)
		}
	}
	if got := read(t, open(t, Options{}, filepath.Join(t.TempDir(), "x.git"))); got.err == nil || !strings.Contains(got.err.Error(), "check the path") {
		t.Errorf("no repository: %v", got.err)
	}
}

func TestARepositoryOfAHost(t *testing.T) {
	t.Parallel()
	m := bare(t)
	m.commit("main", m.tree(m.file("a.md", "# A\n\none"), m.file("b.md", "# B\n\ntwo")))
	h := serve(t, filepath.Dir(m.dir))
	o := loopback(t)
	address := h.URL + "/" + filepath.Base(m.dir) + ".git"
	if err := os.Rename(m.dir, m.dir+".git"); err != nil {
		t.Fatal(err)
	}
	m.dir += ".git"
	m.store = openStore(m.dir)
	first := read(t, open(t, o, address))
	if first.err != nil {
		t.Fatal(first.err)
	}
	same(t, "ids", []string{"a.md", "b.md"}, first.ids())
	same(t, "asked", []string{"GET", "POST"}, h.requests())
	read(t, open(t, o, address))
	same(t, "asked when nothing changed", []string{"GET"}, h.requests())

	m.commit("main", m.tree(m.file("a.md", "# A\n\nchanged"), m.file("c.md", "# C\n\nthree")))
	src := open(t, o, address)
	second := read(t, src)
	if second.err != nil {
		t.Fatal(second.err)
	}
	same(t, "ids after a commit", []string{"a.md", "c.md"}, second.ids())
	same(t, "gone", true, src.Gone(strings.TrimSuffix(address, ".git")+"/b.md"))
	if !strings.Contains(second.docs[0].Text, "changed") {
		t.Errorf("text %q", second.docs[0].Text)
	}

	// A cache that was damaged is got anew.
	packs, err := filepath.Glob(filepath.Join(o.Dir, "*", "objects", "pack", "*"))
	if err != nil || len(packs) == 0 {
		t.Fatal("no cache", err)
	}
	for _, p := range packs {
		os.Chmod(p, 0o600)
		if err := os.WriteFile(p, []byte("damaged"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, open(t, o, address)); got.err != nil || len(got.docs) != 2 {
		t.Errorf("after damage: %v, %v", got.ids(), got.err)
	}
	h.Close()
	down := open(t, o, address)
	if got := read(t, down); got.err == nil || len(got.docs) > 0 || down.Gone(strings.TrimSuffix(address, ".git")+"/b.md") {
		t.Errorf("a host that is down: %v, %v", got.ids(), got.err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	m := bare(t)
	m.commit("main", m.tree(m.file("a.md", "# A\n\none")))
	h := serve(t, filepath.Dir(m.dir))
	h.token = "canary-51f2"
	address := h.URL + "/" + filepath.Base(m.dir) + ".git"
	o := loopback(t)
	asked := ""
	o.Token = func(host string) string { asked = host; return "canary-51f2" }
	got := read(t, open(t, o, address))
	if got.err == nil || !strings.Contains(got.err.Error(), "token") || strings.Contains(got.err.Error(), "canary") || asked != "" {
		t.Errorf("over HTTP no token is sent: %v", got.err)
	}
	s := open(t, o, "https://git.example/team/repo.git")
	same(t, "token over HTTPS", "canary-51f2", s.token(s.repos[0]))
	err := s.redact(s.repos[0], errors.New("bad canary-51f2"))
	same(t, "redacted", "bad …", err.Error())
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://GitHub.com/team/repo.git":                   "https://github.com/team/repo",
		"git+https://host.example/team/repo":                 "https://host.example/team/repo",
		"https://host.example/team/repo.git#main:docs/guide": "https://host.example/team/repo#main/docs/guide",
		"https://host.example/team/repo.git#:docs":           "https://host.example/team/repo/docs",
		"git@github.com:team/repo.git":                       "ssh://github.com/team/repo",
		"ssh://git@host.example:2222/team/repo.git":          "ssh://host.example:2222/team/repo",
		"file:///srv/git/repo.git":                           "file:///srv/git/repo",
		"/srv/git/repo.git":                                  "file:///srv/git/repo",
	} {
		if !Is(address) {
			t.Errorf("%s is not taken for a repository", address)
		}
		r, err := parse(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		same(t, address, want, r.name())
	}
	for _, no := range []string{"https://docs.example.com/guide/", "./docs", "https://example.com/a.git.html", "notes.md", "slack://x.git"} {
		if Is(no) {
			t.Errorf("%s is taken for a repository", no)
		}
	}
	for _, bad := range []string{
		"", "git://host.example/repo.git", "https://user:secret@host.example/repo.git", "https://secret@host.example/repo.git", "https://host.example",
		"https://host.example/repo.git#main:../../etc", "https://host.example/repo.git#-x", "ssh://-oProxyCommand=x/repo.git",
		"ext::sh -c true", "https://127.0.0.1/repo.git", "http://[::1]/repo.git", "https://0x7f000001/repo.git", "file://host/repo.git", "a\nb.git",
	} {
		src, err := New([]string{bad}, Options{Dir: "x"})
		if err == nil && !strings.HasPrefix(bad, "ext::") {
			t.Errorf("%q is read: %s", bad, src.Name())
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error shows it: %v", bad, err)
		}
	}
	if _, err := New([]string{"https://host.example/r.git"}, Options{}); !errors.Is(err, errNoDir) {
		t.Errorf("without a folder: %v", err)
	}
	if _, err := New(nil, Options{}); !errors.Is(err, errNothing) {
		t.Errorf("without an address: %v", err)
	}
	s := open(t, Options{Dir: "x"}, "https://host.example/r.git")
	same(t, "by SSH too", []bool{true, false, true, false}, []bool{
		s.Same("https://host.example/r/a.md", "ssh://host.example/r/a.md"), s.Same("https://host.example/r/a.md", "https://host.example/r/b.md"), s.Same("/a", "/a"), s.Same("/a", "/b"),
	})
}

func TestLinks(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://github.com/team/repo.git":      "https://github.com/team/repo/blob/main/a%20b/c.md?plain=1",
		"git@github.com:team/repo.git":          "https://github.com/team/repo/blob/main/a%20b/c.md?plain=1",
		"https://gitlab.example:8443/g/s/r.git": "https://gitlab.example:8443/g/s/r/-/blob/main/a%20b/c.md?plain=1",
		"https://codeberg.org/team/repo.git":    "https://codeberg.org/team/repo/src/branch/main/a%20b/c.md?display=source",
		"https://bitbucket.org/team/repo.git":   "https://bitbucket.org/team/repo/src/main/a%20b/c.md",
		"https://git.example/team/repo.git":     "",
		"file:///srv/repo.git":                  "",
	} {
		r, err := parse(address)
		if err != nil {
			t.Fatal(err)
		}
		link, lines := r.link("main", "a b/c.md")
		same(t, address, want, link)
		if got := lines == knowledge.AnchorLine; got != strings.Contains(want, "=") {
			t.Errorf("%s: lines %t", address, got)
		}
	}
	same(t, "anchors", []knowledge.Anchor{knowledge.AnchorLine, knowledge.AnchorNone, knowledge.AnchorPage}, []knowledge.Anchor{
		anchor(knowledge.AnchorNone, knowledge.AnchorLine, "a.txt"), anchor(knowledge.AnchorHeading, knowledge.AnchorLine, "a.html"), anchor(knowledge.AnchorPage, knowledge.AnchorLine, "a.pdf"),
	})
}

// TestHostsThatAreNotPublic: remote repositories are reached through the guard.
func TestHostsThatAreNotPublic(t *testing.T) {
	t.Parallel()
	m := bare(t)
	h := serve(t, filepath.Dir(m.dir))
	port := h.URL[strings.LastIndexByte(h.URL, ':'):]
	for _, address := range []string{"http://localhost" + port + "/r.git", "ssh://git@localhost" + port + "/r.git", "git@127.0.0.1:r.git", "ssh://git@[::1]/r.git"} {
		got := read(t, open(t, Options{Dir: t.TempDir()}, address))
		if !errors.Is(got.err, guard.ErrPrivate) {
			t.Errorf("%s: %v", address, got.err)
		}
	}
	same(t, "requests", []string(nil), h.requests())
}

// TestHostileNames has names in trees that no program would write, and that
// would leave the folder if they were written.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	m := bare(t)
	evil := m.file("x", "# Evil\n\nowned")
	named := func(name string, mode filemode.FileMode) entry { return entry{name, mode, evil.hash} }
	m.commit("main", m.tree(
		named("../../evil.md", filemode.Regular), named("..", filemode.Regular), named(".", filemode.Regular), named("a\\b.md", filemode.Regular), named("a\nb.md", filemode.Regular),
		named("\xff.md", filemode.Regular), named("/etc/x.md", filemode.Regular),
		entry{"link.md", filemode.Symlink, m.put(plumbing.BlobObject, []byte("/etc/passwd"))},
		entry{"other", filemode.Submodule, plumbing.NewHash("1111111111111111111111111111111111111111")},
		m.folder(".git", m.folder("hooks", named("post-checkout", filemode.Executable))),
		m.file("big.txt", largeFile+"v1\noid sha256:1\nsize 5\n"), m.file("good.md", "# Good\n\ntext"), m.file("binary.md", "\x00\x01\x02"),
	))
	got := read(t, open(t, Options{}, m.dir))
	if got.err != nil {
		t.Fatal(got.err)
	}
	same(t, "ids", []string{"good.md"}, got.ids())
	for id, want := range map[string]string{"link.md": "links are not followed", "other": "another repository", "big.txt": "Git LFS"} {
		if !strings.Contains(got.skipped[id], want) {
			t.Errorf("%s: %q", id, got.skipped[id])
		}
	}
	for id := range got.skipped {
		if strings.ContainsAny(id, "\\\n\uFFFD") || strings.Contains(id, "..") {
			t.Errorf("a hostile name is shown: %q", id)
		}
	}
}

// TestATreeOfItself has folders of folders, ten in each: 10 to the power of 60
// files out of a few objects.
func TestATreeOfItself(t *testing.T) {
	t.Parallel()
	m := bare(t)
	last := m.tree(m.file("a.md", "# A\n\ntext"))
	for range 60 {
		var ten []entry
		for i := range 10 {
			ten = append(ten, entry{string(rune('a' + i)), filemode.Dir, last})
		}
		last = m.tree(ten...)
	}
	m.commit("main", last)
	got := read(t, open(t, Options{MaxFiles: 5000}, m.dir))
	if got.err != nil || len(got.docs) == 0 || len(got.docs) > 5000 {
		t.Errorf("%d documents, %v", len(got.docs), got.err)
	}
	same(t, "kept", []string{"file://" + filepath.ToSlash(m.dir)}, got.kept)
	for stop := 1; stop < 4; stop++ {
		n := 0
		for range open(t, Options{MaxFiles: 5000}, m.dir).Documents(t.Context()) {
			if n++; n == stop {
				break
			}
		}
		same(t, "documents", stop, n)
	}
}
