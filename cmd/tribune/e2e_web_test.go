package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/bots"
)

const conversation = "conversation-of-a-test-0001"

// askWeb posts a question the way the page does.
func askWeb(t *testing.T, base, id, text string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"conversation": conversation, "id": id, "text": text})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/ui/chat/questions", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("HTTP %d", resp.StatusCode)
	}
}

// webTurn is a turn as the event stream tells it.
type webTurn struct {
	ID      string       `json:"id"`
	Content bots.Content `json:"content"`
	Final   bool         `json:"final"`
}

// follow reads the event stream until done says so.
func follow(t *testing.T, base string, done func(webTurn) bool) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/ui/chat/events?conversation="+conversation, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var state struct {
			webTurn
			Turns []webTurn `json:"turns"`
		}
		if err := json.Unmarshal([]byte(data), &state); err != nil {
			t.Fatalf("%v in %s", err, data)
		}
		if slices.ContainsFunc(append(state.Turns, state.webTurn), done) {
			return
		}
	}
	t.Fatalf("the stream ended: %v", lines.Err())
}

func TestEndToEndWebChat(t *testing.T) {
	t.Parallel()

	model, s := provider(t, quoteFirst())
	dir := t.TempDir()
	app := start(t, dir, s, Parts{})

	askWeb(t, app.base, "question-0000-0001", "公司恶意辞退怎么办？")
	askWeb(t, app.base, "question-0000-0001", "公司恶意辞退怎么办？")
	var first webTurn
	follow(t, app.base, func(turn webTurn) bool { first = turn; return turn.Final })
	if len(first.Content.Sources) != 1 || !strings.HasPrefix(first.Content.Sources[0].Ref, "zh/dismissal.md") {
		t.Errorf("first answer %+v", first.Content)
	}
	askWeb(t, app.base, "question-0000-0002", "那怀孕的呢？")
	follow(t, app.base, func(turn webTurn) bool { return turn.Final && turn.ID != first.ID })
	if n := len(model.Requests()); n != 2 {
		t.Fatalf("the model was asked %d times for two questions, one of them sent twice", n)
	}
	if prompt := model.Requests()[1].Prompt(); !strings.Contains(prompt, "公司恶意辞退怎么办") {
		t.Errorf("the follow-up was asked without the earlier turn:\n%s", prompt)
	}

	// A conversation outlives the server.
	app.stopped(t)
	again := start(t, dir, s, Parts{})
	follow(t, again.base, func(turn webTurn) bool {
		return turn.Final && turn.ID == first.ID && turn.Content.Text == first.Content.Text
	})
}

func TestEndToEndWebChatHugeQuestion(t *testing.T) {
	t.Parallel()

	app := start(t, t.TempDir(), nil, Parts{})
	askWeb(t, app.base, "question-0000-0009", strings.Repeat("加班费怎么算？", 1<<20/21))
	follow(t, app.base, func(turn webTurn) bool { return turn.Final && strings.Contains(turn.Content.Text, "太长") })
}

func TestEndToEndWebChatBeyondLoopbackNeedsTheKey(t *testing.T) {
	t.Parallel()

	app := start(t, t.TempDir(), settings{"TRIBUNE_PUBLIC_URL": "https://ask.example.com", "LITELLM_MASTER_KEY": "sk-master-canary-0002"}, Parts{})
	for key, want := range map[string]int{"": http.StatusUnauthorized, "Bearer wrong": http.StatusUnauthorized, "Bearer sk-master-canary-0002": http.StatusAccepted} {
		body := strings.NewReader(`{"conversation":"` + conversation + `","id":"question-0000-0001","text":"hi"}`)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, app.base+"/ui/chat/questions", body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		if key != "" {
			req.Header.Set("Authorization", key)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("with %q: HTTP %d, want %d", key, resp.StatusCode, want)
		}
	}
}

func TestEndToEndAdminNeedsTheKey(t *testing.T) {
	t.Parallel()

	app := start(t, t.TempDir(), settings{"LITELLM_MASTER_KEY": "sk-master-canary-0003"}, Parts{})
	for key, want := range map[string]int{"": 401, "Bearer ": 401, "Bearer sk-master-canary-0004": 401, "Basic x": 401, "Bearer sk-master-canary-0003": 200} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, app.base+"/admin/queue", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("with %q: HTTP %d, want %d", key, resp.StatusCode, want)
		}
	}
}
