package main

import (
	"errors"
	"net/http"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

// TestEndToEndOpenAIGo runs OpenAI's own Go client against the gateway.
func TestEndToEndOpenAIGo(t *testing.T) {
	t.Parallel()
	app := startGateway(t, clientsConfig(scriptedProvider(t).URL))
	key := newKey(t, app.base, "sk-clients-master-0001", `{"models":["gpt-4","embedder"]}`)
	client := openai.NewClient(option.WithBaseURL(app.base+"/v1"), option.WithAPIKey(key), option.WithMaxRetries(0), option.WithHTTPClient(direct()))
	ask := openai.ChatCompletionNewParams{Model: "gpt-4", Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("say: hello")}}

	whole, err := client.Chat.Completions.New(t.Context(), ask)
	if err != nil || whole.Choices[0].Message.Content != "hello there" || whole.Usage.CompletionTokens != 7 {
		t.Errorf("%+v, %v", whole, err)
	}

	stream := client.Chat.Completions.NewStreaming(t.Context(), ask)
	joined := openai.ChatCompletionAccumulator{}
	for stream.Next() {
		joined.AddChunk(stream.Current())
	}
	if err := stream.Err(); err != nil || joined.Choices[0].Message.Content != "hello there" {
		t.Errorf("%+v, %v", joined.Choices, err)
	}

	made, err := client.Embeddings.New(t.Context(), openai.EmbeddingNewParams{
		Model: "embedder", Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"a", "b"}},
	})
	if err != nil || len(made.Data) != 2 || len(made.Data[0].Embedding) == 0 {
		t.Errorf("%+v, %v", made, err)
	}

	models, err := client.Models.List(t.Context())
	if err != nil || len(models.Data) < 2 {
		t.Errorf("%+v, %v", models, err)
	}

	ask.Model = "forbidden"
	_, err = client.Chat.Completions.New(t.Context(), ask)
	if refused, ok := errors.AsType[*openai.Error](err); !ok || refused.StatusCode != http.StatusForbidden {
		t.Errorf("a model that the key may not use: %v", err)
	}

	ask.Model, ask.Messages = "gpt-4", []openai.ChatCompletionMessageParamUnion{openai.UserMessage("say: cut")}
	stream = client.Chat.Completions.NewStreaming(t.Context(), ask)
	for stream.Next() {
	}
	if stream.Err() == nil {
		t.Error("a cut stream looks like a finished one")
	}
}
