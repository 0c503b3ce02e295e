package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/tribunebot/tribune/llm"
)

// build makes the spans of a call: one for the call, and one for each deployment
// that was tried. Langfuse counts every span, so that it gets the latter only
// where there is something to see in them.
func (s *Spans) build(t traced) []*tracepb.Span {
	c := t.call
	a := readAsked(c)
	w := readWishes(c, a)
	root := s.root(t, w)
	root.Attributes = s.attributes(c, a, w)
	spans := []*tracepb.Span{root}
	if s.o.Langfuse && len(c.Tries) <= 1 && c.Err == nil {
		return spans
	}
	for i, try := range c.Tries {
		spans = append(spans, s.child(root, c, try, i))
	}
	return spans
}

func (s *Spans) root(t traced, w wishes) *tracepb.Span {
	c := t.call
	span := &tracepb.Span{
		TraceId: traceID(w.trace), SpanId: spanID(cmp.Or(w.id, "call/"+c.ID)),
		Name:              operation(c.Endpoint) + " " + clean(requestModel(c), maxID),
		Kind:              tracepb.Span_SPAN_KIND_CLIENT,
		StartTimeUnixNano: nanos(c.Began), EndTimeUnixNano: nanos(c.Ended),
		Status: s.status(c.Err),
	}
	if s.o.Langfuse && w.name != "" {
		span.Name = w.name
	}
	// A client that names a trace wants its calls there. Otherwise the call
	// belongs to the work around it; Langfuse does not know that work's spans.
	if !w.fromClient && t.parent.IsValid() {
		id := t.parent.TraceID()
		span.TraceId = id[:]
		if !s.o.Langfuse {
			parent := t.parent.SpanID()
			span.ParentSpanId = parent[:]
			span.Flags = uint32(t.parent.TraceFlags())
		}
	}
	return span
}

func (s *Spans) child(root *tracepb.Span, c llm.Call, try llm.Try, i int) *tracepb.Span {
	var a attributes
	a.text(tribuneDeployment, try.Deployment)
	a.text(tribuneGroup, try.Group)
	a.text(genProvider, try.Provider)
	// A model's name would make Langfuse count the attempt as a generation.
	if s.o.Langfuse {
		a.text(fuseType, fuseSpan)
	} else {
		a.text(genOperation, operation(c.Endpoint))
		a.text(genRequestModel, try.Model)
	}
	address(&a, try.APIBase)
	if try.Cooled > 0 {
		a.float(tribuneCooled, try.Cooled.Seconds())
	}
	s.failure(&a, try.Err)
	return &tracepb.Span{
		TraceId: root.GetTraceId(), ParentSpanId: root.GetSpanId(), SpanId: spanID("try/" + strconv.Itoa(i) + "/" + c.ID),
		Name: "attempt " + strconv.Itoa(i+1) + " " + clean(try.Deployment, maxID),
		Kind: tracepb.Span_SPAN_KIND_CLIENT, StartTimeUnixNano: nanos(try.Began), EndTimeUnixNano: nanos(try.Ended),
		Attributes: a, Status: s.status(try.Err),
	}
}

func (s *Spans) status(e *llm.Error) *tracepb.Status {
	if e == nil {
		return &tracepb.Status{}
	}
	return &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: why(e, s.texts())}
}

func (s *Spans) failure(a *attributes, e *llm.Error) {
	if e == nil {
		return
	}
	a.text(errorType, string(e.Kind))
	if s.o.Langfuse {
		a.text(fuseLevel, fuseError)
		a.text(fuseStatus, why(e, s.texts()))
	}
}

// texts tells whether the words of people and models may be sent.
func (s *Spans) texts() bool { return s.o.Text && !s.o.Redact }

