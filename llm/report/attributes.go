package report

import (
	"encoding/json"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
)

// attributes collects a span's attributes in OTLP's form. Empty texts are left
// out.
type attributes []*commonpb.KeyValue

func (a *attributes) add(key string, value *commonpb.AnyValue) {
	*a = append(*a, &commonpb.KeyValue{Key: key, Value: value})
}

func (a *attributes) text(key, value string) {
	if value != "" {
		a.add(key, textValue(value))
	}
}

func (a *attributes) number(key string, value int) {
	a.add(key, &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: int64(value)}})
}

func (a *attributes) float(key string, value float64) {
	a.add(key, &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: value}})
}

func (a *attributes) flag(key string, value bool) {
	a.add(key, &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: value}})
}

func (a *attributes) list(key string, values []string) {
	if len(values) == 0 {
		return
	}
	all := make([]*commonpb.AnyValue, len(values))
	for i, v := range values {
		all[i] = textValue(v)
	}
	a.add(key, &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{
		ArrayValue: &commonpb.ArrayValue{Values: all},
	}})
}

// json writes a value as JSON in a string.
func (a *attributes) json(key string, value any) {
	if text, err := json.Marshal(value); err == nil {
		a.text(key, string(text))
	}
}

// param writes a request's parameter: a number as one, anything else as text.
func (a *attributes) param(key string, raw json.RawMessage) {
	var n json.Number
	if json.Unmarshal(raw, &n) != nil {
		a.text(key, clean(scalar(raw), maxID))
		return
	}
	if whole, err := n.Int64(); err == nil {
		a.add(key, &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: whole}})
		return
	}
	if f, err := n.Float64(); err == nil {
		a.float(key, f)
	}
}

func textValue(value string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}
}
