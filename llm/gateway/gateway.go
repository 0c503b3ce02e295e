package gateway

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/router"
)

// Catalog is what the gateway asks of a router beside completions:
// *router.Router.
type Catalog interface {
	// Groups are the names that requests may give.
	Groups() []router.Group
	// Deployments tells how the deployments stand.
	Deployments() []router.State
	// Has tells whether a request may call the name: a group, an alias, a
	// deployment's id, or a name that a pattern stands for.
	Has(name string) bool
	// Resolve returns the groups that serve requests of this name; instead says
	// that they do so only because nobody knows it.
	Resolve(name string) (groups []string, instead bool)
}

// Defaults of the Options.
const (
	// DefaultMaxBody fits a prompt of a million tokens and some images.
	DefaultMaxBody = 20 << 20
	// DefaultBodyTimeout is how long a client may take to send its body.
	DefaultBodyTimeout = time.Minute
	// DefaultWriteTimeout is how long a client may leave what was sent unread.
	DefaultWriteTimeout = time.Minute
	// DefaultPing is below the 30 to 60 seconds after which common proxies
	// cut a connection on which nothing is said.
	DefaultPing = 15 * time.Second
)

// Options are what a Gateway is made of.
type Options struct {
	Model   llm.Model // the router; required
	Catalog Catalog   // the router's list of models; required

	// KeyHeader is a header that may carry the key beside the usual ones
	// (litellm_key_header_name), with or without "Bearer": where it is sent the
	// others are not looked at. Empty: none.
	KeyHeader string
	// MasterKey is the operator's: it may call every model and administers
	// the virtual keys. Empty: nobody is the operator.
	MasterKey string
	// Keys are the virtual keys; nil: there are none.
	Keys llm.Keys
	// Levels tells how a key's limits stand, for headers and /key/info: the
	// router's *quota.Book. Nil: nothing is told.
	Levels Levels
	// Spend is what the key with this hash has spent in dollars, as far as it
	// is known: it is asked for keys without a budget. Nil: nothing is known.
	Spend func(ctx context.Context, hash string) (float64, bool)
	// Open lets callers without a known key use the models, as nobody in
	// particular and without limits of their own. It never opens the
	// administration.
	Open bool

	// RequireUser refuses requests that do not say for whom they are
	// (enforce_user_param).
	RequireUser bool
	// ForwardHeaders passes a client's x- headers on to the provider
	// (forward_client_headers_to_llm_api), but for those that look like
	// credentials, tell of the client's way here, or are meant for a gateway.
	ForwardHeaders bool

	// Own gives models that are no group of the router's, such as the one
	// that answers with retrieval; nil: none. OwnNames lists those that may be
	// shown to whoever the labels say asks: the labels that a request of
	// theirs would have.
	Own      func(name string) (llm.Model, bool)
	OwnNames func(ctx context.Context, labels map[string]string) []string

	// ProbeEvery is how often Watch calls each deployment
	// (background_health_checks and health_check_interval); 0: never.
	ProbeEvery time.Duration
	// HideHealth keeps addresses, errors and times out of /health
	// (health_check_details: false).
	HideHealth bool

	// Refused is told of each request that was answered without asking a
	// model; nil: nobody is. It must not block.
	Refused func(ctx context.Context, r Refusal)

	Version      string           // for the x-litellm-version header
	MaxBody      int64            // bytes of a request; default DefaultMaxBody
	MaxBodies    int64            // bytes of all large requests at a time; default 16 of MaxBody
	BodyTimeout  time.Duration    // default DefaultBodyTimeout
	WriteTimeout time.Duration    // default DefaultWriteTimeout
	Ping         time.Duration    // of silence in a stream before a comment is sent; default DefaultPing
	Now          func() time.Time // default time.Now
	Log          *slog.Logger     // default: none
}

// Refusal is a request that was answered without asking a model.
type Refusal struct {
	Path    string // one of the gateway's own, without /v1, or empty
	Model   string // as it was asked for, when it is one that exists
	Status  int
	Type    string // of the error
	Code    string // of the error; may be empty
	Class   string // LiteLLM's exception for it: "AuthenticationError"
	Key     string // alias of the virtual key, where it was known
	KeyHash string
}

// Gateway is an http.Handler.
type Gateway struct {
	Options

	master   [sha256.Size]byte
	routes   map[string]route
	switches map[string]reader
	room     *semaphore.Weighted // for large bodies
	probes   probes
	passed   passed
}

// New checks the options and fills in their defaults.
func New(o Options) (*Gateway, error) {
	if o.Model == nil || o.Catalog == nil {
		return nil, errors.New("gateway: it needs a router")
	}
	o = o.orDefault()
	o.KeyHeader = http.CanonicalHeaderKey(o.KeyHeader)
	return &Gateway{
		Options:  o,
		master:   sha256.Sum256([]byte(o.MasterKey)),
		routes:   routes(),
		switches: switches(),
		room:     semaphore.NewWeighted(o.MaxBodies),
	}, nil
}

func (o Options) orDefault() Options {
	if o.MaxBody <= 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.MaxBodies <= 0 {
		o.MaxBodies = 16 * o.MaxBody
	}
	if o.BodyTimeout <= 0 {
		o.BodyTimeout = DefaultBodyTimeout
	}
	if o.WriteTimeout <= 0 {
		o.WriteTimeout = DefaultWriteTimeout
	}
	if o.Ping <= 0 {
		o.Ping = DefaultPing
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := &exchange{gateway: g, w: w, r: r, began: g.Now(), id: newID(), shape: openaiShape{}}
	e.setHeader("X-Litellm-Call-Id", e.id)
	e.setHeader("X-Litellm-Version", g.Version)
	defer e.keepRoom(0)
	defer e.recover(r.Context())
	route, ok := g.find(e)
	if !ok {
		e.refuse(r.Context(), nothingHere())
		return
	}
	e.shape = route.shape
	if _, ok := e.shape.(anthropicShape); ok {
		e.setHeader("Request-Id", e.id) // where Anthropic's clients look for it
	}
	if err := g.serve(e, route); err != nil {
		e.fail(r.Context(), err)
	}
}

func (g *Gateway) serve(e *exchange, route route) error {
	if e.r.Method != route.method {
		e.setHeader("Allow", route.method)
		return &problem{
			status: http.StatusMethodNotAllowed, kind: typeInvalid, code: "method_not_allowed",
			message: "this address takes " + route.method + " only",
		}
	}
	who, err := g.authenticate(e.r)
	if err != nil {
		return err
	}
	e.caller = who
	if route.admin && !who.master {
		return notAdmin()
	}
	return route.serve(g, e)
}

func nothingHere() *problem {
	return &problem{
		status: http.StatusNotFound, kind: typeInvalid, code: "not_found", message: "there is nothing at this address",
	}
}
