package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	// callTime bounds one call.
	callTime = 30 * time.Second
	// maxAnswer bounds an answer, in bytes: 100 messages with their embeds are
	// under 1 MB.
	maxAnswer = 16 << 20
	// maxTries is how often a call is made that meets a limit or a failure.
	maxTries = 6
	// maxWait is the longest that is waited at a time: limits of channels are of
	// seconds. Who is asked to wait longer is better off coming back.
	maxWait = time.Minute
	// firstBackoff doubles with each failure of the server.
	firstBackoff = time.Second
)

// rest makes the calls, one at a time.
type rest struct {
	o      Options
	client *http.Client
	base   string
	pause  time.Duration // to wait before the next call: the limit is used up
}

// version ends an address of the API that names its version.
var version = regexp.MustCompile(`/v\d+$`)

func newREST(o Options) *rest {
	client := http.Client{}
	if o.Client != nil {
		client = *o.Client
	}
	// The token is not carried to wherever an answer leads.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	base := o.API
	if !version.MatchString(base) {
		base += "/v10"
	}
	return &rest{o: o, client: &client, base: base}
}

// refusal is an answer of the API that is no success.
type refusal struct {
	status int
	code   int // Discord's own (topics/opcodes-and-status-codes, "JSON")
	after  time.Duration
}

// Error says what to do.
func (r *refusal) Error() string {
	switch r.status {
	case http.StatusUnauthorized:
		return "Discord does not know the bot's token: check DISCORD_TOKEN"
	case http.StatusForbidden:
		return "the bot may not read there: give it \"View Channel\" and \"Read Message History\" for that channel"
	case http.StatusNotFound:
		return "there is no such channel, or the bot is not in its server: check the id, and invite the bot"
	case http.StatusTooManyRequests:
		return fmt.Sprintf("Discord asks to wait %s: try again later", r.after.Round(time.Second))
	}
	return fmt.Sprintf("Discord answered %d (code %d): try again later", r.status, r.code)
}

// again reports whether the same call may pass later.
func (r *refusal) again() bool {
	return r.status == http.StatusTooManyRequests || r.status >= http.StatusInternalServerError
}

// get makes a call until it passes, and decodes the answer.
func (r *rest) get(ctx context.Context, path string, query url.Values, out any) error {
	for try := 1; ; try++ {
		if err := r.rested(ctx); err != nil {
			return err
		}
		err := r.once(ctx, path, query, out)
		if err == nil || ctx.Err() != nil {
			return err
		}
		no, answered := errors.AsType[*refusal](err)
		if answered && !no.again() || errors.Is(err, errAnswer) || try == maxTries {
			return err
		}
		r.pause = firstBackoff << (try - 1)
		if answered && no.status == http.StatusTooManyRequests {
			r.pause = no.after
		}
		if r.pause > maxWait {
			return err
		}
	}
}

// rested waits for the limit.
func (r *rest) rested(ctx context.Context) error {
	pause := r.pause
	r.pause = 0
	if pause <= 0 {
		return ctx.Err()
	}
	return r.o.Wait(ctx, min(pause, maxWait))
}

// errAnswer is returned for an answer that is not Discord's.
var errAnswer = errors.New("the answer is not one of Discord's API: check DISCORD_API_URL")

// once makes one call.
func (r *rest) once(ctx context.Context, path string, query url.Values, out any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, callTime, errors.New("Discord did not answer in time")) //nolint:staticcheck // a name begins it
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+path+"?"+query.Encode(), nil)
	if err != nil {
		return errAnswer
	}
	req.Header.Set("Authorization", "Bot "+r.o.Token)
	// The form that Discord asks for (reference, "User Agent").
	req.Header.Set("User-Agent", "DiscordBot (https://github.com/tribunebot/tribune, 1)")
	resp, err := r.client.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return fmt.Errorf("Discord is not reached: %w", err) //nolint:staticcheck // a name begins it
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("Discord is not reached: %w", err) //nolint:staticcheck // a name begins it
	case resp.StatusCode != http.StatusOK:
		return refused(resp, body)
	case len(body) > maxAnswer || json.Unmarshal(body, out) != nil:
		return errAnswer
	}
	if resp.Header.Get("X-RateLimit-Remaining") == "0" {
		r.pause = seconds(resp.Header.Get("X-RateLimit-Reset-After"))
	}
	return nil
}

// refused reads what an answer says no with.
func refused(resp *http.Response, body []byte) error {
	var said struct {
		Code  int     `json:"code"`
		After float64 `json:"retry_after"`
	}
	_ = json.Unmarshal(body, &said) // the network before Discord answers in HTML
	no := &refusal{status: resp.StatusCode, code: said.Code, after: seconds(strconv.FormatFloat(said.After, 'f', 3, 64))}
	if no.after == 0 {
		no.after = seconds(resp.Header.Get("Retry-After"))
	}
	if no.after == 0 {
		no.after = firstBackoff
	}
	return no
}

// seconds reads a time in seconds, 0 for none.
func seconds(text string) time.Duration {
	s, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	switch {
	case err != nil, s != s, s <= 0:
		return 0
	case s > 1e6:
		return 1e6 * time.Second
	}
	return time.Duration(s * float64(time.Second))
}
