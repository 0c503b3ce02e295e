package webchat

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tribunebot/tribune/bots"
)

func TestQuestionIsHeard(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{webOptions(), terminalOptions()} {
		t.Run(o.Name, func(t *testing.T) {
			t.Parallel()
			f := start(t, o)
			response, got := send(t, http.MethodPost, f.url+"/questions",
				`{"conversation":"`+talk+`","id":"`+qid+`","text":" 加班费怎么算？","collections":["hr"],"group":"cheap"}`)
			if response.StatusCode != http.StatusAccepted || got != `{"id":"`+qid+`"}`+"\n" {
				t.Fatalf("status %d: %s", response.StatusCode, got)
			}
			want := bots.Question{
				ID:      o.Name + ":local:chat:" + qid,
				Thread:  bots.Thread{Platform: o.Name, Team: "local", Channel: "chat", Root: talk},
				Message: qid, Asker: "local", Text: " 加班费怎么算？", Visibility: bots.Direct,
				Collections: []string{"hr"}, Group: "cheap",
			}
			heard := f.inbox.next(t)
			if diff := cmp.Diff(want, heard, cmpopts.IgnoreFields(bots.Question{}, "AskedAt")); diff != "" {
				t.Error(diff)
			}
			if heard.AskedAt.IsZero() {
				t.Error("when it was asked is not said")
			}
			turns := f.fetch(t).Turns
			if len(turns) != 1 || turns[0].ID != qid || turns[0].Question != want.Text || turns[0].Final {
				t.Errorf("the conversation is %+v", turns)
			}
		})
	}
}

func TestQuestionTwice(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions())
	first := f.question(t, talk, qid, "How long is the notice period?")
	f.write(t, f.opened(t, first), bots.Content{Text: "One month.", Final: true})

	again, got := send(t, http.MethodPost, f.url+"/questions", body(t, talk, qid, first.Text))
	if again.StatusCode != http.StatusAccepted {
		t.Errorf("the same again: status %d: %s", again.StatusCode, got)
	}
	if len(f.inbox.heard) != 1 || f.inbox.calls != 2 {
		t.Errorf("%d questions in %d calls, want 1 in 2: whether it is new is the queue's to say", len(f.inbox.heard), f.inbox.calls)
	}
	if turns := f.fetch(t).Turns; len(turns) != 1 || !turns[0].Final {
		t.Errorf("the conversation is %+v", turns)
	}
	other, got := send(t, http.MethodPost, f.url+"/questions", body(t, talk, qid, "Something else?"))
	if other.StatusCode != http.StatusConflict || code(t, got) != "id_taken" {
		t.Errorf("another text under the same id: status %d: %s", other.StatusCode, got)
	}
}

func TestQuestionIsOnlyTakenOnceItIsOnDisk(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions())
	f.inbox.setErr(errors.New("the disk is full"))
	response, got := send(t, http.MethodPost, f.url+"/questions", body(t, talk, qid, "Anybody?"))
	if response.StatusCode != http.StatusServiceUnavailable || code(t, got) != "busy" || response.Header.Get("Retry-After") != "2" {
		t.Errorf("status %d, Retry-After %q: %s", response.StatusCode, response.Header.Get("Retry-After"), got)
	}
	if strings.Contains(got, "disk") {
		t.Errorf("the reply tells of our insides: %s", got)
	}
	if turns := f.fetch(t).Turns; len(turns) != 0 {
		t.Errorf("the conversation has a question that nobody will answer: %+v", turns)
	}
	f.inbox.setErr(nil)
	f.question(t, talk, qid, "Anybody?")
}

// A store that fails after the question is on disk costs nothing: the worker's
// Open puts the question into the conversation.
func TestQuestionIsRememberedByOpen(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions())
	f.store.failNext(func(func() (uint64, error)) (uint64, error) { return 0, errors.New("no quorum") })
	q := f.question(t, talk, qid, "Still there?")
	if turns := f.fetch(t).Turns; len(turns) != 0 {
		t.Fatalf("the store did not fail: %+v", turns)
	}
	f.opened(t, q)
	if turns := f.fetch(t).Turns; len(turns) != 1 || turns[0].Question != "Still there?" {
		t.Errorf("the conversation is %+v", turns)
	}
}

