package discordbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/tribunebot/tribune/bots"
)

const (
	// callTime is how long a call may take when its context has no deadline.
	callTime = 10 * time.Second
	// maxSleep is how long a call may wait inside the library for its bucket;
	// a longer wait becomes a Refusal, so that the worker can do something else.
	maxSleep = 2 * time.Second
	// maxAnswer bounds an answer of the API; a page of 100 messages is under 1 MiB.
	maxAnswer = 8 << 20
)

// apiError is an answer of the API that is no success, without the address it
// came from: addresses hold interaction tokens.
type apiError struct {
	status int
	code   int // Discord's own code; 0 where there is none
	text   string
}

func (e *apiError) Error() string {
	return fmt.Sprintf("discord answered %d (code %d): %s", e.status, e.code, e.text)
}

// Codes of the API that are told apart (topics/opcodes-and-status-codes, "JSON").
const (
	codeUnknownChannel     = 10003
	codeUnknownMessage     = 10008
	codeUnknownWebhook     = 10015
	codeUnknownInteraction = 10062
	codeAcknowledged       = 40060
	codeMissingAccess      = 50001
	codeWebhookToken       = 50027
)

// coded tells whether err is an answer with one of the codes.
func coded(err error, codes ...int) bool {
	e, ok := errors.AsType[*apiError](err)
	return ok && slices.Contains(codes, e.code)
}

// request is one call of the API.
type request struct {
	method, url string
	// bucket groups calls that share a limit; empty: the address. Addresses
	// with tokens must not be buckets: the library keeps buckets for ever.
	bucket string
	body   any
}

// tokenBucket spreads interaction tokens over a fixed number of buckets.
func tokenBucket(token string) string {
	h := fnv.New32a()
	_, _ = io.WriteString(h, token)
	return "interaction/" + strconv.Itoa(int(h.Sum32()%256))
}

// call makes one call and decodes the answer into out (nil: not wanted). A
// *bots.Refusal says that it had no effect; any other error leaves that open.
func (b *Bot) call(ctx context.Context, r request, out any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, callTime, fmt.Errorf("discord did not answer in %s", callTime))
	defer cancel()
	if r.bucket == "" {
		r.bucket = strings.SplitN(r.url, "?", 2)[0]
	}
	if wait := b.full(r.bucket); wait > maxSleep {
		return &bots.Refusal{After: wait, Err: errors.New("discord's rate limit for this route is used up")}
	}
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() { // the library may sleep for the limit, whatever ctx says
		data, err := b.rest.RequestWithBucketID(r.method, r.url, r.body, r.bucket, discordgo.WithContext(ctx))
		done <- result{data, err}
	}()
	select {
	case <-ctx.Done():
		return fmt.Errorf("discord: %s: %w", r.method, context.Cause(ctx))
	case got := <-done:
		if got.err != nil {
			return classify(got.err)
		}
		return decode(got.data, out)
	}
}

func decode(data []byte, out any) error {
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("discord: unreadable answer: %w", err)
	}
	return nil
}

// full is how long a bucket has no room. A bucket in use is not looked at: its
// call will tell.
func (b *Bot) full(bucket string) time.Duration {
	k := b.rest.Ratelimiter.GetBucket(bucket)
	if !k.TryLock() {
		return 0
	}
	defer k.Unlock()
	return b.rest.Ratelimiter.GetWaitTime(k, 1)
}

// classify makes of the library's errors what the ports know. No text of theirs
// is kept that could hold a token.
func classify(err error) error {
	if limit, ok := errors.AsType[*discordgo.RateLimitError](err); ok {
		return &bots.Refusal{After: max(limit.RetryAfter, time.Second/10), Err: errors.New("discord's rate limit")}
	}
	if rest, ok := errors.AsType[*discordgo.RESTError](err); ok {
		return refusal(rest)
	}
	if lost, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("discord: %s: %w", lost.Op, lost.Err)
	}
	return fmt.Errorf("discord: %s", firstLine(err))
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line[:min(len(line), 200)]
}

// refusal tells the answers that are final from those that another try may
// change. A server error is none of them: its effect is unknown.
func refusal(rest *discordgo.RESTError) error {
	e := &apiError{status: rest.Response.StatusCode, text: http.StatusText(rest.Response.StatusCode)}
	if rest.Message != nil {
		e.code, e.text = rest.Message.Code, rest.Message.Message
	}
	if e.status >= http.StatusInternalServerError {
		return e
	}
	return &bots.Refusal{Final: true, Err: e}
}

// transport sends what the library addresses to Discord to the API's address of
// the Options: the library's own addresses are fixed when the program starts.
func (b *Bot) transport() http.RoundTripper {
	next := b.o.HTTPClient.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		if rest, ok := strings.CutPrefix(r.URL.Path, "/api/"); ok && r.URL.Host == "discord.com" {
			r.URL.Scheme, r.URL.Host, r.Host = b.base.Scheme, b.base.Host, ""
			r.URL.Path = strings.TrimSuffix(b.base.Path, "/") + "/" + rest
			if raw, ok := strings.CutPrefix(r.URL.RawPath, "/api/"); ok {
				r.URL.RawPath = strings.TrimSuffix(b.base.EscapedPath(), "/") + "/" + raw
			}
		}
		resp, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		return bound(resp), nil
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// bound limits the answer's size, and gives a 429 without a JSON body (they come
// from the network in front of Discord) the body that the library wants.
func bound(resp *http.Response) *http.Response {
	body := resp.Body
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(body, maxAnswer), body}
	if resp.StatusCode != http.StatusTooManyRequests || strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		return resp
	}
	after, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || after <= 0 {
		after = 5
	}
	_ = body.Close()
	resp.Body = io.NopCloser(strings.NewReader(fmt.Sprintf(`{"message":"rate limited","retry_after":%d}`, after)))
	return resp
}
