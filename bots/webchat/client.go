package webchat

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// Client asks a running server, as a terminal does.
type Client struct {
	URL  string       // of Options.Path: "http://127.0.0.1:4000/admin/chat"
	Key  string       // sent as a Bearer token; empty: none
	HTTP *http.Client // nil: http.DefaultClient. Its Timeout must be 0: streams last
	// Wait is the time between attempts; 0: one second.
	Wait time.Duration
}

// attempts is how often in a row a server may fail before a Client gives up.
const attempts = 8

// maxLineOfEvent bounds one line of an event stream: a whole conversation's
// state, with its texts in JSON.
const maxLineOfEvent = 4 << 20

// refusedError is a refusal that trying again does not change.
type refusedError struct{ message string }

func (e *refusedError) Error() string { return "the server refused: " + e.message }

// Ask asks and yields what the answer shows, each time it changed, until a
// final content or an error. Missing names in a are made up. Lost connections
// are made again: a question that is asked twice is answered once.
func (c *Client) Ask(ctx context.Context, a Asked) iter.Seq2[bots.Content, error] {
	a.Conversation, a.ID = cmp.Or(a.Conversation, rand.Text()), cmp.Or(a.ID, rand.Text())
	return func(yield func(bots.Content, error) bool) {
		f := follower{client: c, asked: a, yield: yield}
		err := c.insist(ctx, func() (bool, error) { return false, c.post(ctx, a) })
		if err == nil {
			err = c.insist(ctx, func() (bool, error) { return f.read(ctx) })
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(bots.Content{}, err)
		}
	}
}

// errEnough ends the reading when the loop over Ask was left or is finished.
var errEnough = errors.New("enough")

// insist does something until it works, is refused, or has failed too often in
// a row. Progress starts the counting anew.
func (c *Client) insist(ctx context.Context, do func() (progress bool, err error)) error {
	for failed := 0; ; failed++ {
		progress, err := do()
		if _, refused := errors.AsType[*refusedError](err); err == nil || refused || errors.Is(err, errEnough) {
			return err
		}
		if progress {
			failed = 0
		}
		if failed >= attempts {
			return fmt.Errorf("gave up after %d attempts: %w", failed+1, err)
		}
		pause := time.NewTimer(cmp.Or(c.Wait, time.Second))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
}

func (c *Client) post(ctx context.Context, a Asked) error {
	data, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode the question: %w", err)
	}
	response, err := c.do(ctx, http.MethodPost, "/questions", bytes.NewReader(data))
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// do makes a request whose success is a 2xx status.
func (c *Client) do(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.URL+path, body)
	if err != nil {
		return nil, &refusedError{err.Error()}
	}
	request.Header.Set("Content-Type", "application/json")
	if c.Key != "" {
		request.Header.Set("Authorization", "Bearer "+c.Key)
	}
	response, err := cmp.Or(c.HTTP, http.DefaultClient).Do(request)
	if err != nil {
		return nil, fmt.Errorf("reach the server: %w", err)
	}
	if response.StatusCode/100 == 2 {
		return response, nil
	}
	defer response.Body.Close()
	return nil, refusal(response)
}

// refusal makes an error of a response that is none of success.
func refusal(response *http.Response) error {
	var body errorBody
	message := response.Status
	if json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&body) == nil && body.Error.Message != "" {
		message = strings.TrimSpace(body.Error.Message + " " + body.Error.Detail)
	}
	if response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= http.StatusInternalServerError {
		return errors.New(message)
	}
	return &refusedError{message}
}

// follower reads one question's answer from the conversation's events.
type follower struct {
	client *Client
	asked  Asked
	yield  func(bots.Content, error) bool
	last   bots.Content
}

// read follows one stream. It ends with an error always: errEnough after the
// final content, otherwise why the stream is over.
func (f *follower) read(ctx context.Context) (progress bool, err error) {
	response, err := f.client.do(ctx, http.MethodGet, "/events?conversation="+url.QueryEscape(f.asked.Conversation), nil)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, maxLineOfEvent)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		progress = true
		if err := f.event([]byte(data)); err != nil {
			return progress, err
		}
	}
	return progress, errors.Join(errors.New("the stream of events ended"), lines.Err())
}

// event takes a state or a turn: a state has turns, a turn is one itself.
func (f *follower) event(data []byte) error {
	var e struct {
		shownTurn

		Turns []shownTurn `json:"turns"`
	}
	if err := json.Unmarshal(data, &e); err != nil {
		return fmt.Errorf("read an event: %w", err)
	}
	for _, t := range append(e.Turns, e.shownTurn) {
		if t.ID != f.asked.ID || t.Message == "" || sameContent(t.Content, f.last) {
			continue
		}
		f.last = t.Content
		if !f.yield(t.Content, nil) || t.Final {
			return errEnough
		}
	}
	return nil
}
