package embed_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sashabaranov/go-openai"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/embed"
	"github.com/tribunebot/tribune/knowledge/embed/embedtest"
)

var _ knowledge.Embedder = (*embed.Client)(nil)

// clock is a clock that is moved by sleeping.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.slept = append(c.slept, d)
	return ctx.Err()
}

// passed is how long it has slept.
func (c *clock) passed() time.Duration { return c.Now().Sub(time.Unix(1e9, 0)) }

type change func(s *embedtest.Server, o *embed.Options)

// serve starts a server and a client of it.
func serve(t *testing.T, how change) (*embedtest.Server, *embed.Client, *clock) {
	t.Helper()
	s := embedtest.NewServer(&embedtest.Model{Dimensions: 64})
	t.Cleanup(s.Close)
	c := &clock{now: time.Unix(1e9, 0)}
	o := embed.Options{Base: s.Base(), Key: embedtest.Key, Model: "m", Dimensions: 64, Parallel: 1, Now: c.Now, Sleep: c.Sleep}
	if how != nil {
		how(s, &o)
	}
	client, err := embed.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s, client, c
}

func texts(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("text number %d", i)
	}
	return out
}

// holds embeds texts, and says whether each got its own vector.
func holds(t *testing.T, s *embedtest.Server, c *embed.Client, texts []string) {
	t.Helper()
	got, err := c.Embed(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		if !cmp.Equal(got[i], s.Model.Vector(text)) {
			t.Fatalf("text %d of %d has another's vector", i, len(texts))
		}
	}
}

func sizes(calls [][]string) []int {
	var out []int
	for _, c := range calls {
		out = append(out, len(c))
	}
	return out
}

func TestEmbed(t *testing.T) {
	t.Parallel()
	backwards := func(a *embedtest.Answer) {
		for i, j := 0, len(a.Data)-1; i < j; i, j = i+1, j-1 {
			a.Data[i], a.Data[j] = a.Data[j], a.Data[i]
		}
	}
	unnumbered := func(a *embedtest.Answer) {
		for i := range a.Data {
			a.Data[i].Index = nil
		}
	}
	for name, how := range map[string]change{
		"as it should be":          nil,
		"base64":                   func(s *embedtest.Server, _ *embed.Options) { s.Base64 = true },
		"another order":            func(s *embedtest.Server, _ *embed.Options) { s.Change = backwards },
		"no numbers":               func(s *embedtest.Server, _ *embed.Options) { s.Change = unnumbered },
		"length left to the model": func(_ *embedtest.Server, o *embed.Options) { o.Dimensions = 0 },
		"no parameter dimensions":  func(s *embedtest.Server, _ *embed.Options) { s.NoDimensions = true },
		"four at a time":           func(_ *embedtest.Server, o *embed.Options) { o.Parallel = 4 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c, _ := serve(t, how)
			for _, n := range []int{0, 1, 3, 64, 65, 200} {
				holds(t, s, c, texts(n))
			}
		})
	}
}

// TestFewerTexts holds that an endpoint that takes fewer texts in a call than
// others is found out, once.
func TestFewerTexts(t *testing.T) {
	t.Parallel()
	s, c, _ := serve(t, func(s *embedtest.Server, _ *embed.Options) { s.MostTexts = 10 })
	holds(t, s, c, texts(64))
	before := len(s.Calls())
	holds(t, s, c, texts(64))
	if got, want := sizes(s.Calls()[before:]), []int{8, 8, 8, 8, 8, 8, 8, 8}; !cmp.Equal(got, want) {
		t.Errorf("calls of %v texts, want %v", got, want)
	}
}

// TestLongTexts holds that texts are cut to what the endpoint reads, between
// characters, and that this is learned.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	s, c, _ := serve(t, func(s *embedtest.Server, _ *embed.Options) { s.MostBytes = 2000 })
	long := strings.Repeat("门卡", 2000)
	for round := range 2 {
		before := len(s.Calls())
		got, err := c.Embed(t.Context(), []string{"short", long, "\xff\xfe", ""})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			if v == nil {
				t.Errorf("text %d has no vector", i)
			}
		}
		last := s.Calls()[before:]
		if round > 0 && len(last) != 1 {
			t.Errorf("%d calls once the length is known", len(last))
		}
		for _, text := range last[len(last)-1] {
			if len(text) > 2000 || strings.Contains(text, "\uFFFD") || text == "" {
				t.Errorf("sent %.30q...", text)
			}
		}
	}
}

// TestBigCalls holds that a call has no more text than endpoints take in all.
func TestBigCalls(t *testing.T) {
	t.Parallel()
	s, c, _ := serve(t, nil)
	all := texts(64)
	for i := range all {
		all[i] += strings.Repeat(" word", 2000)
	}
	if _, err := c.Embed(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	if got := sizes(s.Calls()); len(got) != 2 {
		t.Errorf("calls of %v texts, want two", got)
	}
}

// TestRefusedText holds that a text that the endpoint will not read is left out
// alone, also when it comes first.
func TestRefusedText(t *testing.T) {
	t.Parallel()
	s, c, _ := serve(t, func(s *embedtest.Server, _ *embed.Options) { s.Refuse = "forbidden" })
	got, err := c.Embed(t.Context(), []string{"a forbidden text", "one", "two", "three", "four"})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range got {
		if (v == nil) != (i == 0) {
			t.Errorf("text %d: vector %t", i, v != nil)
		}
	}
	before := len(s.Calls())
	holds(t, s, c, texts(64))
	if got := sizes(s.Calls()[before:]); !cmp.Equal(got, []int{64}) {
		t.Errorf("calls of %v texts: the limit was lowered for a text's sake", got)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]embed.Options{
		"embedding-3/1024":            {},
		"embedding-3/2048":            {Dimensions: 2048},
		"text-embedding-3-small/1536": {Base: "https://api.openai.com/v1", Model: "text-embedding-3-small", Dimensions: 1536},
		"bge-m3/default":              {Base: "http://127.0.0.1:9000/v1/", Model: "bge-m3"},
	} {
		c, err := embed.New(o)
		if err != nil || c.Name() != want {
			t.Errorf("%+v: %v, %v", o, c, err)
		}
	}
	for _, o := range []embed.Options{
		{Base: "example.com"},
		{Base: "ftp://example.com"},
		{Base: "http://"},
		{Base: ":"},
		{Dimensions: -1},
		{Dimensions: 1 << 20},
		{Batch: -1},
	} {
		if _, err := embed.New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

// TestSameShape holds that the test's server speaks as the protocol's usual
// client expects, so that what passes here passes elsewhere.
func TestSameShape(t *testing.T) {
	t.Parallel()
	s := embedtest.NewServer(&embedtest.Model{Dimensions: 64})
	t.Cleanup(s.Close)
	config := openai.DefaultConfig(embedtest.Key)
	config.BaseURL = s.Base()
	client := openai.NewClientWithConfig(config)
	for _, format := range []openai.EmbeddingEncodingFormat{openai.EmbeddingEncodingFormatFloat, openai.EmbeddingEncodingFormatBase64} {
		got, err := client.CreateEmbeddings(t.Context(), openai.EmbeddingRequest{Input: texts(2), Model: "m", EncodingFormat: format, Dimensions: 64})
		if err != nil || len(got.Data) != 2 || got.Data[1].Index != 1 {
			t.Fatalf("%s: %+v, %v", format, got, err)
		}
		if !cmp.Equal(knowledge.Vector(got.Data[1].Embedding), s.Model.Vector(texts(2)[1])) {
			t.Errorf("%s: another vector", format)
		}
	}
}
