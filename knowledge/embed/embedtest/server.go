package embedtest

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/tribunebot/tribune/knowledge"
)

// Key is what a Server wants as its bearer token.
const Key = "sk-embedtest-0123456789abcdef"

// Server is an embeddings endpoint in OpenAI's shape, at URL + "/v1".
type Server struct {
	*httptest.Server

	Model *Model
	// MostTexts and MostBytes are the limits of a call and of a text; 0: none.
	MostTexts, MostBytes int
	// NoDimensions refuses requests that name "dimensions".
	NoDimensions bool
	// Base64 answers in base64 whatever is asked for.
	Base64 bool
	// Refuse refuses a call that has a text with this in it; empty: none.
	Refuse string
	// Fault is asked about each call, numbered from 1, and answers it itself
	// where it returns true. May be nil.
	Fault func(n int, w http.ResponseWriter, r *http.Request) bool
	// Change may change an answer before it is sent. May be nil.
	Change func(a *Answer)

	mu    sync.Mutex
	calls [][]string
}

// Answer is an answer in OpenAI's shape.
type Answer struct {
	Object string `json:"object"`
	Model  string `json:"model"`
	Data   []Item `json:"data"`
	Usage  struct {
		Prompt int `json:"prompt_tokens"`
		Total  int `json:"total_tokens"`
	} `json:"usage"`
}

// Item is one vector of an Answer: a list of numbers, or base64.
type Item struct {
	Object    string `json:"object"`
	Index     *int   `json:"index,omitempty"`
	Embedding any    `json:"embedding"`
}

// request is what a client sends.
type request struct {
	Model      string          `json:"model"`
	Input      json.RawMessage `json:"input"`
	Encoding   string          `json:"encoding_format"`
	Dimensions *int            `json:"dimensions"`
}

// NewServer starts a server that gives a model's vectors. Its fields may be set
// until the first call. Close it.
func NewServer(m *Model) *Server {
	s := &Server{Model: m}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	return s
}

// Base is the address for a client's options.
func (s *Server) Base() string { return s.URL + "/v1" }

// Calls are the texts of all calls so far, refused ones too.
func (s *Server) Calls() [][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	var req request
	if json.NewDecoder(r.Body).Decode(&req) != nil {
		refuse(w, http.StatusBadRequest, "not JSON")
		return
	}
	var texts []string
	if json.Unmarshal(req.Input, &texts) != nil {
		texts = make([]string, 1)
		_ = json.Unmarshal(req.Input, &texts[0]) // one text alone
	}
	s.mu.Lock()
	s.calls = append(s.calls, texts)
	n := len(s.calls)
	s.mu.Unlock()
	if s.Fault != nil && s.Fault(n, w, r) {
		return
	}
	if status, why := s.wrong(r, req, texts); status != 0 {
		refuse(w, status, why)
		return
	}
	s.answer(r.Context(), w, req, texts)
}

// wrong is why a request is refused.
func (s *Server) wrong(r *http.Request, req request, texts []string) (int, string) {
	switch {
	case r.URL.Path != "/v1/embeddings" || r.Method != http.MethodPost:
		return http.StatusNotFound, "no such route"
	case r.Header.Get("Authorization") != "Bearer "+Key:
		return http.StatusUnauthorized, "wrong key: " + r.Header.Get("Authorization")
	case s.NoDimensions && req.Dimensions != nil:
		return http.StatusBadRequest, "unknown parameter: dimensions"
	case req.Dimensions != nil && *req.Dimensions != s.Model.size():
		return http.StatusBadRequest, "dimensions is not supported: " + strconv.Itoa(*req.Dimensions)
	case s.MostTexts > 0 && len(texts) > s.MostTexts:
		return http.StatusBadRequest, "batch size is invalid: it should not be larger than " + strconv.Itoa(s.MostTexts)
	}
	for _, t := range texts {
		switch {
		case t == "":
			return http.StatusBadRequest, "input cannot be an empty string"
		case s.MostBytes > 0 && len(t) > s.MostBytes:
			return http.StatusRequestEntityTooLarge, "input has too many tokens"
		case s.Refuse != "" && strings.Contains(t, s.Refuse):
			return http.StatusBadRequest, "the input has content that may not be"
		}
	}
	return 0, ""
}

func (s *Server) answer(ctx context.Context, w http.ResponseWriter, req request, texts []string) {
	vectors, err := s.Model.Embed(ctx, texts)
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	a := Answer{Object: "list", Model: req.Model}
	for i, v := range vectors {
		item := Item{Object: "embedding", Index: &i, Embedding: v}
		if s.Base64 || req.Encoding == "base64" {
			item.Embedding = encode(v)
		}
		a.Data = append(a.Data, item)
	}
	if s.Change != nil {
		s.Change(&a)
	}
	send(w, http.StatusOK, a)
}

func refuse(w http.ResponseWriter, status int, message string) {
	send(w, status, map[string]map[string]string{"error": {"message": message, "code": strconv.Itoa(status)}})
}

func send(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(http.ErrAbortHandler) // the client has left
	}
}

func encode(v knowledge.Vector) string {
	raw := make([]byte, 0, 4*len(v))
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(raw)
}
