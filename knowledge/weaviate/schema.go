package weaviate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// ErrSchema says that a class of the cluster is not as this package makes it.
var ErrSchema = errors.New("the class in Weaviate is of another making")

// class is the part of a schema that this package sets and checks.
type class struct {
	Class               string                  `json:"class"`
	Description         string                  `json:"description,omitempty"`
	Properties          []property              `json:"properties"`
	InvertedIndexConfig inverted                `json:"invertedIndexConfig"`
	ReplicationConfig   replication             `json:"replicationConfig"`
	Vectorizer          string                  `json:"vectorizer,omitempty"`
	VectorIndexConfig   map[string]any          `json:"vectorIndexConfig,omitempty"`
	VectorConfig        map[string]vectorConfig `json:"vectorConfig,omitempty"`
}

type property struct {
	Name            string   `json:"name"`
	DataType        []string `json:"dataType"`
	Tokenization    string   `json:"tokenization"`
	IndexFilterable bool     `json:"indexFilterable"`
	IndexSearchable bool     `json:"indexSearchable"`
}

type inverted struct {
	BM25      bm25      `json:"bm25"`
	Stopwords stopwords `json:"stopwords"`
}

type bm25 struct {
	K1 float64 `json:"k1"`
	B  float64 `json:"b"`
}

type stopwords struct {
	Preset string `json:"preset"`
}

type replication struct {
	Factor           int    `json:"factor"`
	AsyncEnabled     bool   `json:"asyncEnabled"`
	DeletionStrategy string `json:"deletionStrategy,omitempty"`
}

type vectorConfig struct {
	Vectorizer        map[string]any `json:"vectorizer"`
	VectorIndexType   string         `json:"vectorIndexType"`
	VectorIndexConfig map[string]any `json:"vectorIndexConfig"`
}

// vectorName is the name of a class's vectors.
const vectorName = "meaning"

// roughK1 and roughB order the candidates, as in the embedded engine.
const (
	roughK1 = .8
	roughB  = .5
)

// text is a property that is kept but not indexed.
func text(name string) property {
	return property{Name: name, DataType: []string{"text"}, Tokenization: "field"}
}

// filterable is a property that is compared as a whole.
func filterable(name string) property {
	p := text(name)
	p.IndexFilterable = true
	return p
}

// passageClass is where the passages are.
func (e *Engine) passageClass() class {
	found := text(propTerms)
	found.Tokenization, found.IndexSearchable = "whitespace", true
	c := e.emptyClass(e.class, "passages of Tribune's documents")
	c.Properties = []property{found, filterable(propCollection), filterable(propDocument), filterable(propBucket), text(propPassage), text(propHash)}
	if e.o.Embedder == nil {
		return c
	}
	c.Vectorizer, c.VectorIndexConfig = "", nil
	c.VectorConfig = map[string]vectorConfig{vectorName: {
		Vectorizer:      map[string]any{"none": map[string]any{}},
		VectorIndexType: "hnsw",
		VectorIndexConfig: map[string]any{
			"distance": "cosine",
			"rq":       map[string]any{"enabled": true, "bits": 8},
		},
	}}
	return c
}

// stateClass is where it is kept how whole each collection is.
func (e *Engine) stateClass() class {
	c := e.emptyClass(e.state, "what Tribune has mirrored")
	c.Properties = []property{text(propName), text(propWhole), text(propPassages), text(propTag), text(propTable)}
	return c
}

func (e *Engine) emptyClass(name, description string) class {
	return class{
		Class: name, Description: description,
		InvertedIndexConfig: inverted{BM25: bm25{K1: roughK1, B: roughB}, Stopwords: stopwords{Preset: "none"}},
		ReplicationConfig:   e.replication(),
		Vectorizer:          "none",
		VectorIndexConfig:   map[string]any{"skip": true},
	}
}

// replication lets nodes that missed a write catch up without being asked, and
// the later of a write and a delete win: what was deleted must not come back.
func (e *Engine) replication() replication {
	if e.o.Replicas <= 1 {
		return replication{Factor: 1}
	}
	return replication{Factor: e.o.Replicas, AsyncEnabled: true, DeletionStrategy: "TimeBasedResolution"}
}

// schemaWait is how long the nodes have to agree on a class.
const schemaWait = 30 * time.Second

// ensure makes a class where it is missing and checks one that is there.
func (e *Engine) ensure(ctx context.Context, want class) error {
	have, err := e.readClass(ctx, want.Class)
	if isStatus(err, http.StatusNotFound) {
		create := request{method: http.MethodPost, path: "/v1/schema", body: want, timeout: schemaWait}
		// Another process may have been faster: what counts is what is there.
		made := e.cluster.do(ctx, create, nil)
		if have, err = e.readClass(ctx, want.Class); err != nil {
			return fmt.Errorf("make class %s: %w", want.Class, errors.Join(made, err))
		}
	}
	if err != nil {
		return fmt.Errorf("read class %s: %w", want.Class, err)
	}
	return compare(want, have)
}

func (e *Engine) readClass(ctx context.Context, name string) (class, error) {
	var c class
	err := e.cluster.do(ctx, request{method: http.MethodGet, path: "/v1/schema/" + name, timeout: schemaWait}, &c)
	return c, err
}

// compare says how a class differs in what searches rest on. More properties,
// and other numbers of replicas and shards, are an operator's to choose.
func compare(want, have class) error {
	var wrong []string
	for _, w := range want.Properties {
		h, ok := findProperty(have, w.Name)
		switch {
		case !ok:
			wrong = append(wrong, "property "+w.Name+" is missing")
		case len(h.DataType) != 1 || h.DataType[0] != "text":
			wrong = append(wrong, "property "+w.Name+" is no text")
		case h.Tokenization != w.Tokenization:
			wrong = append(wrong, fmt.Sprintf("property %s has tokenization %s, not %s", w.Name, line(h.Tokenization), w.Tokenization))
		case w.IndexFilterable && !h.IndexFilterable || w.IndexSearchable && !h.IndexSearchable:
			wrong = append(wrong, "property "+w.Name+" has no index")
		}
	}
	if have.InvertedIndexConfig.Stopwords.Preset != want.InvertedIndexConfig.Stopwords.Preset {
		wrong = append(wrong, "stop words are left out")
	}
	for name := range want.VectorConfig {
		if _, ok := have.VectorConfig[name]; !ok {
			wrong = append(wrong, "vector "+name+" is missing")
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s: %s: delete it (DELETE /v1/schema/%s) and feed the documents again, or choose another prefix",
		ErrSchema, want.Class, strings.Join(wrong, "; "), want.Class)
}

func findProperty(c class, name string) (property, bool) {
	for _, p := range c.Properties {
		if p.Name == name {
			return p, true
		}
	}
	return property{}, false
}
