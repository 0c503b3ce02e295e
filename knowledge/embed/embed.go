// Package embed is the knowledge.Embedder of every endpoint that speaks OpenAI's
// embeddings protocol: Zhipu, OpenAI, DashScope, local servers, or the gateway.
//
// It learns what an endpoint bears: how many texts a call may have, how long a
// text may be, whether it knows "dimensions". A text that the endpoint refuses
// for what it says gets no vector, and stops no other.
package embed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/tribunebot/tribune/knowledge"
)

// Zhipu's endpoint, its model, and the length of vectors that it is asked for: of
// 256, 512, 1024 and 2048 the one that costs half of the longest. Documented at
// https://docs.bigmodel.cn/api-reference/模型-api/文本嵌入.
const (
	ZhipuBase       = "https://open.bigmodel.cn/api/paas/v4"
	ZhipuModel      = "embedding-3"
	ZhipuDimensions = 1024
)

const (
	// defaultBatch is the most texts that Zhipu takes in a call. OpenAI takes
	// 2048, DashScope 10: an endpoint that takes fewer is found out.
	defaultBatch = 64
	// batchBytes bounds the text of one call. OpenAI takes 300,000 tokens in
	// all; a token has three bytes or more, in Chinese too.
	batchBytes = 256 << 10
	// defaultText bounds one text, in bytes: two thirds of the 3072 tokens that
	// Zhipu takes, at three bytes a token. OpenAI and DashScope take 8192.
	defaultText = 6 << 10
	// leastText is the length below which a text is not refused for its length:
	// the shortest models read 512 tokens.
	leastText = 768
	// defaultParallel is how many calls are under way at a time.
	defaultParallel = 4
)

// Options say which endpoint. The zero value is Zhipu's, without a key.
type Options struct {
	Base  string // up to and without /embeddings; empty: Zhipu's
	Key   string // sent as a bearer token; empty: none is
	Model string // empty: embedding-3
	// Dimensions is the length of vectors to ask for; 0: what the model gives,
	// and 1024 of embedding-3.
	Dimensions int
	Client     *http.Client // nil: one of its own. Redirects are never followed.
	Batch      int          // most texts in a call; 0: 64
	Parallel   int          // most calls at a time within one Embed; 0: 4
	RPM        int          // most calls a minute; 0: no limit but the endpoint's own
	Timeout    time.Duration
	Now        func() time.Time                                 // nil: the real clock
	Sleep      func(ctx context.Context, d time.Duration) error // nil: really
	Log        *slog.Logger                                     // nil: no logging
}

// Client is a knowledge.Embedder. It may be used by several goroutines.
type Client struct {
	o       Options
	address string
	limit   *rate.Limiter
	pause   pause
	contact contact

	batch  atomic.Int64 // texts in a call
	text   atomic.Int64 // bytes of a text
	plain  atomic.Bool  // the endpoint does not know "dimensions"
	worked atomic.Bool  // it has given vectors
	length atomic.Int64 // of them; 0: not known yet
}

// New checks the options and fills in their defaults; it makes no call.
func New(o Options) (*Client, error) {
	o.Model = cmp.Or(o.Model, ZhipuModel)
	if o.Dimensions == 0 && o.Model == ZhipuModel {
		o.Dimensions = ZhipuDimensions
	}
	o.Batch, o.Parallel = cmp.Or(o.Batch, defaultBatch), cmp.Or(o.Parallel, defaultParallel)
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	if o.Dimensions < 0 || o.Dimensions > maxDimensions || o.Batch < 0 || o.Parallel < 0 || o.RPM < 0 {
		return nil, fmt.Errorf("embeddings: dimensions must be 0 to %d, batch, parallel calls and calls a minute not negative", maxDimensions)
	}
	base, err := url.Parse(cmp.Or(o.Base, ZhipuBase))
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, errors.New("embeddings: the address of the API is no http(s) URL: write it as in " + ZhipuBase)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Client = straight(o.Client)
	c := &Client{o: o, address: base.JoinPath("embeddings").String(), limit: rate.NewLimiter(rate.Inf, 1)}
	if o.RPM > 0 {
		c.limit = rate.NewLimiter(rate.Limit(float64(o.RPM)/60), 1)
	}
	c.batch.Store(int64(o.Batch))
	c.text.Store(defaultText)
	return c, nil
}

// maxDimensions is above every model there is.
const maxDimensions = 1 << 14

// Name implements knowledge.Embedder: the model and the length of its vectors,
// "embedding-3/1024". Where that is left to the model it is "bge-m3/default".
func (c *Client) Name() string {
	if c.o.Dimensions == 0 {
		return c.o.Model + "/default"
	}
	return c.o.Model + "/" + strconv.Itoa(c.o.Dimensions)
}

// Embed implements knowledge.Embedder. A text longer than the model reads is cut
// there. The vector of a text that the endpoint refuses to read is nil. Errors
// are of type *Error where the endpoint said no, and carry no secret.
//
// A single text, as a question is, does not wait for its turn where calls a
// minute are limited: it is counted all the same.
func (c *Client) Embed(ctx context.Context, texts []string) ([]knowledge.Vector, error) {
	out := make([]knowledge.Vector, len(texts))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.o.Parallel)
	for from, to := range c.batches(texts) {
		group.Go(func() error { return c.fill(ctx, texts[from:to], out[from:to]) })
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("embeddings of %s: %w", c.Name(), err)
	}
	return out, nil
}

// clean is what is sent for a text: valid, not empty, and no longer than what
// the endpoint reads.
func (c *Client) clean(text string) string {
	text = strings.ToValidUTF8(cut(text, int(c.text.Load())), "")
	if strings.TrimSpace(text) == "" {
		return "-" // an empty text is refused everywhere
	}
	return text
}
