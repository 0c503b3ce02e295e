// What OpenAI's own client does with the gateway. GATEWAY is its address, KEY a
// virtual key that may call gpt-4, backup and embedder, MASTER the master key.
import assert from "node:assert/strict";
import OpenAI from "openai";

const { GATEWAY, KEY, MASTER } = process.env;
const client = new OpenAI({ baseURL: GATEWAY + "/v1", apiKey: KEY, maxRetries: 0 });
const messages = [{ role: "user", content: "say: hello" }];

const checks = {
  async models() {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.ok(ids.includes("gpt-4"), ids.join());
    assert.ok(!ids.includes("forbidden"), "a model that the key may not use is listed: " + ids.join());
  },

  async chat() {
    const { data, response } = await client.chat.completions.create({ model: "gpt-4", messages }).withResponse();
    assert.equal(data.choices[0].message.content, "hello there");
    assert.equal(data.choices[0].finish_reason, "stop");
    assert.equal(data.usage.prompt_tokens, 11);
    assert.ok(response.headers.get("x-litellm-call-id"));
    assert.ok(Number(response.headers.get("x-litellm-response-cost")) > 0, "no cost");
  },

  async stream() {
    const stream = await client.chat.completions.create({ model: "gpt-4", messages, stream: true, stream_options: { include_usage: true } });
    let text = "", usage, finish;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta?.content ?? "";
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    assert.equal(text, "hello there");
    assert.equal(finish, "stop");
    assert.equal(usage.completion_tokens, 7);
  },

  async streamWithoutUsage() {
    for await (const chunk of await client.chat.completions.create({ model: "gpt-4", messages, stream: true })) {
      assert.equal(chunk.choices.length, 1, "a chunk without choices came, which nobody asked for");
    }
  },

  async streamHelper() {
    const runner = client.chat.completions.stream({ model: "gpt-4", messages });
    const whole = await runner.finalChatCompletion();
    assert.equal(whole.choices[0].message.content, "hello there");
  },

  async tools() {
    const tools = [{ type: "function", function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } } }];
    for (const stream of [false, true]) {
      const request = { model: "gpt-4", messages: [{ role: "user", content: "say: tool" }], tools };
      const whole = stream ? await client.chat.completions.stream(request).finalChatCompletion() : await client.chat.completions.create(request);
      const call = whole.choices[0].message.tool_calls[0];
      assert.equal(call.function.name, "weather");
      assert.deepEqual(JSON.parse(call.function.arguments), { city: "Paris" });
      assert.equal(whole.choices[0].finish_reason, "tool_calls");
    }
  },

  async image() {
    const content = [{ type: "text", text: "say: hello" }, { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } }];
    const whole = await client.chat.completions.create({ model: "gpt-4", messages: [{ role: "user", content }] });
    assert.equal(whole.choices[0].message.content, "hello there");
  },

  async jsonMode() {
    const whole = await client.chat.completions.create({ model: "gpt-4", messages: [{ role: "user", content: "say: json" }], response_format: { type: "json_object" } });
    assert.deepEqual(JSON.parse(whole.choices[0].message.content), { ok: true });
  },

  async reasoning() {
    const whole = await client.chat.completions.create({ model: "gpt-4", messages: [{ role: "user", content: "say: reason" }], reasoning_effort: "low" });
    assert.equal(whole.choices[0].message.reasoning_content, "I think.");
  },

  async embeddings() {
    const made = await client.embeddings.create({ model: "embedder", input: ["a", "b"], encoding_format: "float" });
    assert.equal(made.data.length, 2);
    assert.ok(made.data.every((d) => d.embedding.length > 0 && d.embedding.every(Number.isFinite)));
  },

  async completions() {
    const made = await client.completions.create({ model: "gpt-4", prompt: "say: hello" });
    assert.equal(made.choices[0].text, "hello there");
  },

  async fallback() {
    const { data, response } = await client.chat.completions.create({ model: "broken", messages }).withResponse();
    assert.equal(data.choices[0].message.content, "hello there");
    assert.equal(response.headers.get("x-litellm-attempted-fallbacks"), "1");
  },

  async unknownModel() {
    const error = await client.chat.completions.create({ model: "no-such-model", messages }).catch((e) => e);
    assert.ok(error instanceof OpenAI.APIError, String(error));
    assert.ok([400, 401, 403, 404].includes(error.status), "status " + error.status);
  },

  async wrongKey() {
    const other = new OpenAI({ baseURL: GATEWAY + "/v1", apiKey: "sk-wrong-0000", maxRetries: 0 });
    const error = await other.chat.completions.create({ model: "gpt-4", messages }).catch((e) => e);
    assert.ok(error instanceof OpenAI.AuthenticationError, String(error));
  },

  async tooMany() {
    // One request a minute: of three the clock can let two pass, never all.
    let error;
    for (let i = 0; i < 3 && !(error instanceof Error); i++) {
      error = await client.chat.completions.create({ model: "limited", messages, timeout: 0.2 }).catch((e) => e);
    }
    assert.ok(error instanceof OpenAI.RateLimitError, String(error));
    assert.ok(Number(error.headers.get("retry-after")) > 0, "no retry-after");
  },

  async cutStream() {
    let text = "", error;
    try {
      for await (const chunk of await client.chat.completions.create({ model: "gpt-4", messages: [{ role: "user", content: "say: cut" }], stream: true })) {
        text += chunk.choices[0]?.delta?.content ?? "";
      }
    } catch (e) {
      error = e;
    }
    assert.equal(text, "half ");
    assert.ok(error, "a cut stream looks like a finished one");
  },

  async documents() {
    const master = new OpenAI({ baseURL: GATEWAY + "/v1", apiKey: MASTER, maxRetries: 0 });
    const whole = await master.chat.completions.create({ model: "tribune", messages: [{ role: "user", content: "公司恶意辞退，赔偿金怎么算？" }] });
    assert.match(whole.choices[0].message.content, /\[1\]/);
    const streamed = await master.chat.completions.stream({ model: "tribune/handbook", messages: [{ role: "user", content: "公司恶意辞退，赔偿金怎么算？" }] }).finalChatCompletion();
    assert.match(streamed.choices[0].message.content, /\[1\]/);
  },
};

for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log("ok", name);
  } catch (error) {
    console.log("FAILED", name, error);
    process.exitCode = 1;
  }
}
