package report

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// collector takes OTLP over HTTP as a collector or Langfuse does.
type collector struct {
	*httptest.Server

	reply []byte

	mu       sync.Mutex
	spans    []*tracepb.Span
	resource map[string]string
	headers  http.Header
	paths    []string
	wrong    []string
}

func newCollector(t *testing.T, reply []byte) *collector {
	t.Helper()
	c := &collector{reply: reply}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

// ServeHTTP decodes one export.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	data, err := decodeTraces(r)
	if err != nil {
		c.wrong = append(c.wrong, err.Error())
		http.Error(w, "bad", http.StatusBadRequest)
		return
	}
	c.headers, c.paths = r.Header.Clone(), append(c.paths, r.URL.Path)
	for _, of := range data.GetResourceSpans() {
		if of.GetSchemaUrl() != schemaURL {
			c.wrong = append(c.wrong, "schema "+of.GetSchemaUrl())
		}
		c.resource = flat(of.GetResource().GetAttributes())
		for _, in := range of.GetScopeSpans() {
			c.spans = append(c.spans, in.GetSpans()...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	w.Write(c.reply)
}

func decodeTraces(r *http.Request) (*tracepb.TracesData, error) {
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-protobuf" || r.Header.Get("Content-Encoding") != "gzip" {
		return nil, fmt.Errorf("%s %s %s", r.Method, r.Header.Get("Content-Type"), r.Header.Get("Content-Encoding"))
	}
	unpacked, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(unpacked)
	if err != nil {
		return nil, err
	}
	data := &tracepb.TracesData{}
	return data, proto.Unmarshal(body, data)
}

// refusing is the answer of a collector that refused so many spans.
func refusing(spans uint64) []byte {
	partial := protowire.AppendTag(nil, 1, protowire.VarintType)
	partial = protowire.AppendVarint(partial, spans)
	partial = protowire.AppendTag(partial, 2, protowire.BytesType)
	partial = protowire.AppendString(partial, "too old")
	reply := protowire.AppendTag(nil, 1, protowire.BytesType)
	return protowire.AppendBytes(reply, partial)
}

// flat shows attributes as text.
func flat(attributes []*commonpb.KeyValue) map[string]string {
	all := map[string]string{}
	for _, kv := range attributes {
		if _, twice := all[kv.GetKey()]; twice {
			all["TWICE"] = kv.GetKey()
		}
		all[kv.GetKey()] = show(kv.GetValue())
	}
	return all
}

func show(v *commonpb.AnyValue) string {
	switch v.GetValue().(type) {
	case *commonpb.AnyValue_IntValue:
		return strconv.FormatInt(v.GetIntValue(), 10)
	case *commonpb.AnyValue_DoubleValue:
		return fmt.Sprint(v.GetDoubleValue())
	case *commonpb.AnyValue_BoolValue:
		return strconv.FormatBool(v.GetBoolValue())
	case *commonpb.AnyValue_ArrayValue:
		var all []string
		for _, one := range v.GetArrayValue().GetValues() {
			all = append(all, show(one))
		}
		return "[" + strings.Join(all, "|") + "]"
	default:
		return v.GetStringValue()
	}
}
