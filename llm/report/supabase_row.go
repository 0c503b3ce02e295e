package report

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/tribunebot/tribune/llm"
)

// Values of the column status.
const (
	statusBegun  = "initiated"
	statusDone   = "success"
	statusFailed = "failure"
)

// startRow is what is known when a call starts.
type startRow struct {
	ID       string          `json:"litellm_call_id"`
	Model    string          `json:"model"`
	Messages json.RawMessage `json:"messages"`
	EndUser  *string         `json:"end_user"`
	Status   string          `json:"status"`
}

// endRow is what is known when a call has ended. Every row of one request must
// have the same columns (PostgREST's PGRST102), so that none is left out.
type endRow struct {
	startRow

	Response json.RawMessage `json:"response"`      // the first choice's text
	Error    json.RawMessage `json:"error"`         // its class and text
	Seconds  float64         `json:"response_time"` // from the start to the end
	Cost     *float64        `json:"total_cost"`    // dollars; null: the price is unknown
	Details  json.RawMessage `json:"additional_details"`
}

func startRows(calls []llm.Call, redact bool) []startRow {
	var rows []startRow
	for _, c := range calls {
		rows = append(rows, newStartRow(c, redact))
	}
	return rows
}

func newStartRow(c llm.Call, redact bool) startRow {
	row := startRow{
		ID: clean(c.ID, maxID), Model: clean(requestModel(c), maxID), Status: statusBegun,
		Messages: column(readAsked(c).question(), redact),
	}
	if user := clean(c.Labels[llm.LabelUser], maxID); user != "" {
		row.EndUser = &user
	}
	return row
}

func endRows(calls []llm.Call, redact bool) []endRow {
	var rows []endRow
	for _, c := range calls {
		rows = append(rows, newEndRow(c, redact))
	}
	return rows
}

func newEndRow(c llm.Call, redact bool) endRow {
	row := endRow{
		startRow: newStartRow(c, redact), Seconds: c.Ended.Sub(c.Began).Seconds(),
		Cost: c.Served.CostUSD, Details: details(c),
	}
	if c.Served.Model != "" {
		row.Model = clean(c.Served.Model, maxID)
	}
	if c.Err != nil {
		row.Status = statusFailed
		row.Error = object(map[string]any{
			"class": exceptionClass(c.Err), "status": exceptionStatus(c.Err), "message": why(c.Err, !redact),
		})
		return row
	}
	row.Status = statusDone
	if text := c.Text(); text != "" {
		row.Response = column(object(text), redact)
	}
	return row
}

// details are what LiteLLM's table has no column for.
func details(c llm.Call) json.RawMessage {
	d := map[string]any{
		"model_group": c.Served.Group, "deployment": c.Served.Deployment, "provider": c.Served.Provider,
		"attempts": c.Served.Attempts, "fallbacks": c.Served.Fallbacks, "stream": c.Stream,
	}
	if u := c.Served.Usage; u != nil {
		d["usage"] = map[string]int{
			"prompt_tokens": u.Prompt, "completion_tokens": u.Completion,
			"cached_tokens": u.Cached, "reasoning_tokens": u.Reasoning,
		}
	}
	return object(d)
}

// column is a text as a JSON column takes it: what is too long, no JSON or no
// UTF-8 becomes a string that is all of these, and redacted text becomes the mark.
func column(raw json.RawMessage, redact bool) json.RawMessage {
	switch {
	case len(raw) == 0:
		return nil
	case redact:
		return object(redacted)
	case len(raw) > maxText || !json.Valid(raw) || !utf8.Valid(raw):
		return object(shown(raw))
	default:
		return raw
	}
}

// object writes a value that can always be written.
func object(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return text
}
