package gateway

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	official "github.com/openai/openai-go/v3"
	"github.com/sashabaranov/go-openai"

	"github.com/tribunebot/tribune/llm/llmtest"
)

// routedBase is the address of a gateway over a router over a provider.
func routedBase(t *testing.T, steps ...llmtest.Step) (base string, provider *llmtest.Server) {
	t.Helper()
	g, providers := routed(t, nil, steps, nil)
	return server(t, g).URL + "/v1", providers[0]
}

func askAll(content string) official.ChatCompletionNewParams {
	return official.ChatCompletionNewParams{
		Model: "cheap", Messages: []official.ChatCompletionMessageParamUnion{official.UserMessage(content)},
	}
}

// Each input has its vector, in the order of the inputs.
func TestManyEmbeddings(t *testing.T) {
	t.Parallel()
	base, provider := routedBase(t)
	client := openAI(base, master)
	inputs := make([]string, 300)
	for i := range inputs {
		inputs[i] = strings.Repeat("text ", i%7+1)
	}
	many, err := client.Embeddings.New(t.Context(), official.EmbeddingNewParams{
		Model: "cheap", Input: official.EmbeddingNewParamsInputUnion{OfArrayOfStrings: inputs}, Dimensions: official.Int(8),
	})
	if err != nil || len(many.Data) != len(inputs) || many.Usage.PromptTokens != 11 {
		t.Fatalf("%d vectors, usage %+v, %v", len(many.Data), many.Usage, err)
	}
	for i, d := range many.Data {
		if int(d.Index) != i || !slices.Equal(d.Embedding, many.Data[i%7].Embedding) {
			t.Fatalf("vector %d is out of order: %+v", i, d)
		}
	}
	tokens, err := client.Embeddings.New(t.Context(), official.EmbeddingNewParams{
		Model: "cheap", Input: official.EmbeddingNewParamsInputUnion{OfArrayOfTokenArrays: [][]int64{{1, 2}, {3}}},
	})
	if err != nil || len(tokens.Data) != 2 {
		t.Fatalf("of tokens: %+v, %v", tokens, err)
	}
	if body := string(provider.Requests()[0].Body); !strings.Contains(body, `"dimensions":8`) {
		t.Errorf("the provider got %.200s", body)
	}
}

// Of several choices all arrive, whole and streamed, each under its number.
func TestSeveralChoices(t *testing.T) {
	t.Parallel()
	base, _ := routedBase(t, llmtest.Say("Four", "teen ", "days."))
	client := openAI(base, master)
	params := askAll("How many?")
	params.N = official.Int(3)
	whole, err := client.Chat.Completions.New(t.Context(), params)
	if err != nil || len(whole.Choices) != 3 {
		t.Fatalf("%+v, %v", whole, err)
	}
	stream := client.Chat.Completions.NewStreaming(t.Context(), params)
	var texts [3]string
	finished := 0
	for stream.Next() {
		for _, c := range stream.Current().Choices {
			texts[c.Index] += c.Delta.Content
			if c.FinishReason == "stop" {
				finished++
			}
		}
	}
	if err := stream.Err(); err != nil || finished != 3 {
		t.Errorf("%d choices were finished, %v", finished, err)
	}
	for i := range texts {
		if c := whole.Choices[i]; int(c.Index) != i || c.Message.Content != "Fourteen days." || texts[i] != "Fourteen days." {
			t.Errorf("choice %d: %q, streamed %q", i, c.Message.Content, texts[i])
		}
	}
}

// A tool's call arrives whole and streamed, and what it came to goes back.
func TestToolsThereAndBack(t *testing.T) {
	t.Parallel()
	call := llmtest.Step{Tools: []openai.ToolCall{
		{ID: "call_1", Type: openai.ToolTypeFunction, Function: openai.FunctionCall{Name: "leave_days", Arguments: `{"year":2026}`}},
		{ID: "call_2", Type: openai.ToolTypeFunction, Function: openai.FunctionCall{Name: "leave_days", Arguments: `{"year":2027}`}},
	}}
	base, provider := routedBase(t, call, call, llmtest.Say("Fourteen days."))
	client := openAI(base, master)
	params := askAll("How many?")
	params.Tools = []official.ChatCompletionToolUnionParam{official.ChatCompletionFunctionTool(official.FunctionDefinitionParam{Name: "leave_days"})}
	whole, err := client.Chat.Completions.New(t.Context(), params)
	if err != nil {
		t.Fatal(err)
	}
	stream := client.Chat.Completions.NewStreaming(t.Context(), params)
	all := official.ChatCompletionAccumulator{}
	for stream.Next() {
		all.AddChunk(stream.Current())
	}
	if stream.Err() != nil {
		t.Fatal(stream.Err())
	}
	for name, got := range map[string]official.ChatCompletion{"whole": *whole, "streamed": all.ChatCompletion} {
		var said []string
		for _, c := range got.Choices[0].Message.ToolCalls {
			said = append(said, c.ID, c.Function.Name, c.Function.Arguments)
		}
		want := []string{"call_1", "leave_days", `{"year":2026}`, "call_2", "leave_days", `{"year":2027}`}
		if diff := cmp.Diff(want, said); diff != "" || got.Choices[0].FinishReason != "tool_calls" {
			t.Errorf("%s: %s (-want +got):\n%s", name, got.Choices[0].FinishReason, diff)
		}
	}
	params.Messages = append(params.Messages, whole.Choices[0].Message.ToParam(), official.ToolMessage("14", "call_1"), official.ToolMessage("15", "call_2"))
	if last, err := client.Chat.Completions.New(t.Context(), params); err != nil || last.Choices[0].Message.Content != "Fourteen days." {
		t.Fatalf("%+v, %v", last, err)
	}
	if body := string(provider.Requests()[2].Body); !strings.Contains(body, `"tool_call_id":"call_2"`) || !strings.Contains(body, `"arguments":"{\"year\":2026}"`) {
		t.Errorf("the provider got %s", body)
	}
}

// Usage arrives in a stream whose client asks for it, once and last, and in no
// other; it is known to the gateway either way.
func TestUsageOfAStream(t *testing.T) {
	t.Parallel()
	base, provider := routedBase(t, llmtest.Say("Four", "teen ", "days."))
	client := openAI(base, master)
	for _, asked := range []bool{true, false} {
		params := askAll("How many?")
		if asked {
			params.StreamOptions.IncludeUsage = official.Bool(true)
		}
		stream := client.Chat.Completions.NewStreaming(t.Context(), params)
		var chunks []official.ChatCompletionChunk
		for stream.Next() {
			chunks = append(chunks, stream.Current())
		}
		if stream.Err() != nil {
			t.Fatal(stream.Err())
		}
		told := 0
		for _, c := range chunks {
			if c.Usage.TotalTokens > 0 {
				told++
			}
		}
		last := chunks[len(chunks)-1]
		if asked != (told == 1) || asked && (last.Usage.TotalTokens != 18 || len(last.Choices) != 0) || !asked && told != 0 {
			t.Errorf("asked is %t: usage in %d of %d chunks, last %+v", asked, told, len(chunks), last)
		}
	}
	for _, r := range provider.Requests() {
		if !strings.Contains(string(r.Body), `"include_usage":true`) {
			t.Errorf("the provider was not asked for usage: %s", r.Body)
		}
	}
}
