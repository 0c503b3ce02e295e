package weaviate_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// fake speaks as much of the REST API as is needed to fail in all the ways that
// a real server is hard to bring to. What works is tested against a real one.
type fake struct {
	*httptest.Server

	mu      sync.Mutex
	broken  func(w http.ResponseWriter, r *http.Request) bool // answers instead; nil: well
	objects map[string]map[string]any                         // by id, of all classes
	classes map[string]json.RawMessage
	deny    map[string]int // how often an object is refused inside a batch
	asked   int
	auth    string // last Authorization header
	body    string // of the last request
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{objects: map[string]map[string]any{}, classes: map[string]json.RawMessage{}, deny: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/.well-known/ready", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /v1/schema/{class}", f.getClass)
	mux.HandleFunc("POST /v1/schema", f.makeClass)
	mux.HandleFunc("GET /v1/objects/{class}/{id}", f.getObject)
	mux.HandleFunc("DELETE /v1/objects/{class}/{id}", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /v1/batch/objects", f.write)
	mux.HandleFunc("DELETE /v1/batch/objects", f.remove)
	mux.HandleFunc("POST /v1/graphql", f.search)
	f.Server = httptest.NewServer(f.guard(mux))
	t.Cleanup(f.Close)
	return f
}

// guard counts, and lets a test break what comes after.
func (f *fake) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		f.mu.Lock()
		f.asked++
		f.auth, f.body = r.Header.Get("Authorization"), string(body)
		broken := f.broken
		f.mu.Unlock()
		if broken == nil || !broken(w, r) {
			f.mu.Lock()
			defer f.mu.Unlock()
			next.ServeHTTP(w, r)
		}
	})
}

// breaks sets what answers instead; nil mends it.
func (f *fake) breaks(how func(w http.ResponseWriter, r *http.Request) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = how
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

// reply answers with JSON.
func reply(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(http.ErrAbortHandler) // the client is gone
	}
}

// vectors counts the passages that have a vector, and those that have none.
func (f *fake) vectors() (with, without int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range f.objects {
		p, _ := o["properties"].(map[string]any)
		text, _ := p["passage"].(string)
		switch _, has := o["vectors"]; {
		case !strings.Contains(text, `"collection":"`+knowledgetest.Office):
		case has:
			with++
		default:
			without++
		}
	}
	return with, without
}

func (f *fake) getClass(w http.ResponseWriter, r *http.Request) {
	c, ok := f.classes[r.PathValue("class")]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Write(c)
}

func (f *fake) makeClass(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var c struct{ Class string }
	json.Unmarshal(body, &c)
	f.classes[c.Class] = body
	w.Write(body)
}

func (f *fake) getObject(w http.ResponseWriter, r *http.Request) {
	o, ok := f.objects[r.PathValue("id")]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	reply(w, o)
}

func (f *fake) write(w http.ResponseWriter, r *http.Request) {
	var batch struct{ Objects []map[string]any }
	json.NewDecoder(r.Body).Decode(&batch)
	var out []map[string]any
	for _, o := range batch.Objects {
		id, _ := o["id"].(string)
		if f.deny[id] > 0 {
			f.deny[id]--
			fails := map[string]any{"error": []map[string]any{{"message": "no space\nleft: shard"}}}
			out = append(out, map[string]any{"id": id, "result": map[string]any{"status": "FAILED", "errors": fails}})
			continue
		}
		f.objects[id] = o
		out = append(out, map[string]any{"id": id, "result": map[string]any{"status": "SUCCESS"}})
	}
	reply(w, out)
}

func (f *fake) remove(w http.ResponseWriter, r *http.Request) {
	var d struct {
		Match struct {
			Where struct {
				ValueTextArray []string `json:"valueTextArray"`
			} `json:"where"`
		} `json:"match"`
	}
	json.NewDecoder(r.Body).Decode(&d)
	n := 0
	for _, id := range d.Match.Where.ValueTextArray {
		if _, ok := f.objects[id]; ok {
			delete(f.objects, id)
			n++
		}
	}
	reply(w, map[string]any{"results": map[string]any{"matches": n, "successful": n}})
}

// search returns every object that the query's collections have, whatever its
// words are.
func (f *fake) search(w http.ResponseWriter, r *http.Request) {
	var q struct{ Query string }
	json.NewDecoder(r.Body).Decode(&q)
	var hits []map[string]any
	for id, o := range f.objects {
		p, _ := o["properties"].(map[string]any)
		collection, _ := p["collection"].(string)
		if collection != "" && strings.Contains(q.Query, collection) {
			hits = append(hits, map[string]any{
				"passage": p["passage"], "hash": p["hash"], "_additional": map[string]any{"id": id, "score": "1.5"},
			})
		}
	}
	if rest, ok := strings.CutPrefix(q.Query, "{Aggregate{"); ok {
		class, _, _ := strings.Cut(rest, "(")
		count := []map[string]any{{"meta": map[string]any{"count": len(hits)}}}
		reply(w, map[string]any{"data": map[string]any{"Aggregate": map[string]any{class: count}}})
		return
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(q.Query, "{Get{"), ":")
	reply(w, map[string]any{"data": map[string]any{"Get": map[string]any{name: hits}}})
}
