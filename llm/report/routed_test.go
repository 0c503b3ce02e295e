package report

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/price"
	"github.com/tribunebot/tribune/llm/router"
)

// stage is a router whose calls go to all three kinds of reports.
type stage struct {
	router   *router.Router
	metrics  *Metrics
	spans    *Spans
	supabase *Supabase
	langfuse *collector
	table    *postgrest
}

// newStage has two groups: "smart" is overloaded, "cheap" answers and is priced.
func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{langfuse: newCollector(t, nil), table: newPostgREST(t)}
	s.metrics = NewMetrics(MetricsOptions{
		Deployments: func() []DeploymentState { return OfRouter(s.router.Deployments()) },
		Queues:      func() []QueueState { return []QueueState{s.spans.State(), s.supabase.State()} },
	})
	o := Langfuse(s.langfuse.URL, "pk", "sk")
	o.Text = true
	var err error
	if s.spans, err = NewSpans(o); err != nil {
		t.Fatal(err)
	}
	s.supabase = newSupabase(t, s.table, nil)
	overloaded := llmtest.Step{Err: &llm.Error{Kind: llm.Overloaded, Status: 503, Provider: "openai", Err: errors.New("too many")}}
	none := 0
	s.router, err = router.New(router.Options{
		Deployments: []router.Deployment{
			{ID: "smart-1", Group: "smart", Provider: "openai", Name: "gpt-4", APIBase: "https://api.openai.com/v1", Model: llmtest.NewScript(overloaded)},
			{
				ID: "cheap-1", Group: "cheap", Provider: "deepseek", Name: "deepseek-chat", APIBase: "https://api.deepseek.com", Model: llmtest.NewScript(llmtest.Say("Thirty ", "days.")),
				Price: price.Price{Known: true, In: 0.001, Out: 0.002}, Quota: llm.Quota{ID: "deployment/cheap-1", RPM: 60, TPM: 1_000_000},
			},
		},
		Settings:  router.Settings{Retries: &none, Fallbacks: map[string][]string{"smart": {"cheap"}}},
		Observers: []llm.Observer{s.metrics, s.spans, Filter{To: s.supabase, Success: true, Failure: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) ask(t *testing.T) {
	t.Helper()
	r := llmtest.Ask(t, "How long is it?")
	r.Group, r.Labels = "smart", map[string]string{llm.LabelUser: "U1"}
	if _, err := s.router.Complete(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if _, err := llm.Collect(s.router.Stream(t.Context(), r)); err != nil {
		t.Fatal(err)
	}
	r.Asks = &llm.Asks{DisableFallbacks: true}
	if _, err := s.router.Complete(t.Context(), r); llm.KindOf(err) != llm.Overloaded {
		t.Fatal(err)
	}
	runQueue(t, s.spans.queue)()
	runQueue(t, s.supabase.queue)()
}

func TestReportsOfARouter(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.ask(t)
	p := scrape(t, s.metrics)
	for _, test := range []struct {
		want   float64
		name   string
		labels []string
	}{
		{0, "litellm_in_flight_requests", nil},
		{2, "litellm_proxy_total_requests_metric_total", []string{"status_code", "200", "requested_model", "smart", "end_user", "U1"}},
		{1, "litellm_proxy_failed_requests_metric_total", []string{"exception_status", "503", "requested_model", "smart"}},
		{2, "litellm_deployment_success_responses_total", []string{"model_id", "cheap-1", "requested_model", "smart"}},
		{3, "litellm_deployment_failure_responses_total", []string{"model_id", "smart-1", "exception_class", "Openai.ServiceUnavailableError"}},
		{2, "litellm_deployment_successful_fallbacks_total", []string{"requested_model", "smart", "fallback_model", "cheap"}},
		{0, "litellm_deployment_state", []string{"model_id", "cheap-1", "api_provider", "deepseek"}},
		{2, "litellm_deployment_state", []string{"model_id", "smart-1"}},
		{60, "litellm_deployment_rpm_limit", []string{"model_id", "cheap-1"}},
		{0, "tribune_report_dropped_total", []string{"callback", "langfuse"}},
		{3, "tribune_report_sent_total", []string{"callback", "langfuse"}},
		{6, "tribune_report_sent_total", []string{"callback", "supabase"}},
	} {
		if got := value(p, test.name, test.labels...); got != test.want {
			t.Errorf("%s%v is %v, not %v", test.name, test.labels, got, test.want)
		}
	}
	usage := llmtest.DefaultUsage()
	spent := 2 * (float64(usage.Prompt-usage.Cached)*0.001 + float64(usage.Completion)*0.002)
	if got := value(p, "litellm_spend_metric_total", "model", "deepseek-chat"); math.Abs(got-spent) > 1e-9 {
		t.Errorf("spent %v, not %v", got, spent)
	}
	left := 1_000_000 - 2*float64(usage.Prompt+usage.Completion)
	if got := value(p, "litellm_remaining_tokens", "model_id", "cheap-1"); got != left {
		t.Errorf("%v tokens are left, not %v", got, left)
	}
}

func TestTracesAndRowsOfARouter(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.ask(t)
	var shape []string
	for _, span := range s.langfuse.spans {
		shape = append(shape, span.GetName()+" "+strings.TrimPrefix(span.GetStatus().GetCode().String(), "STATUS_CODE_"))
	}
	want := []string{
		"chat smart UNSET", "attempt 1 smart-1 ERROR", "attempt 2 cheap-1 UNSET",
		"chat smart UNSET", "attempt 1 smart-1 ERROR", "attempt 2 cheap-1 UNSET",
		"chat smart ERROR", "attempt 1 smart-1 ERROR",
	}
	if diff := cmp.Diff(want, shape); diff != "" {
		t.Error(diff)
	}
	for _, i := range []int{0, 3} { // whole and streamed are the same to read
		if got := flat(s.langfuse.spans[i].GetAttributes())[fuseOutput]; !strings.Contains(got, `"Thirty days."`) {
			t.Errorf("output %d: %s", i, got)
		}
	}
	if len(s.table.rows) != 3 || len(s.table.wrong) > 0 {
		t.Errorf("%d rows, %v", len(s.table.rows), s.table.wrong)
	}
	ends := map[string]int{}
	for _, row := range s.table.rows {
		ends[string(row["status"])+" "+string(row["response"])]++
	}
	if diff := cmp.Diff(map[string]int{`"success" "Thirty days."`: 2, `"failure" null`: 1}, ends); diff != "" {
		t.Error(diff)
	}
}
