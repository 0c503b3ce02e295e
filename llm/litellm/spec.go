package litellm

import (
	"net/http"
	"time"
)

// Spec is one entry of model_list, read and checked but not opened: Open makes
// a router.Deployment of it.
type Spec struct {
	ID       string // model_info.id, or made from the group and the position
	Group    string // model_name
	Model    string // litellm_params.model as it is written: "openai/gpt-4"
	Provider Provider
	Name     string // the model as the provider names it: "gpt-4"

	Key        string
	APIBase    string
	APIVersion string            // Azure's api-version
	Header     http.Header       // extra_headers
	Params     map[string]string // other litellm_params that sign-in needs: aws_region_name, vertex_project ...
	// Fields are litellm_params that go into every request's body, unless the
	// request sets them: temperature, max_tokens ...
	Fields map[string]any

	Order    int
	Weight   *float64
	RPM, TPM int64
	Parallel int64
	Budget   *float64      // max_budget, in dollars
	Every    time.Duration // budget_duration
	Tags     []string

	Timeout    time.Duration
	FirstToken time.Duration // stream_timeout
	Retries    *int
	Cooldown   *time.Duration

	BaseModel string   // model_info.base_model: whose price it is
	In, Out   *float64 // input_cost_per_token, output_cost_per_token: dollars
	CachedIn  *float64 // cache_read_input_token_cost
	Context   int      // model_info.max_input_tokens
	MaxOutput int      // model_info.max_output_tokens
	Info      map[string]any

	Disabled string // why it can't be used, in words; empty: it can
	Line     int    // in the file
}
