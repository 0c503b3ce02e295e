package slackbot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"github.com/tribunebot/tribune/bots"
)

// apiErr is an error of one method, under Slack's own name where it has one.
// Its text holds no address and no token: a response URL is a secret.
type apiErr struct {
	method string
	code   string // Slack's name; empty for failures of the way there
	hint   string
	err    error
}

func (e *apiErr) Error() string {
	text := "slack " + e.method + ": "
	if e.code != "" {
		text += e.code
	} else {
		text += e.err.Error()
	}
	if e.hint != "" {
		text += " (" + e.hint + ")"
	}
	return text
}

func (e *apiErr) Unwrap() error { return e.err }

// call does one call within CallWait and classifies its error: a
// *bots.Refusal where the call surely had no effect, any other error where
// that is not known.
func (b *Bot) call(ctx context.Context, method string, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, b.o.CallWait, fmt.Errorf("no answer within %s", b.o.CallWait))
	defer cancel()
	err := do(ctx)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return &apiErr{method: method, err: context.Cause(ctx)}
	}
	return classify(method, err)
}

func classify(method string, err error) error {
	if limit, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return &bots.Refusal{After: max(limit.RetryAfter, time.Second), Err: &apiErr{method: method, code: "ratelimited"}}
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return classifyStatus(method, status)
	}
	if named, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return classifyName(method, named)
	}
	if address, ok := errors.AsType[*url.Error](err); ok {
		err = address.Err // the address itself may be a secret
	}
	return &apiErr{method: method, err: err}
}

func classifyStatus(method string, status slack.StatusCodeError) error {
	e := &apiErr{method: method, err: fmt.Errorf("status %d", status.Code)}
	switch {
	case status.Code == http.StatusTooManyRequests: // without Retry-After
		return &bots.Refusal{After: time.Minute, Err: e}
	case status.Code >= http.StatusInternalServerError:
		return e
	case method == responseURL && status.Code == http.StatusBadRequest:
		e.code = "invalid_payload"
		return &bots.Refusal{Final: true, Err: e}
	case method == responseURL:
		e.hint = "the command is too old, or was answered too often"
		return &bots.Refusal{Final: true, Err: e}
	default:
		return &bots.Refusal{Err: e}
	}
}

func classifyName(method string, named slack.SlackErrorResponse) error {
	e := &apiErr{method: method, code: named.Err, hint: hint(method, named)}
	switch {
	// "It's possible some aspect of the operation succeeded": docs.slack.dev.
	case slices.Contains([]string{"internal_error", "fatal_error", "service_unavailable", "request_timeout"}, named.Err):
		return e
	case named.Err == "ratelimited" || named.Err == "rate_limited":
		return &bots.Refusal{After: time.Minute, Err: e}
	default:
		return &bots.Refusal{Final: slices.Contains(finalCodes(), named.Err), Err: e}
	}
}

// finalCodes are refusals that no waiting changes.
func finalCodes() []string {
	return append(shapeCodes(),
		"channel_not_found", "not_in_channel", "is_archived", "thread_locked", "no_text",
		"message_not_found", "cant_update_message", "cant_delete_message", "edit_window_closed",
		"restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
		"restricted_action_non_threadable_channel", "user_not_found", "cannot_dm_bot", "messages_tab_disabled",
		"as_user_not_supported", "ekm_access_denied",
	)
}

// shapeCodes say that Slack does not take a message in this form; another form
// of it may pass.
func shapeCodes() []string {
	return []string{"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "invalid_payload"}
}

// tokenCodes say that a token will never do.
func tokenCodes() []string {
	return []string{
		"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired",
		"not_allowed_token_type", "no_permission", "org_login_required", "team_access_not_granted",
	}
}

func hint(method string, e slack.SlackErrorResponse) string {
	setting := "SLACK_BOT_TOKEN"
	if method == "apps.connections.open" {
		setting = "SLACK_APP_TOKEN"
	}
	switch {
	case slices.Contains(tokenCodes(), e.Err):
		return setting + " is wrong, expired or of the wrong kind: copy it anew from the app's settings"
	case e.Err == "missing_scope":
		return "the app lacks a scope (" + e.Needed + "): add it under OAuth & Permissions and install the app again"
	case e.Err == "not_in_channel" || e.Err == "channel_not_found":
		return "invite the bot to the channel"
	default:
		return ""
	}
}

// code returns Slack's name of an error, or "".
func code(err error) string {
	if e, ok := errors.AsType[*apiErr](err); ok {
		return e.code
	}
	return ""
}

func refusesToken(err error) bool {
	return slices.Contains(tokenCodes(), code(err)) || code(err) == "missing_scope"
}

func refusesShape(err error) bool { return slices.Contains(shapeCodes(), code(err)) }

// retryAfter returns what a Refusal says, or 0.
func retryAfter(err error) time.Duration {
	if refusal, ok := errors.AsType[*bots.Refusal](err); ok {
		return refusal.After
	}
	return 0
}
