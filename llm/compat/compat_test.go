package compat_test

import (
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/compat"
	"github.com/tribunebot/tribune/llm/llmtest"
)

func open(tb testing.TB, s llmtest.Setup) llm.Model {
	tb.Helper()
	m, err := compat.New(compat.Options{
		Model: "deepseek-v4-flash", Provider: "deepseek", BaseURL: s.URL + "/v1", Key: s.Key, HTTPClient: s.Client,
		Timeout: s.Timeout, FirstToken: s.FirstToken, Idle: s.Idle, MaxBytes: s.MaxBytes,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func TestConformance(t *testing.T) {
	t.Parallel()
	llmtest.TestModel(t, llmtest.Harness{New: open, KeepsUnknown: true})
}
