package edge_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

// TestRefusedKinds is the table of what providers really say.
func TestRefusedKinds(t *testing.T) {
	t.Parallel()
	const ok = http.StatusOK // inside of a stream
	for name, test := range map[string]struct {
		status int
		body   string
		want   llm.Kind
	}{
		"OpenAI too long":          {400, `{"error":{"message":"This model's maximum context length is 128000 tokens.","type":"invalid_request_error","code":"context_length_exceeded"}}`, llm.ContextWindow},
		"OpenAI out of quota":      {429, `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}`, llm.NoFunds},
		"OpenAI too fast":          {429, `{"error":{"message":"Rate limit reached","type":"tokens","code":"rate_limit_exceeded"}}`, llm.RateLimited},
		"OpenAI wrong key":         {401, `{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}`, llm.Unauthorised},
		"OpenAI no model":          {404, `{"error":{"message":"The model does not exist","code":"model_not_found"}}`, llm.NoSuchModel},
		"Azure filter":             {400, `{"error":{"message":"The response was filtered","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}`, llm.ContentPolicy},
		"DeepSeek no money":        {402, `{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}`, llm.NoFunds},
		"DeepSeek risk":            {400, `{"error":{"message":"Content Exists Risk","type":"invalid_request_error"}}`, llm.ContentPolicy},
		"DeepSeek no model":        {400, `{"error":{"message":"Model Not Exist","type":"invalid_request_error"}}`, llm.NoSuchModel},
		"DeepSeek bad body":        {422, `{"error":{"message":"Failed to deserialize the JSON body"}}`, llm.BadRequest},
		"Zhipu in arrears":         {429, `{"error":{"code":"1113","message":"您的账户已欠费，请充值后重试"}}`, llm.NoFunds},
		"Zhipu too long":           {400, `{"error":{"code":"1261","message":"Prompt 超长"}}`, llm.ContextWindow},
		"Zhipu sensitive":          {400, `{"error":{"code":"1301","message":"系统检测到输入或生成内容可能包含不安全或敏感内容"}}`, llm.ContentPolicy},
		"Zhipu too many at once":   {429, `{"error":{"code":"1302","message":"您当前使用该API的并发数过高"}}`, llm.RateLimited},
		"Zhipu token":              {401, `{"error":{"code":"1002","message":"Authorization Token非法"}}`, llm.Unauthorised},
		"Zhipu no model":           {400, `{"error":{"code":"1211","message":"模型不存在"}}`, llm.NoSuchModel},
		"Zhipu parameter":          {400, `{"error":{"code":"1214","message":"messages 参数非法"}}`, llm.BadRequest},
		"DashScope filter":         {400, `{"error":{"code":"data_inspection_failed","message":"Input data may contain inappropriate content.","type":"data_inspection_failed"}}`, llm.ContentPolicy},
		"DashScope flat key":       {401, `{"code":"InvalidApiKey","message":"Invalid API-key provided.","request_id":"r"}`, llm.Unauthorised},
		"DashScope arrears":        {400, `{"code":"Arrearage","message":"Access denied"}`, llm.NoFunds},
		"DashScope throttled":      {429, `{"code":"Throttling.RateQuota","message":"Requests rate limit exceeded"}`, llm.RateLimited},
		"DashScope too long":       {400, `{"error":{"code":"invalid_parameter_error","message":"Range of input length should be [1, 30720]"}}`, llm.ContextWindow},
		"Moonshot too long":        {400, `{"error":{"message":"Invalid request: Your request exceeded model token limit: 8192","type":"invalid_request_error"}}`, llm.ContextWindow},
		"Moonshot no money":        {429, `{"error":{"message":"Your account is suspended","type":"exceeded_current_quota_error"}}`, llm.NoFunds},
		"Moonshot engine":          {429, `{"error":{"message":"The engine is currently overloaded","type":"engine_overloaded_error"}}`, llm.Overloaded},
		"Volcengine not opened":    {404, `{"error":{"code":"InvalidEndpointOrModel.NotFound","message":"not found"}}`, llm.NoSuchModel},
		"Volcengine sensitive":     {400, `{"error":{"code":"SensitiveContentDetected","message":"x"}}`, llm.ContentPolicy},
		"Gemini list, key":         {400, `[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]`, llm.Unauthorised},
		"Gemini too long":          {400, `[{"error":{"code":400,"message":"The input token count (9) exceeds the maximum number of tokens allowed (8).","status":"INVALID_ARGUMENT"}}]`, llm.ContextWindow},
		"Gemini too fast":          {429, `[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan","status":"RESOURCE_EXHAUSTED"}}]`, llm.RateLimited},
		"Anthropic no credit":      {400, `{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}`, llm.NoFunds},
		"Anthropic overloaded":     {529, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, llm.Overloaded},
		"Anthropic too long":       {400, `{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}`, llm.ContextWindow},
		"Anthropic too large":      {413, `{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}`, llm.ContextWindow},
		"Groq tokens a minute":     {413, `{"error":{"message":"Request too large for model on tokens per minute (TPM): Limit 6000","type":"tokens","code":"rate_limit_exceeded"}}`, llm.RateLimited},
		"Ollama no model":          {404, `{"error":"model \"llama9\" not found, try pulling it first"}`, llm.NoSuchModel},
		"OpenRouter no credit":     {402, `{"error":{"message":"Insufficient credits","code":402}}`, llm.NoFunds},
		"OpenRouter no model":      {400, `{"error":{"message":"foo/bar is not a valid model ID","code":400}}`, llm.NoSuchModel},
		"OpenRouter in a stream":   {ok, `{"error":{"message":"Provider returned error","code":502}}`, llm.Overloaded},
		"LiteLLM too long":         {400, `{"error":{"message":"litellm.ContextWindowExceededError: x","type":null,"param":null,"code":"400"}}`, llm.ContextWindow},
		"LiteLLM no group":         {400, `{"error":{"message":"Invalid model name passed in model=x","type":"invalid_request_error","code":"400"}}`, llm.NoSuchModel},
		"LiteLLM budget":           {400, `{"error":{"message":"Budget has been exceeded! Current cost: 1","type":"budget_exceeded","code":"400"}}`, llm.NoFunds},
		"FastAPI":                  {422, `{"detail":[{"loc":["body","messages"],"msg":"field required"}]}`, llm.BadRequest},
		"vague inside of a stream": {ok, `{"error":{"message":"boom","type":"server_error"}}`, llm.Overloaded},
		"words inside of a stream": {ok, `{"error":{"message":"The server is overloaded or not ready yet."}}`, llm.Overloaded},
		"nothing known":            {ok, `{"error":{"message":"hm"}}`, llm.BadResponse},
		"vague does not overrule":  {400, `{"error":{"message":"hm","type":"api_error"}}`, llm.BadRequest},
		"no body":                  {503, ``, llm.Overloaded},
		"text":                     {500, `upstream connect error`, llm.Overloaded},
		"redirect":                 {302, ``, llm.BadResponse},
		"redirect with a code":     {307, `{"error":{"code":"rate_limit_exceeded"}}`, llm.BadResponse},
		"conflict":                 {409, `{}`, llm.Overloaded},
		"gone":                     {410, `{}`, llm.NoSuchModel},
		"proxy timeout":            {504, `<html></html>`, llm.Timeout},
		"cloudflare timeout":       {524, ``, llm.Timeout},
		"null error":               {500, `{"error":null}`, llm.Overloaded},
		"error list of nothing":    {500, `[]`, llm.Overloaded},
		"odd types":                {400, `{"error":{"message":["a"],"code":{"x":1}}}`, llm.BadRequest},
	} {
		e := edge.Edge{Provider: "p"}.Refused(edge.Refusal{Status: test.status, Body: []byte(test.body)}, nil)
		if e.Kind != test.want || e.Err == nil || e.Provider != "p" {
			t.Errorf("%s: %v, want %s", name, e, test.want)
		}
	}
}

