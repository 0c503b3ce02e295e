package claude

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

const (
	defaultBaseURL = "https://api.anthropic.com"
	// defaultMaxTokens is sent when the caller sets no limit, because the
	// Messages API requires one: some 6,000 English words, more than any
	// answer in a chat.
	defaultMaxTokens = 8192
)

// Options describe one deployment.
type Options struct {
	ID       string // the deployment's id; default Provider/Model
	Provider string // default "anthropic"
	Model    string // as Anthropic names it
	BaseURL  string // without /v1; default https://api.anthropic.com
	Key      string // sent as x-api-key; empty for endpoints that want none
	// Header is sent with every request, and wins over everything else: an
	// Authorization for endpoints that take a bearer token, anthropic-beta.
	Header http.Header

	// MaxTokens is the limit of an answer for callers that set none;
	// default 8192.
	MaxTokens int64

	// Fields go into every request that does not set them itself, in OpenAI's
	// words or Anthropic's: temperature, thinking ...
	Fields map[string]any
	// Drop are fields of a request that are never heeded, whoever set them.
	Drop []string

	// HTTPClient makes the calls; its Timeout should be 0. The default has a
	// connection pool of its own; deployments may share one edge.NewClient.
	HTTPClient *http.Client

	Timeout    time.Duration // for the whole call; default 10 minutes
	FirstToken time.Duration // until a stream's first token; default 60 seconds
	Idle       time.Duration // between two tokens; default 60 seconds
	MaxBytes   int64         // of an answer; default 32 MiB
	Room       *edge.Room    // that large answers of all deployments share; nil: no bound in common

	Log *slog.Logger     // default: none
	Now func() time.Time // for Retry-After dates and "created"; default time.Now
}

// orDefault checks the options and fills in their defaults.
func (o Options) orDefault() (Options, error) {
	if o.Model == "" {
		return o, errors.New("claude: name the model to call")
	}
	o.BaseURL = strings.TrimSuffix(strings.TrimRight(cmp.Or(o.BaseURL, defaultBaseURL), "/"), "/v1")
	if u, err := url.Parse(o.BaseURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return o, fmt.Errorf("claude: the base address of %s must be an http(s) URL", cmp.Or(o.ID, o.Model))
	}
	o.Provider = cmp.Or(o.Provider, "anthropic")
	o.ID = cmp.Or(o.ID, o.Provider+"/"+o.Model)
	o.MaxTokens = cmp.Or(o.MaxTokens, defaultMaxTokens)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.HTTPClient == nil {
		o.HTTPClient = edge.NewClient()
	}
	return o, nil
}

// fixed is what is the same in every body: the model's name, and the fields
// that the deployment sets where a request does not.
func (o Options) fixed() (name []byte, defaults []llm.Member, err error) {
	for _, field := range slices.Sorted(maps.Keys(o.Fields)) {
		if o.Fields[field] == nil {
			continue
		}
		value, err := json.Marshal(o.Fields[field])
		if err != nil {
			return nil, nil, fmt.Errorf("claude: the field %s of %s cannot be written as JSON: %w", field, o.ID, err)
		}
		defaults = append(defaults, llm.Member{Name: field, Value: value})
	}
	name, err = json.Marshal(o.Model)
	return name, defaults, err
}