func TestBadQuestions(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions())
	tests := map[string]struct {
		body   string
		header []string
		status int
		code   string
	}{
		"nothing":           {body: "", status: 400, code: "bad_json"},
		"no JSON":           {body: "question=what", status: 400, code: "bad_json"},
		"cut JSON":          {body: `{"conversation":"` + talk, status: 400, code: "bad_json"},
		"a list":            {body: `["what"]`, status: 400, code: "bad_json"},
		"two objects":       {body: body(t, talk, qid, "what") + `{}`, status: 400, code: "bad_json"},
		"unknown field":     {body: `{"txet":"what"}`, status: 400, code: "bad_json"},
		"number for text":   {body: `{"text":1}`, status: 400, code: "bad_json"},
		"no conversation":   {body: body(t, "", qid, "what"), status: 400, code: "bad_conversation"},
		"guessable":         {body: body(t, "short", qid, "what"), status: 400, code: "bad_conversation"},
		"path for a name":   {body: body(t, "../../../../etc/passwd", qid, "what"), status: 400, code: "bad_conversation"},
		"colons in the id":  {body: body(t, talk, "web:local:chat:000000000", "what"), status: 400, code: "bad_id"},
		"wildcard":          {body: body(t, "chat.web.>............", qid, "what"), status: 400, code: "bad_conversation"},
		"too long an id":    {body: body(t, talk, strings.Repeat("a", 65), "what"), status: 400, code: "bad_id"},
		"empty":             {body: body(t, talk, qid, " \n\t "), status: 400, code: "empty_text"},
		"nameless wish":     {body: `{"conversation":"` + talk + `","id":"` + qid + `","text":"x","collections":[""]}`, status: 400, code: "bad_wish"},
		"a form":            {body: "text=what", header: []string{"Content-Type", "application/x-www-form-urlencoded"}, status: 415, code: "not_json"},
		"plain text":        {body: body(t, talk, qid, "what"), header: []string{"Content-Type", "text/plain"}, status: 415, code: "not_json"},
		"more than 4 MiB":   {body: body(t, talk, qid, strings.Repeat("a", 4<<20)), status: 413, code: "too_large"},
		"in Chinese":        {body: "", header: []string{"Accept-Language", "zh-CN"}, status: 400, code: "bad_json"},
		"a page of another": {body: body(t, talk, qid, "what"), header: []string{"Origin", "https://evil.example"}, status: 403, code: "cross_origin"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, got := send(t, http.MethodPost, f.url+"/questions", tt.body, tt.header...)
			if response.StatusCode != tt.status || code(t, got) != tt.code {
				t.Errorf("status %d, want %d %s: %s", response.StatusCode, tt.status, tt.code, got)
			}
			if name == "in Chinese" && !strings.Contains(got, "必须") {
				t.Errorf("not in Chinese: %s", got)
			}
		})
	}
	t.Cleanup(func() {
		if f.inbox.calls != 0 {
			t.Errorf("%d bad questions were heard", f.inbox.calls)
		}
	})
}

// code is the code of a refusal, which also has a sentence for people.
func code(t *testing.T, got string) string {
	t.Helper()
	var e errorBody
	if err := json.Unmarshal([]byte(got), &e); err != nil {
		t.Fatalf("no JSON: %v: %s", err, got)
	}
	if e.Error.Message == "" {
		t.Errorf("nothing is said: %s", got)
	}
	return e.Error.Code
}

func TestQuestionOfAMegabyte(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions())
	q := f.question(t, talk, qid, strings.Repeat("很长的问题", 70_000))
	if !q.Clipped || len(q.Text) > bots.MaxText || !utf8.ValidString(q.Text) {
		t.Errorf("clipped %v, %d bytes", q.Clipped, len(q.Text))
	}
	again, got := send(t, http.MethodPost, f.url+"/questions", body(t, talk, qid, strings.Repeat("很长的问题", 70_000)))
	if again.StatusCode != http.StatusAccepted {
		t.Errorf("the same again: status %d: %s", again.StatusCode, got)
	}
}

func TestConversationBelongsToWhoBeganIt(t *testing.T) {
	t.Parallel()
	o := webOptions()
	o.Allow = func(r *http.Request) (string, error) { return r.Header.Get("X-Asker"), nil }
	f := start(t, o)
	as := func(asker, method, path, text string) int {
		response, _ := send(t, method, f.url+path, text, "X-Asker", asker)
		return response.StatusCode
	}
	if got := as("ann", http.MethodPost, "/questions", body(t, talk, qid, "mine")); got != http.StatusAccepted {
		t.Fatalf("status %d", got)
	}
	for _, path := range []string{"/conversation?id=" + talk, "/events?conversation=" + talk} {
		if got := as("bob", http.MethodGet, path, ""); got != http.StatusForbidden {
			t.Errorf("%s of somebody else: status %d", path, got)
		}
	}
	if got := as("bob", http.MethodPost, "/questions", body(t, talk, "another-question-000001", "yours")); got != http.StatusForbidden {
		t.Errorf("a question into somebody else's conversation: status %d", got)
	}
	if got := as("", http.MethodGet, "/conversation?id="+talk, ""); got != http.StatusUnauthorized {
		t.Errorf("nobody: status %d", got)
	}
}
