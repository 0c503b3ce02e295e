package llmtest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// Overhead makes each call twice, through the model and with a bare HTTP client
// at the address that the model calls, in turns: what is reported are the
// medians' ratio within one run, which does not depend on the machine, and what
// the model adds to a call.
func Overhead(b *testing.B, m llm.Model, client *http.Client, address string, stream bool) {
	b.Helper()
	r := Ask(b, strings.Repeat("a passage of the handbook ", 200))
	raw, err := llm.SetFields(r.Body, map[string]any{"model": "m", "stream": stream})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var ours, bare []time.Duration
	for b.Loop() {
		ours = append(ours, timed(b, func() error { return consume(b.Context(), m, r, stream) }))
		bare = append(bare, timed(b, func() error { return post(b.Context(), client, address, raw) }))
	}
	b.ReportMetric(float64(median(ours))/float64(median(bare)), "x-bare")
	b.ReportMetric(float64(median(ours)-median(bare))/1e3, "µs-added")
}

func timed(b *testing.B, call func() error) time.Duration {
	b.Helper()
	began := time.Now()
	if err := call(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// consume makes one call and reads its answer to the end.
func consume(ctx context.Context, m llm.Model, r llm.Request, stream bool) error {
	if !stream {
		_, err := m.Complete(ctx, r)
		return err
	}
	for _, err := range m.Stream(ctx, r) {
		if err != nil {
			return err
		}
	}
	return nil
}

func post(ctx context.Context, client *http.Client, address string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
