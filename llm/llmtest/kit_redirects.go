package llmtest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

// testRedirects: a redirect is no answer. Whoever it names gets neither the key
// nor the prompt, and no word of it is repeated.
func testRedirects(t *testing.T, h Harness) {
	t.Helper()
	elsewhere := NewServer(t, Say("Caught."))
	for _, status := range []int{
		http.StatusMultipleChoices, http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
	} {
		step := Refuse(status, "")
		step.Body = `{"error":{"code":"insufficient_quota","message":"inside information"}}`
		step.Header = http.Header{"Location": {elsewhere.URL + "/v1/chat/completions"}, "Retry-After": {"60"}}
		client := edge.NewClient()
		t.Cleanup(client.CloseIdleConnections)
		server, m := h.start(t, Setup{Client: client}, step)
		for mode, err := range both(t, m, Ask(t, "Really?")) {
			e := ofKind(t, err, llm.BadResponse)
			if e.Status != status || e.After != 0 || strings.Contains(err.Error(), "inside") || strings.Contains(err.Error(), elsewhere.URL) {
				t.Errorf("%d, %s: %v (after %s)", status, mode, err, e.After)
			}
		}
		if n := len(server.Requests()); n != 2 {
			t.Errorf("%d: %d calls were made, want 2", status, n)
		}
	}
	if got := elsewhere.Requests(); len(got) > 0 {
		t.Errorf("the key and the prompt went on to %s: %v", got[0].Path, got[0].Header)
	}
}
