package git

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/server"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// made is a bare repository that a test writes object by object, so that it can
// have what no good program would write.
type made struct {
	t     *testing.T
	dir   string
	store *filesystem.Storage
	now   time.Time
}

func bare(t *testing.T) *made {
	t.Helper()
	m := &made{t: t, dir: t.TempDir(), now: time.Date(2025, 5, 1, 12, 0, 0, 0, time.UTC)}
	m.store = openStore(m.dir)
	m.ref(plumbing.NewSymbolicReference(plumbing.HEAD, "refs/heads/main"))
	if err := m.store.SetConfig(config.NewConfig()); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *made) ref(r *plumbing.Reference) {
	m.t.Helper()
	if err := m.store.SetReference(r); err != nil {
		m.t.Fatal(err)
	}
}

// put writes an object.
func (m *made) put(kind plumbing.ObjectType, body []byte) plumbing.Hash {
	m.t.Helper()
	o := m.store.NewEncodedObject()
	o.SetType(kind)
	w, err := o.Writer()
	if err != nil {
		m.t.Fatal(err)
	}
	w.Write(body)
	w.Close()
	hash, err := m.store.SetEncodedObject(o)
	if err != nil {
		m.t.Fatal(err)
	}
	return hash
}

// entry is a file, or with a slash in its name one in a folder.
type entry struct {
	name string
	mode filemode.FileMode
	hash plumbing.Hash
}

func (m *made) file(name, body string) entry {
	m.t.Helper()
	return entry{name, filemode.Regular, m.put(plumbing.BlobObject, []byte(body))}
}

// tree writes a folder, as it is given, whatever the names.
func (m *made) tree(entries ...entry) plumbing.Hash {
	m.t.Helper()
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	var body bytes.Buffer
	for _, e := range entries {
		body.WriteString(strings.TrimLeft(e.mode.String(), "0") + " " + e.name + "\x00")
		body.Write(e.hash[:])
	}
	return m.put(plumbing.TreeObject, body.Bytes())
}

// folder is a folder in a folder.
func (m *made) folder(name string, entries ...entry) entry {
	m.t.Helper()
	return entry{name, filemode.Dir, m.tree(entries...)}
}

// commit makes a folder the newest commit of a branch.
func (m *made) commit(branch string, tree plumbing.Hash) plumbing.Hash {
	m.t.Helper()
	m.now = m.now.Add(time.Hour)
	who := object.Signature{Name: "A", Email: "a@example.com", When: m.now}
	c := &object.Commit{Author: who, Committer: who, Message: "m", TreeHash: tree}
	if old, err := m.store.Reference(plumbing.NewBranchReferenceName(branch)); err == nil {
		c.ParentHashes = []plumbing.Hash{old.Hash()}
	}
	o := m.store.NewEncodedObject()
	if err := c.Encode(o); err != nil {
		m.t.Fatal(err)
	}
	hash, err := m.store.SetEncodedObject(o)
	if err != nil {
		m.t.Fatal(err)
	}
	m.ref(plumbing.NewHashReference(plumbing.NewBranchReferenceName(branch), hash))
	return hash
}

// host is a Git host of a test's own, over HTTP, by go-git's server.
type host struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
	token string // "" lets everybody in
}

// serve starts a host whose repositories lie below a folder.
func serve(t *testing.T, root string) *host {
	t.Helper()
	h := &host{}
	loader := server.NewFilesystemLoader(osfs.New(root, osfs.WithBoundOS()))
	git := server.NewServer(loader)
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.asked = append(h.asked, r.Method)
		token := h.token
		h.mu.Unlock()
		if _, given, _ := r.BasicAuth(); token != given {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		h.answer(t, git, w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *host) answer(t *testing.T, git transport.Transport, w http.ResponseWriter, r *http.Request) {
	t.Helper()
	name, service, _ := strings.Cut(r.URL.Path, ".git/")
	endpoint, err := transport.NewEndpoint("file://" + name + ".git")
	if err != nil {
		t.Error(err)
		return
	}
	session, err := git.NewUploadPackSession(endpoint, nil)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	if service == "info/refs" {
		refs, err := session.AdvertisedReferencesContext(r.Context())
		if err != nil {
			t.Error(err)
			return
		}
		refs.Prefix = [][]byte{[]byte("# service=git-upload-pack"), {}}
		w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
		if err := refs.Encode(w); err != nil {
			t.Error(err)
		}
		return
	}
	req := packp.NewUploadPackRequest()
	if err := req.Decode(r.Body); err != nil {
		t.Error(err)
		return
	}
	resp, err := session.UploadPack(r.Context(), req)
	if err != nil {
		t.Error(err)
		return
	}
	if err := resp.Encode(w); err != nil {
		t.Error(err)
	}
}

// requests says how often it was asked with a method since the last time.
func (h *host) requests() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	asked := h.asked
	h.asked = nil
	return asked
}