func (s *Spans) attributes(c llm.Call, asked asked, w wishes) attributes {
	var a attributes
	answer := readSaid(c)
	identity(&a, c, w)
	served(&a, c, answer)
	for name, value := range asked.params() {
		// The conventions have one name for both of OpenAI's.
		a.param(genRequestPrefix+strings.Replace(name, "max_completion_", "max_", 1), value)
	}
	s.failure(&a, c.Err)
	switch {
	case s.o.Langfuse:
		s.langfuse(&a, c, asked, answer, w)
	case s.o.Redact && s.o.Text:
		a.text(genInput, redacted)
		a.text(genOutput, redacted)
	case s.o.Text:
		a.text(genInput, conversation(asked.question(), "user", nil))
		a.text(genOutput, conversation(answer.answer(), "assistant", answer.finishes()))
	}
	return a
}

// identity says what was asked of whom.
func identity(a *attributes, c llm.Call, w wishes) {
	a.text(genOperation, operation(c.Endpoint))
	a.text(genProvider, c.Served.Provider)
	a.text(genRequestModel, clean(requestModel(c), maxID))
	a.text(genConversation, w.session)
	a.text(tribuneCall, clean(c.ID, maxID))
	a.text(tribuneQuestion, clean(c.Labels[llm.LabelQuestion], maxID))
	a.flag(tribuneStream, c.Stream)
	address(a, c.Served.APIBase)
}

// served says who answered and what it took.
func served(a *attributes, c llm.Call, answer said) {
	a.text(genResponseModel, c.Served.Model)
	a.text(genResponseID, clean(answer.ID, maxID))
	a.list(genFinishReasons, answer.finishes())
	a.text(tribuneDeployment, c.Served.Deployment)
	a.text(tribuneGroup, c.Served.Group)
	a.text(tribuneRoute, clean(c.Served.Route, maxID))
	a.number(tribuneAttempts, c.Served.Attempts)
	a.number(tribuneFallbacks, c.Served.Fallbacks)
	if u := c.Served.Usage; u != nil {
		a.number(genInputTokens, u.Prompt)
		a.number(genOutputTokens, u.Completion)
		a.number(genCachedTokens, u.Cached)
		a.number(tribuneReasoning, u.Reasoning)
	}
	if c.Served.CostUSD != nil {
		a.float(tribuneCost, *c.Served.CostUSD)
	}
	if !c.First.IsZero() {
		a.float(genFirstChunk, c.First.Sub(c.Began).Seconds())
	}
}

func requestModel(c llm.Call) string { return cmp.Or(c.Group, c.Served.Group, c.Served.Model) }

func operation(e llm.Endpoint) string {
	switch e {
	case llm.Completions:
		return operationText
	case llm.Embeddings:
		return operationEmbeddings
	default:
		return operationChat
	}
}

// address adds a provider's host and port.
func address(a *attributes, base string) {
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" {
		return
	}
	a.text(serverAddress, u.Hostname())
	port, err := strconv.Atoi(u.Port())
	switch {
	case err == nil:
		a.number(serverPort, port)
	case u.Scheme == "https":
		a.number(serverPort, 443)
	default:
		a.number(serverPort, 80)
	}
}

// traceID makes a trace's 16 bytes of a name that a client or we gave it: 32
// hexadecimal digits (with the dashes of a UUID or without) are taken as they
// are, anything else is hashed, so that one name is always one trace.
func traceID(name string) []byte { return identifier(name, 16) }

func spanID(name string) []byte { return identifier(name, 8) }

func identifier(name string, size int) []byte {
	if id, err := hex.DecodeString(strings.ReplaceAll(name, "-", "")); err == nil && len(id) == size && !zero(id) {
		return id
	}
	sum := sha256.Sum256([]byte(name))
	return sum[:size]
}

// zero tells whether an id is all zeros, which is no id.
func zero(id []byte) bool {
	for _, b := range id {
		if b != 0 {
			return false
		}
	}
	return true
}

// nanos is a time as OTLP wants it; a time that was never set is 0.
func nanos(t time.Time) uint64 {
	if t.IsZero() || t.UnixNano() < 0 {
		return 0
	}
	return uint64(t.UnixNano())
}
