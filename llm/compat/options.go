package compat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tribunebot/tribune/llm/edge"
)

// Options describe one deployment.
//
// The shapes of the vendors need no more than this:
//
//	OpenAI, Gemini, Cohere  BaseURL, Key
//	Azure, /openai/v1       BaseURL "https://NAME.openai.azure.com/openai/v1", KeyHeader "api-key"
//	Azure, deployments      BaseURL "https://NAME.openai.azure.com/openai/deployments/DEPLOYMENT",
//	                        KeyHeader "api-key", Query "api-version"
//	Azure, Entra ID         as above, without Key, Sign sets the bearer token
//	Vertex AI               BaseURL ".../v1/projects/P/locations/L/endpoints/openapi", Sign
//	Bedrock                 BaseURL "https://bedrock-runtime.REGION.amazonaws.com/openai/v1", Key or Sign
type Options struct {
	ID       string // the deployment's id; default Provider/Model
	Provider string // the provider's prefix; default "openai"
	Model    string // as the provider names it
	// BaseURL is the address up to and without the endpoint's own path
	// (/chat/completions, /completions, /embeddings).
	BaseURL string
	// Query is added to every address: Azure's api-version. It never shows in
	// Served.APIBase, and its values, but for versions, count as secrets.
	Query url.Values
	// Key is sent as a Bearer token; empty for servers that want none.
	Key string
	// KeyHeader is the header that takes the key as it is, instead of
	// Authorization with "Bearer": "api-key" for Azure. Empty: Authorization.
	KeyHeader string
	// Header is sent with every request, and wins over everything else.
	Header http.Header
	// Sign is called on each request that goes out, after all its headers are
	// set, for vendors with a sign-in of their own. It may set headers; it
	// reads the body, if it signs that, through r.GetBody and never r.Body.
	// What it sets as Authorization is hidden in errors. An *llm.Error of its
	// is passed on as it is; any other is Unauthorised.
	Sign func(ctx context.Context, r *http.Request) error

	// Fields go into every request's body that does not set them itself: the
	// deployment's own temperature, max_tokens, extra_body ...
	Fields map[string]any
	// Drop are body fields that are never sent (LiteLLM's drop_params),
	// whoever set them.
	Drop []string
	// Quirks are what the endpoint does otherwise than OpenAI's; nil: what is
	// known of the Provider, see QuirksOf.
	Quirks *Quirks

	// HTTPClient makes the calls; its Timeout should be 0. It follows redirects
	// only if its CheckRedirect says so. The default has a connection pool of
	// its own; deployments may share one edge.NewClient.
	HTTPClient *http.Client

	Timeout    time.Duration // for the whole call; default 10 minutes
	FirstToken time.Duration // until a stream's first token; default 60 seconds
	Idle       time.Duration // between two tokens; default 60 seconds
	// MaxBytes bounds an answer; default 32 MiB, and 128 MiB for a stream,
	// which carries some 300 bytes for each token and is not kept.
	MaxBytes int64
	// Room is shared by the large answers of all deployments; nil: each has its
	// own bound only.
	Room *edge.Room

	Log *slog.Logger     // default: none
	Now func() time.Time // for Retry-After dates; default time.Now
}

// orDefault checks the options and fills in their defaults.
func (o Options) orDefault() (Options, error) {
	if o.Model == "" {
		return o, errors.New("compat: name the model to call")
	}
	if u, err := url.Parse(o.BaseURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return o, fmt.Errorf("compat: the base address of %s must be an http(s) URL", cmp.Or(o.ID, o.Model))
	}
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	o.Provider = cmp.Or(o.Provider, "openai")
	o.ID = cmp.Or(o.ID, o.Provider+"/"+o.Model)
	if o.Quirks == nil {
		o.Quirks = new(QuirksOf(o.Provider))
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.HTTPClient == nil {
		o.HTTPClient = edge.NewClient()
	}
	o.HTTPClient = edge.Straight(o.HTTPClient)
	return o, nil
}

// secrets are what must not appear in an error. Of the address's query all but
// a version may be one.
func (o Options) secrets() []string {
	secrets := edge.Secrets(o.Key, o.Header)
	for name, values := range o.Query {
		if !strings.HasSuffix(name, "version") {
			for _, v := range values {
				secrets = append(secrets, v, url.QueryEscape(v))
			}
		}
	}
	return secrets
}
