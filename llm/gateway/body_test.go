package gateway

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/llm/llmtest"
)

func TestLargeBodies(t *testing.T) {
	t.Parallel()
	const limit = 256 << 10
	model := &listener{Model: llmtest.NewScript(llmtest.Say("Yes."))}
	s := server(t, open(t, model, func(o *Options) { o.MaxBody = limit }))
	frame := `{"model":"m","x":""}`
	for name, c := range map[string]struct {
		size    int
		chunked bool
		want    int
	}{
		"just fits":          {limit, false, 200},
		"just fits, chunked": {limit, true, 200},
		"one too many":       {limit + 1, false, 413},
		"chunked, too large": {limit + 1, true, 413},
	} {
		body := strings.Replace(frame, `""`, `"`+strings.Repeat("y", c.size-len(frame))+`"`, 1)
		var reader io.Reader = strings.NewReader(body)
		if c.chunked {
			reader = struct{ io.Reader }{reader}
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v1/chat/completions", reader)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+master)
		resp, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != c.want {
			t.Errorf("%s: status %d, want %d: %s", name, resp.StatusCode, c.want, answer)
			continue
		}
		if c.want == http.StatusOK {
			if string(model.got.Body) != body {
				t.Errorf("%s: another body arrived", name)
			}
			continue
		}
		if got, _ := readProblem(t, resp.StatusCode, resp.Header, answer); got.Code != "request_too_large" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestEncodedBodies(t *testing.T) {
	t.Parallel()
	g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), nil)
	if w := ask(t, g, http.MethodPost, "/v1/chat/completions", question, "Content-Encoding", "gzip"); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("status %d", w.Code)
	}
	if w := ask(t, g, http.MethodPost, "/v1/chat/completions", question, "Content-Type", "text/plain"); w.Code != http.StatusOK {
		t.Errorf("a body is what it is, whatever it is called: status %d", w.Code)
	}
}

// Nobody's key is read only after 20 MB of body.
func TestKeyComesBeforeTheBody(t *testing.T) {
	t.Parallel()
	g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), nil)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/chat/completions", unreadable{t})
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("status %d", w.Code)
	}
}

type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

// A client that sends its body a byte a minute must not hold a place.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	s := server(t, open(t, llmtest.NewScript(llmtest.Say("Yes.")), func(o *Options) { o.BodyTimeout = 30 * time.Millisecond }))
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 1000000\r\n\r\n{\"model\"", master)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := readProblem(t, resp.StatusCode, resp.Header, body); got.Status != http.StatusRequestTimeout {
		t.Errorf("got %+v", got)
	}
}

func TestReadAll(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 511, 512, firstRead - 1, firstRead, firstRead + 1, 3*firstRead + 7} {
		text := bytes.Repeat([]byte("z"), size)
		for _, length := range []int64{int64(size), -1, 1 << 40} {
			got, err := readAll(bytes.NewReader(text), length)
			if err != nil || !bytes.Equal(got, text) {
				t.Errorf("%d bytes, said to be %d: %d came, error %v", size, length, len(got), err)
			}
		}
	}
}

// Large requests wait for each other; small ones never do.
func TestRoomForLargeBodies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := llmtest.NewGate(llmtest.AtStart)
		g := open(t, llmtest.NewScript(llmtest.Say("Yes.").Hold(gate)), func(o *Options) { o.MaxBodies = 3 << 20 })
		large := `{"model":"m","x":"` + strings.Repeat("y", 2<<20) + `"}`
		status := make(chan int, 3)
		send := func(body string) { status <- ask(t, g, http.MethodPost, "/v1/chat/completions", body).Code }
		go send(large)
		<-gate.Reached()
		go send(large)
		go send(question)
		synctest.Wait()
		wait(DefaultBodyTimeout + time.Second)
		if got := <-status; got != http.StatusServiceUnavailable {
			t.Errorf("the second large request: status %d", got)
		}
		gate.Open()
		for range 2 {
			if got := <-status; got != http.StatusOK {
				t.Errorf("status %d", got)
			}
		}
		go send(large)
		if got := <-status; got != http.StatusOK {
			t.Errorf("after all had ended: status %d", got)
		}
	})
}
