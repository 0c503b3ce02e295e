// What Anthropic's own client does with the gateway, in front of a provider that
// speaks OpenAI's protocol and of one that speaks Anthropic's.
import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";

const { GATEWAY, KEY } = process.env;
const client = new Anthropic({ baseURL: GATEWAY, apiKey: KEY, maxRetries: 0 });
const ask = (content) => [{ role: "user", content }];

const checks = {};
for (const model of ["gpt-4", "claude"]) {
  checks["message by " + model] = async () => {
    const made = await client.messages.create({ model, max_tokens: 100, system: "be brief", messages: ask("say: hello") });
    assert.equal(made.content[0].type, "text");
    assert.equal(made.content[0].text, "hello there");
    assert.equal(made.stop_reason, "end_turn");
    assert.ok(made.usage.output_tokens > 0);
  };

  checks["stream by " + model] = async () => {
    const events = [];
    const stream = client.messages.stream({ model, max_tokens: 100, messages: ask("say: hello") }).on("streamEvent", (e) => events.push(e.type));
    const made = await stream.finalMessage();
    assert.equal(made.content[0].text, "hello there");
    assert.equal(made.stop_reason, "end_turn");
    assert.equal(events[0], "message_start");
    assert.equal(events.at(-1), "message_stop");
  };

  checks["tools by " + model] = async () => {
    const tools = [{ name: "weather", description: "the weather", input_schema: { type: "object", properties: { city: { type: "string" } } } }];
    const request = { model, max_tokens: 100, tools, messages: ask("say: tool") };
    for (const made of [await client.messages.create(request), await client.messages.stream(request).finalMessage()]) {
      const use = made.content.find((block) => block.type === "tool_use");
      assert.equal(use.name, "weather");
      assert.deepEqual(use.input, { city: "Paris" });
      assert.equal(made.stop_reason, "tool_use");
      const next = await client.messages.create({
        ...request,
        messages: [...ask("say: hello"), { role: "assistant", content: made.content }, { role: "user", content: [{ type: "tool_result", tool_use_id: use.id, content: "sunny" }, { type: "text", text: "say: hello" }] }],
      });
      assert.equal(next.content[0].text, "hello there");
    }
  };
}

checks["unknown model"] = async () => {
  const error = await client.messages.create({ model: "no-such-model", max_tokens: 10, messages: ask("x") }).catch((e) => e);
  assert.ok(error instanceof Anthropic.APIError, String(error));
  assert.equal(error.error.type, "error", JSON.stringify(error.error));
};

checks["wrong key"] = async () => {
  const other = new Anthropic({ baseURL: GATEWAY, apiKey: "sk-wrong-0000", maxRetries: 0 });
  const error = await other.messages.create({ model: "gpt-4", max_tokens: 10, messages: ask("x") }).catch((e) => e);
  assert.ok(error instanceof Anthropic.AuthenticationError, String(error));
};

checks["cut stream"] = async () => {
  const error = await client.messages.stream({ model: "gpt-4", max_tokens: 100, messages: ask("say: cut") }).finalMessage().catch((e) => e);
  assert.ok(error instanceof Error, "a cut stream looks like a finished one");
  assert.notEqual(error.status, 404);
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
