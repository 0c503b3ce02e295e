package embed

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Error is what an endpoint said no with. Its text may be logged: it has no
// secret, and is one line.
type Error struct {
	Status int           // HTTP status; 0 where there was no answer, or a wrong one
	After  time.Duration // how long the endpoint asks to be left alone; 0: it does not say
	Reason string
	err    error
	final  bool // the same call will never pass
	away   bool // nothing came back
}

// Error says what was wrong and what to do about it.
func (e *Error) Error() string {
	if e.Status == 0 {
		return e.Reason
	}
	return fmt.Sprintf("%s (HTTP %d)", e.Reason, e.Status)
}

// Unwrap returns what the error was made from.
func (e *Error) Unwrap() error { return e.err }

// Final reports that trying again does not help: somebody has to change
// something.
func (e *Error) Final() bool { return e.final }

// long reports whether a text was refused because there is too much of it.
func (e *Error) long() bool {
	if e.Status == http.StatusRequestEntityTooLarge {
		return true
	}
	lower := strings.ToLower(e.Reason)
	for _, word := range []string{"token", "too long", "too large", "context length", "max length", "长度", "过长"} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return false
}

// asRefused is the error of a call that was refused for what it asked: with
// less in it, it may pass.
func asRefused(err error) *Error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return nil
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return e
	}
	return nil
}

// refusal reads an answer that is none.
func (c *Client) refusal(resp *http.Response, body []byte) error {
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return &Error{Status: resp.StatusCode, Reason: "the endpoint sends calls elsewhere, which is not followed: write its new address in EMBEDDING_API_BASE", final: true}
	}
	e := c.said(resp.StatusCode, body)
	e.After = retryAfter(resp.Header, c.o.Now())
	return e
}

// noCredit are codes of accounts without money, which wait for a person though
// they come with 429: OpenAI's and Zhipu's
// (https://docs.bigmodel.cn/cn/api/api-code).
const noCredit = " insufficient_quota billing_hard_limit_reached 1113 "

// said makes an error of a status and what came with it.
func (c *Client) said(status int, body []byte) *Error {
	message, code := words(body)
	e := &Error{Status: status, final: true}
	switch {
	case code != "" && strings.Contains(noCredit, " "+code+" ") || status == http.StatusPaymentRequired:
		e.Reason = "the account at the embedding provider has no credit left: top it up"
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		e.Reason = "the key is not accepted: check EMBEDDING_API_KEY (or ZHIPUAI_API_KEY)"
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		e.Reason = "no such model or address: check EMBEDDING_MODEL and EMBEDDING_API_BASE"
	case status == http.StatusTooManyRequests:
		e.Reason, e.final = "too many calls", false
	case status >= 500 || status == http.StatusRequestTimeout || status == http.StatusConflict:
		e.Reason, e.final = "the endpoint fails", false
	case status == http.StatusOK:
		e.Reason, e.final = "the endpoint reports an error", false
	default:
		e.Reason = "the call is refused: check EMBEDDING_MODEL and EMBEDDING_DIMENSIONS"
	}
	if message = c.scrub(message); message != "" {
		e.Reason += ": " + strconv.Quote(message)
	}
	return e
}

// words are what a refusal says and its code, in the shapes that are about:
// {"error":{"message":"...","code":"..."}} and {"error":"..."} or {"message":"..."}.
func words(body []byte) (message, code string) {
	var shape struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Detail  json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &shape) != nil {
		return string(body), ""
	}
	var inner struct {
		Message string `json:"message"`
		Code    any    `json:"code"`
	}
	if json.Unmarshal(shape.Error, &inner) == nil {
		if inner.Code != nil {
			code = fmt.Sprint(inner.Code)
		}
		return inner.Message, code
	}
	if json.Unmarshal(shape.Error, &message) == nil {
		return message, ""
	}
	if shape.Message != "" {
		return shape.Message, ""
	}
	return string(shape.Detail), ""
}

// maxWords is how much of an endpoint's words an error repeats, in bytes.
const maxWords = 200

// scrub makes one line of a stranger's words, without the key and without the
// parts of it that some endpoints repeat.
func (c *Client) scrub(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	fields := strings.Fields(text)
	for i, f := range fields {
		if secret(c.o.Key, f) {
			fields[i] = "[hidden]"
		}
	}
	return cut(strings.Join(fields, " "), maxWords)
}

// leastSecret is the shortest run of a key that is hidden.
const leastSecret = 6

// secret reports whether a word holds the key, or as much of it as tells it.
func secret(key, word string) bool {
	for i := 0; i+leastSecret <= len(key); i++ {
		if strings.Contains(word, key[i:i+leastSecret]) {
			return true
		}
	}
	return key != "" && strings.Contains(word, key)
}