func TestRefusedText(t *testing.T) {
	t.Parallel()
	e := edge.Edge{Provider: "p", Secrets: []string{"s3cret-of-the-house", ""}}
	question := `Is Mr. Zhang going to be dismissed? 张伟先生会被解雇吗，什么时候？`
	request := []byte(`{"messages":[{"role":"user","content":"` + question + `"}]}`)
	for name, test := range map[string]struct{ body, want string }{
		"code and message":     {`{"error":{"message":"Slow down","type":"tokens","code":"limit"}}`, "Slow down (limit, tokens)"},
		"line breaks, control": {"{\"error\":\"a\\n\\u0000\\u001b[31mb\\tc\"}", "a [31mb c"},
		"the whole key":        {`{"error":"key s3cret-of-the-house!"}`, "key [key]!"},
		"a part of the key":    {`{"error":"key s3cret-of... of yours"}`, "key [key] of yours"},
		"somebody's key":       {`{"error":"not sk-abcdefghijkl, nor sk-x"}`, "not [key], nor sk-x"},
		"the question":         {`{"error":"cannot say: ` + question + `"}`, "cannot say: […]"},
		"Chinese":              {`{"error":"拒绝：张伟先生会被解雇吗，什么时候？"}`, "拒绝：[…]"},
		"a web page":           {"<html><head><TITLE lang=x>Bad\nGateway</TITLE></head><body>x</body></html>", "Bad Gateway"},
		"a page without title": {"<style>b{}</style><p>Sorry,</p><script>alert(1)</script><b>no</b>", "Sorry, no"},
		"a broken page":        {"<p>oh<script>var x = '", "oh"},
		"nothing":              {"", "Bad Gateway"},
		"no UTF-8":             {"\xff\xfeoops", "oops"},
		"long":                 {strings.Repeat("很", 200), strings.Repeat("很", 100) + "…"},
	} {
		got := e.Refused(edge.Refusal{Status: http.StatusBadGateway, Body: []byte(test.body)}, request).Err.Error()
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for name, test := range map[string]struct {
		header map[string]string
		want   time.Duration
	}{
		"none":               {nil, 0},
		"seconds":            {map[string]string{"Retry-After": "20"}, 20 * time.Second},
		"fractions":          {map[string]string{"Retry-After": " 1.5 "}, 1500 * time.Millisecond},
		"milliseconds first": {map[string]string{"Retry-After-Ms": "250", "Retry-After": "20"}, 250 * time.Millisecond},
		"bad milliseconds":   {map[string]string{"Retry-After-Ms": "x", "Retry-After": "20"}, 20 * time.Second},
		"date":               {map[string]string{"Retry-After": at(30 * time.Second)}, 30 * time.Second},
		"date by its clock":  {map[string]string{"Retry-After": at(time.Hour), "Date": at(time.Hour - 5*time.Second)}, 5 * time.Second},
		"past":               {map[string]string{"Retry-After": at(-time.Second)}, 0},
		"zero":               {map[string]string{"Retry-After": "0"}, 0},
		"negative":           {map[string]string{"Retry-After": "-1"}, 0},
		"too much":           {map[string]string{"Retry-After": "1e300"}, time.Hour},
		"infinite":           {map[string]string{"Retry-After": "Inf"}, time.Hour},
		"no number":          {map[string]string{"Retry-After": "NaN"}, 0},
		"words":              {map[string]string{"Retry-After": "later"}, 0},
	} {
		h := http.Header{}
		for k, v := range test.header {
			h.Set(k, v)
		}
		if got := edge.RetryAfter(h, now); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestBroke(t *testing.T) {
	t.Parallel()
	e := edge.Edge{Provider: "p", Secrets: []string{"s3cret-of-the-house"}}
	open := t.Context()
	gone, leave := context.WithCancelCause(t.Context())
	leave(errors.New("the asker left"))
	late, cancel := context.WithDeadlineCause(t.Context(), time.Now().Add(-time.Second), errors.New("too late"))
	defer cancel()
	known := &llm.Error{Kind: llm.NoFunds, Err: errors.New("x")}
	for name, test := range map[string]struct {
		parent, ctx context.Context //nolint:containedctx // a table of contexts
		err         error
		want        llm.Kind
		text        string
	}{
		"the caller left":       {gone, gone, context.Canceled, llm.Cancelled, "the asker left"},
		"the caller's time":     {late, late, context.DeadlineExceeded, llm.Timeout, "too late"},
		"our own limit":         {open, gone, context.Canceled, llm.Timeout, "the asker left"},
		"no connection":         {open, open, errors.New("connection refused"), llm.Unreachable, "connection refused"},
		"too long":              {open, open, fmt.Errorf("read: %w", edge.ErrTooLong), llm.BadResponse, "longer"},
		"network's own limit":   {open, open, context.DeadlineExceeded, llm.Timeout, "deadline"},
		"address with a key":    {open, open, &url.Error{Op: "Post", URL: "https://h/?key=s3cret-of-the-house", Err: io.EOF}, llm.Unreachable, "EOF"},
		"text with a key":       {open, open, errors.New("proxy s3cret-of-the-house failed"), llm.Unreachable, "proxy [key] failed"},
		"classified long since": {open, open, fmt.Errorf("x: %w", known), llm.NoFunds, "x"},
	} {
		got := e.Broke(test.parent, test.ctx, test.err, nil)
		if got.Kind != test.want || !strings.Contains(got.Error(), test.text) || strings.Contains(got.Error(), "s3cret") {
			t.Errorf("%s: %v, want %s: %s", name, got, test.want, test.text)
		}
	}
	if got := e.Broke(open, open, &url.Error{Op: "Post", URL: "u", Err: io.EOF}, nil); !errors.Is(got, io.EOF) {
		t.Error("a clean error was not kept")
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	limits := edge.Limits{Total: time.Hour, First: 10 * time.Second, Idle: 30 * time.Second}
	pause := func(d time.Duration) {
		timer := time.NewTimer(d)
		<-timer.C
	}
	for name, test := range map[string]struct {
		do   func(w *edge.Watch)
		want time.Duration
		text string
	}{
		"first token": {func(w *edge.Watch) { w.Await() }, 10 * time.Second, "d said nothing within 10s"},
		"what is no token does not count": {func(w *edge.Watch) {
			w.Await()
			pause(9 * time.Second)
			w.Await()
		}, 10 * time.Second, "d said nothing"},
		"between tokens": {func(w *edge.Watch) {
			w.Await()
			pause(9 * time.Second)
			w.Got()
			w.Await()
		}, 39 * time.Second, "d fell silent for 30s"},
		"a slow reader": {func(w *edge.Watch) {
			w.Await()
			w.Got()
			pause(20 * time.Minute)
			w.Await()
		}, 20*time.Minute + 30*time.Second, "d fell silent"},
		"usage": {func(w *edge.Watch) {
			w.Await()
			w.Whole()
			w.Await()
		}, 5 * time.Second, "d did not close"},
		"end of body": {func(w *edge.Watch) {
			w.Await()
			w.Ended()
			w.Await()
		}, 100 * time.Millisecond, "d did not close"},
		"whole call": {func(w *edge.Watch) {
			w.Await()
			w.Got()
		}, time.Hour, "d did not finish within 1h"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				ctx, w := limits.Start(t.Context(), "d")
				defer w.Stop()
				test.do(w)
				<-ctx.Done()
				if took := time.Since(began); took != test.want {
					t.Errorf("it ended after %s, want %s", took, test.want)
				}
				if cause := context.Cause(ctx).Error(); !strings.Contains(cause, test.text) {
					t.Errorf("cause = %q, want %q", cause, test.text)
				}
			})
		})
	}
}

func TestBounded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		limit int64
		want  error
	}{
		"shorter": {12, nil}, "exactly": {11, nil}, "longer": {10, edge.ErrTooLong},
	} {
		got, err := io.ReadAll(edge.Bounded(io.NopCloser(strings.NewReader("hello world")), test.limit))
		if !errors.Is(err, test.want) || int64(len(got)) > test.limit {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func FuzzRefused(f *testing.F) {
	f.Add(`{"error":{"message":"x","code":5}}`, "s3cret-of-the-house")
	f.Add("<p>s3cret-of-the-house</p><", "house of cards")
	f.Fuzz(func(t *testing.T, body, request string) {
		e := edge.Edge{Provider: "p", Secrets: []string{"s3cret-of-the-house"}}
		got := e.Refused(edge.Refusal{Status: 500, Body: []byte(body)}, []byte(request)).Error()
		if strings.Contains(got, "s3cret-of-the-house") || strings.ContainsAny(got, "\n\r\x1b") || len(got) > 400 {
			t.Errorf("%q became %q", body, got)
		}
	})
}
