package report

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/tribunebot/tribune/llm"
)

// scope names this package in what it sends.
const scope = "github.com/tribunebot/tribune/llm/report"

// LangfuseCloud is where Langfuse is when nothing else is said (LANGFUSE_HOST).
const LangfuseCloud = "https://cloud.langfuse.com"

// SpansOptions make Spans.
type SpansOptions struct {
	Name string // of the callback, in logs and metrics: "langfuse", "otel"
	// Endpoint is the whole address that traces are posted to; see
	// CollectorEndpoint and Langfuse.
	Endpoint string
	Header   http.Header // sent along; its values are secrets
	// Langfuse writes Langfuse's attributes beside the conventional ones.
	Langfuse bool
	// Text sends what was asked and answered. Redact puts a fixed mark in its
	// place, and wins.
	Text   bool
	Redact bool

	Service     string // service.name; default "tribune"
	Version     string // service.version
	Environment string // "production"; lower case

	Limits     Limits
	HTTPClient *http.Client // its redirects are not followed
	Log        *slog.Logger
	Now        func() time.Time
}

// CollectorEndpoint is where a collector takes traces, from the address in
// OTEL_EXPORTER_OTLP_ENDPOINT: v1/traces below it, as the OTLP exporter's
// specification says.
func CollectorEndpoint(base string) string {
	return strings.TrimRight(base, "/") + "/v1/traces"
}

// Langfuse returns the options for a Langfuse at a host ("" for its cloud), with
// the keys of a project. The rest is to be filled in as for any Spans: Text where
// the operator's file names the callback.
func Langfuse(host, publicKey, secretKey string) SpansOptions {
	return SpansOptions{
		Name:     "langfuse",
		Endpoint: strings.TrimRight(cmp.Or(host, LangfuseCloud), "/") + "/api/public/otel/v1/traces",
		Header: http.Header{
			"Authorization": {basic(url.UserPassword(publicKey, secretKey))},
			// Without it, Langfuse may show a trace only minutes later.
			"X-Langfuse-Ingestion-Version": {"4"},
		},
		Langfuse: true,
	}
}

// Spans sends each call as a span, and each deployment that was tried as a span
// below it, over OTLP/HTTP with protobuf. Make it with NewSpans.
type Spans struct {
	o        SpansOptions
	to       *poster
	queue    *Queue[traced]
	resource *resourcepb.Resource
}

// traced is a call and the span that was active around it, if any.
type traced struct {
	call   llm.Call
	parent trace.SpanContext
}

// NewSpans makes Spans. Nothing is sent before Run is called. The error says
// what is wrong with the address.
func NewSpans(o SpansOptions) (*Spans, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Name = cmp.Or(o.Name, "otel")
	o.Limits = o.Limits.withDefaults()
	to, err := newPoster(o.HTTPClient, o.Endpoint, o.Header, o.Now)
	if err != nil {
		return nil, fmt.Errorf("callback %s: %w", o.Name, err)
	}
	s := &Spans{o: o, to: to, resource: resource(o)}
	s.queue = NewQueue(QueueOptions[traced]{
		Name: o.Name, Limits: o.Limits, Log: o.Log, Now: o.Now, Send: s.send,
		Size: func(t traced) int { return callBytes(t.call) },
	})
	return s, nil
}

// Observe puts the call into the queue and returns at once.
func (s *Spans) Observe(ctx context.Context, c llm.Call) {
	s.queue.Add(traced{call: slim(c, s.o.Limits.Bytes/8), parent: trace.SpanContextFromContext(ctx)})
}

// Run sends spans until ctx is done and what is left has been sent, or given up
// after the grace period. It returns nil.
func (s *Spans) Run(ctx context.Context) error { return s.queue.Run(ctx) }

// State returns what has been sent and dropped so far.
func (s *Spans) State() QueueState { return s.queue.State() }

func resource(o SpansOptions) *resourcepb.Resource {
	var a attributes
	a.text(serviceName, cmp.Or(o.Service, "tribune"))
	a.text(serviceVersion, o.Version)
	a.text(environmentName, o.Environment)
	if o.Langfuse {
		a.text(fuseEnv, o.Environment)
	}
	return &resourcepb.Resource{Attributes: a}
}

// send posts a batch. The message is a TracesData, whose bytes are those of an
// ExportTraceServiceRequest; the latter's package would bring gRPC with it.
func (s *Spans) send(ctx context.Context, batch []traced) error {
	var spans []*tracepb.Span
	for _, t := range batch {
		spans = append(spans, s.build(t)...)
	}
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource:  s.resource,
		SchemaUrl: schemaURL,
		ScopeSpans: []*tracepb.ScopeSpans{{
			Scope: &commonpb.InstrumentationScope{Name: scope, Version: s.o.Version},
			Spans: spans,
		}},
	}}})
	if err != nil {
		return &SendError{Split: true, Err: fmt.Errorf("write spans: %w", err)}
	}
	body, err = packed(body)
	if err != nil {
		return &SendError{Err: err}
	}
	reply, err := s.to.post(ctx, nil, http.Header{
		"Content-Type": {"application/x-protobuf"}, "Content-Encoding": {"gzip"},
	}, body)
	if err != nil {
		return err
	}
	return s.partly(reply, len(batch))
}

func packed(body []byte) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(body); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return b.Bytes(), nil
}

// partly reports spans that the collector refused while it took the others: OTLP
// answers 200 with a partial success, and nothing of it must be sent again.
func (s *Spans) partly(reply []byte, calls int) error {
	rejected := rejectedSpans(reply)
	if rejected == 0 {
		return nil
	}
	return &SendError{
		Lost: int(min(rejected, uint64(calls))),
		Err:  errors.New(s.to.shown() + " refused some of the spans"),
	}
}

// rejectedSpans reads field 1 of field 1 of an ExportTraceServiceResponse:
// partial_success.rejected_spans.
func rejectedSpans(reply []byte) uint64 {
	partial, _ := field(reply, 1)
	_, rejected := field(partial, 1)
	return rejected
}

// field finds a field of a protobuf message: its bytes, or its number. What is
// no protobuf has no fields.
func field(message []byte, number protowire.Number) (content []byte, value uint64) {
	for len(message) > 0 {
		num, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return nil, 0
		}
		message = message[n:]
		size := protowire.ConsumeFieldValue(num, kind, message)
		if size < 0 {
			return nil, 0
		}
		if num == number && kind == protowire.BytesType {
			content, _ = protowire.ConsumeBytes(message)
		}
		if num == number && kind == protowire.VarintType {
			value, _ = protowire.ConsumeVarint(message)
		}
		message = message[size:]
	}
	return content, value
}
