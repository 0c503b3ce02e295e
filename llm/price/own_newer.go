package price

// newer are models and prices that came after catwalk v0.52.1, the last version
// that Go 1.26.8 builds. They are those of the vendors that are asked by name,
// from catwalk v0.52.86 (2026-10-28), but for the two that say otherwise. When
// go.mod has a newer catwalk, a test names the lines to take out.
var newer = []line{ //nolint:gochecknoglobals // a table, never written to
	{provider: "openai", model: "gpt-6-astra", in: 10, out: 50, cached: 1, context: 1050000, output: 128000},
	{provider: "openai", model: "gpt-6-sol", in: 2, out: 10, cached: 0.2, context: 1050000, output: 128000},
	{provider: "openai", model: "gpt-6-luna", in: 0.1, out: 0.5, cached: 0.01, context: 1050000, output: 128000},
	{provider: "openai", model: "gpt-6.1-sol", in: 2, out: 10, cached: 0.1, context: 1050000, output: 128000},
	{provider: "openai", model: "gpt-6.1-terra", in: 1, out: 5, cached: 0.05, context: 1050000, output: 128000},
	{provider: "openai", model: "gpt-5.6-sol", in: 4, out: 20, cached: 0.4, context: 1050000, output: 128000},      // cheaper than in v0.52.1
	{provider: "openai", model: "gpt-5.6-terra", in: 2, out: 12, cached: 0.2, context: 1050000, output: 128000},    // the same
	{provider: "openai", model: "gpt-5.6-luna", in: 0.2, out: 1.2, cached: 0.02, context: 1050000, output: 128000}, // the same

	{provider: "anthropic", model: "claude-fable-5-1", in: 10, out: 50, cached: 0.25, context: 1000000, output: 128000},
	{provider: "anthropic", model: "claude-mythos-5-1", in: 10, out: 50, cached: 0.25, context: 1000000, output: 128000},
	{provider: "anthropic", model: "claude-opus-5-5", in: 4, out: 20, cached: 0.2, context: 1000000, output: 128000},
	{provider: "anthropic", model: "claude-sonnet-5-5", in: 2, out: 10, cached: 0.1, context: 1000000, output: 128000},
	// platform.claude.com/docs/en/models/haiku-5-5/overview; its cached price is
	// that of catwalk's aihubmix and vercel, which ask Anthropic's prices for it.
	{provider: "anthropic", model: "claude-haiku-5-5", in: 0.1, out: 0.5, cached: 0.01, over: 100_000, longIn: 0.5, longOut: 2.5, context: 1000000, output: 128000},

	{provider: "gemini", model: "gemini-4-argon", in: 2, out: 10, cached: 0.1, context: 1048576, output: 65536},
	{provider: "gemini", model: "gemini-3.8-flash", in: 0.75, out: 3.75, cached: 0.075, context: 1048576, output: 65536},

	{provider: "dashscope", model: "qwen3.8-flash", in: 0.15, out: 0.47, cached: 0.016, context: 1000000},
	{provider: "dashscope", model: "qwen3.8-27b", in: 0.5, out: 3, cached: 0.1, context: 1000000},
	{provider: "dashscope", model: "glm-5.3", in: 1.4, out: 4.4, cached: 0.28, context: 1000000},
	{provider: "dashscope", model: "kimi-k3", in: 3, out: 15, cached: 0.3, context: 1048576},
	{provider: "dashscope", model: "deepseek-v4.1-flash", in: 0.3, out: 1.2, cached: 0.03, context: 1000000},

	{provider: "zai", model: "glm-5.3-flash", in: 0.15, out: 0.5, cached: 0.03, context: 1000000, output: 131072},
	{provider: "zhipu", model: "glm-5.3-flash", in: 0.15, out: 0.5, cached: 0.03, context: 1000000, output: 131072},
	{provider: "xai", model: "grok-4.7", in: 2, out: 6, cached: 0.5, context: 200000},
	{provider: "fireworks_ai", model: "accounts/fireworks/models/deepseek-v4p1-flash", in: 0.3, out: 1.2, cached: 0.006, context: 1048576},
	{provider: "fireworks_ai", model: "accounts/fireworks/models/deepseek-v4-flash-0731", in: 0.22, out: 0.66, cached: 0.007, context: 1048576},

	{provider: "bedrock", model: "us.anthropic.claude-fable-5-1", in: 10, out: 50, cached: 0.25, context: 1000000, output: 128000},
	{provider: "bedrock", model: "us.anthropic.claude-opus-5-5", in: 4, out: 20, cached: 0.2, context: 1000000, output: 128000},
	{provider: "bedrock", model: "us.anthropic.claude-sonnet-5-5", in: 2, out: 10, cached: 0.2, context: 1000000, output: 128000},
	{provider: "bedrock", model: "eu.anthropic.claude-opus-5-5", in: 4.4, out: 22, cached: 0.22, context: 1000000, output: 128000},
	{provider: "bedrock", model: "eu.anthropic.claude-sonnet-5-5", in: 2.2, out: 11, cached: 0.22, context: 1000000, output: 128000},

	// console.groq.com/docs/models and groq.com/pricing, 2026-05.
	{provider: "groq", model: "openai/gpt-oss-120b", in: 0.15, out: 0.6, context: 131072, output: 65536},
}
