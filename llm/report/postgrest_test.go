package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// postgrest is a table request_logs behind PostgREST, with LiteLLM's columns.
type postgrest struct {
	*httptest.Server

	key string

	mu     sync.Mutex
	rows   map[string]map[string]json.RawMessage // by litellm_call_id, which is unique
	log    []string                              // what was written: "ids status"
	posts  int
	wrong  []string
	answer func(nth int) int // a status to answer with instead, 0 for none
}

func newPostgREST(t *testing.T) *postgrest {
	t.Helper()
	p := &postgrest{key: "service-role-key", rows: map[string]map[string]json.RawMessage{}}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

// ServeHTTP does an insert or an upsert.
func (p *postgrest) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.posts++
	var status int
	var code string
	switch {
	case p.answer != nil && p.answer(p.posts) != 0:
		status = p.answer(p.posts)
	case r.Header.Get("apikey") != p.key || r.Header.Get("Authorization") != "Bearer "+p.key:
		status, code = http.StatusUnauthorized, "PGRST301"
	case r.Method != http.MethodPost || r.URL.Path != "/rest/v1/request_logs" || r.Header.Get("Content-Type") != "application/json":
		status, code = http.StatusNotFound, "PGRST205"
	default:
		status, code = p.insert(r)
	}
	if code != "" {
		p.wrong = append(p.wrong, fmt.Sprint(status, " ", code))
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"code":%q,"message":"no","details":"Failing row contains (secret words)","hint":null}`, code)
		return
	}
	w.WriteHeader(status)
}

func (p *postgrest) insert(r *http.Request) (status int, code string) {
	body, _ := io.ReadAll(r.Body)
	var rows []map[string]json.RawMessage
	if json.Unmarshal(body, &rows) != nil {
		return http.StatusBadRequest, "PGRST102"
	}
	if code := p.check(rows); code != "" {
		return http.StatusBadRequest, code
	}
	prefer := r.Header.Get("Prefer")
	resolves := r.URL.Query().Get("on_conflict") == "litellm_call_id"
	merge := resolves && strings.Contains(prefer, "resolution=merge-duplicates")
	ignore := resolves && strings.Contains(prefer, "resolution=ignore-duplicates")
	inStatement := map[string]bool{}
	for _, row := range rows {
		id := string(row["litellm_call_id"])
		if merge && inStatement[id] {
			return http.StatusInternalServerError, "21000" // cannot affect row a second time
		}
		inStatement[id] = true
		if p.rows[id] != nil && !merge && !ignore {
			return http.StatusConflict, "23505"
		}
	}
	p.write(rows, ignore)
	return http.StatusCreated, ""
}

func (p *postgrest) check(rows []map[string]json.RawMessage) string {
	known := strings.Fields("id created_at model messages response end_user status error response_time total_cost additional_details litellm_call_id")
	for _, row := range rows {
		if !maps.EqualFunc(row, rows[0], func(_, _ json.RawMessage) bool { return true }) {
			return "PGRST102" // all object keys must match
		}
		for name := range row {
			if !slices.Contains(known, name) {
				return "PGRST204"
			}
		}
		var typed struct {
			Model  string   `json:"model"`
			User   *string  `json:"end_user"`
			Status string   `json:"status"`
			Time   *float64 `json:"response_time"`
			Cost   *float64 `json:"total_cost"`
			ID     string   `json:"litellm_call_id"`
		}
		text, err := json.Marshal(row)
		if err != nil || json.Unmarshal(text, &typed) != nil || strings.ContainsRune(typed.Model+typed.ID, 0) || typed.Model == "poison" {
			return "22P02"
		}
	}
	return ""
}

func (p *postgrest) write(rows []map[string]json.RawMessage, ignore bool) {
	var ids []string
	status := ""
	for _, row := range rows {
		id := string(row["litellm_call_id"])
		ids = append(ids, strings.Trim(id, `"`))
		status = strings.Trim(string(row["status"]), `"`)
		if p.rows[id] == nil {
			p.rows[id] = map[string]json.RawMessage{}
		} else if ignore {
			continue
		}
		maps.Copy(p.rows[id], row)
	}
	p.log = append(p.log, strings.Join(ids, ",")+" "+status)
}

// row shows a row as text.
func (p *postgrest) row(id string) map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	shown := map[string]string{}
	for name, value := range p.rows[`"`+id+`"`] {
		shown[name] = string(value)
	}
	return shown
}
