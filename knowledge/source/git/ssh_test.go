package git

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/server"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// sshKey is a new key, and itself in PEM.
func sshKey(t *testing.T) (ssh.Signer, []byte) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	return signer, pem.EncodeToMemory(block)
}

// sshHost serves the repositories below a folder to who has a key. It returns
// its address.
func sshHost(t *testing.T, root string, host ssh.Signer, guest ssh.PublicKey) string {
	t.Helper()
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) != string(guest.Marshal()) {
			return nil, ssh.ErrNoAuth
		}
		return nil, nil
	}}
	config.AddHostKey(host)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	git := server.NewServer(server.NewFilesystemLoader(osfs.New(root, osfs.WithBoundOS())))
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				if _, channels, requests, err := ssh.NewServerConn(conn, config); err == nil {
					go ssh.DiscardRequests(requests)
					for c := range channels {
						sshSession(t, git, c)
					}
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return l.Addr().String()
}

// sshSession answers one git-upload-pack 'path'.
func sshSession(t *testing.T, git transport.Transport, c ssh.NewChannel) {
	t.Helper()
	channel, requests, err := c.Accept()
	if err != nil {
		return
	}
	defer channel.Close()
	for r := range requests {
		if r.Type != "exec" {
			r.Reply(r.Type == "env", nil)
			continue
		}
		r.Reply(true, nil)
		_, path, _ := strings.Cut(string(r.Payload[4:]), "'")
		endpoint, err := transport.NewEndpoint("file://" + strings.TrimSuffix(path, "'"))
		if err != nil {
			return
		}
		session, err := git.NewUploadPackSession(endpoint, nil)
		if err != nil {
			return
		}
		refs, err := session.AdvertisedReferencesContext(t.Context())
		if err != nil || refs.Encode(channel) != nil {
			return
		}
		req := packp.NewUploadPackRequest()
		if req.Decode(channel) != nil {
			return // it only wanted to know what is newest
		}
		resp, err := session.UploadPack(t.Context(), req)
		if err != nil || resp.Encode(channel) != nil {
			t.Errorf("upload pack: %v", err)
		}
		channel.SendRequest("exit-status", false, make([]byte, 4))
		return
	}
}

func TestOverSSH(t *testing.T) {
	t.Parallel()
	m := bare(t)
	m.commit("main", m.tree(m.file("a.md", "# A\n\none")))
	host, _ := sshKey(t)
	guest, private := sshKey(t)
	_, stranger := sshKey(t)
	at := sshHost(t, filepath.Dir(m.dir), host, guest.PublicKey())
	known := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(known, []byte(knownhosts.Line([]string{at}, host.PublicKey())+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	other, _ := sshKey(t)
	wrong := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(wrong, []byte(knownhosts.Line([]string{at}, other.PublicKey())+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	address := "ssh://git@" + at + "/" + filepath.Base(m.dir)
	for name, c := range map[string]struct {
		key   []byte
		hosts string
		want  string
	}{
		"known":               {private, known, ""},
		"another key":         {stranger, known, "unable to authenticate"},
		"another host's key":  {private, wrong, "key mismatch"},
		"no key at all":       {[]byte("canary-7731"), known, "give it in PEM"},
		"no such known hosts": {private, filepath.Join(t.TempDir(), "none"), "can't be read"},
	} {
		o := loopback(t)
		o.Key, o.KnownHosts = c.key, []string{c.hosts}
		for range 2 { // the second time nothing has changed
			got := read(t, open(t, o, address))
			switch {
			case c.want == "" && (got.err != nil || len(got.docs) != 1):
				t.Errorf("%s: %v, %v", name, got.ids(), got.err)
			case c.want != "" && (got.err == nil || !strings.Contains(got.err.Error(), c.want)):
				t.Errorf("%s: %v", name, got.err)
			case got.err != nil && strings.Contains(got.err.Error(), "canary"):
				t.Errorf("%s: the error shows the key", name)
			}
		}
	}
}

// TestAnSSHHostThatSaysNothing takes the connection and is silent.
func TestAnSSHHostThatSaysNothing(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, private := sshKey(t)
	o := loopback(t)
	o.Key, o.Timeout = private, 50*time.Millisecond
	o.KnownHosts = []string{filepath.Join(t.TempDir(), "known_hosts")}
	if err := os.WriteFile(o.KnownHosts[0], nil, 0o600); err != nil {
		t.Fatal(err)
	}
	got := read(t, open(t, o, "ssh://git@"+l.Addr().String()+"/r.git"))
	if got.err == nil || !strings.Contains(got.err.Error(), "it did not come within 50ms") {
		t.Errorf("got %v", got.err)
	}
}
