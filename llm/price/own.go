package price

// line is one model of our own table, in dollars per million tokens.
type line struct {
	provider, model string
	in, out, cached float64
	context, output int     // tokens; 0: unknown
	reasoning       float64 // of tokens that were thought, where they cost more

	over            int // prompts of more tokens than this cost:
	longIn, longOut float64
}

func (l line) price() Price {
	return Price{
		Known: true, Source: SourceOwn,
		In: perToken(l.in), Out: perToken(l.out),
		CachedIn: perToken(l.cached), Reasoning: perToken(l.reasoning),
		Long:    Tier{Over: l.over, In: perToken(l.longIn), Out: perToken(l.longOut)},
		Context: l.context, MaxOutput: l.output,
	}
}

// own is what catwalk v0.52.1 lacks or has at another price; it goes before
// catwalk. Models that are newer than that are in newer. Sources:
//
//	L  model_prices_and_context_window.json of github.com/BerriAI/litellm at
//	   00035b69f416 (2026), which names the vendor's page for most of them
//	O  developers.openai.com/api/docs/models/<model>, read 2026-11
//	A  platform.claude.com/docs/en/about-claude/pricing and /model-deprecations,
//	   the list prices of models that are retired
//
// Not in it because no price in dollars is published: Zhipu's embedding-3 and
// its GLM-4 family at open.bigmodel.cn (billed in CNY), Volcengine's doubao
// (tiers in CNY). DashScope's prices are those of its international address;
// its Beijing one bills in CNY. Where a price has more than two steps, these
// are the first two: prompts past 128,000 tokens cost more than is said here.
var own = []line{ //nolint:gochecknoglobals // a table, never written to
	// OpenAI. L; the prices of dated names differ and are given one by one.
	{provider: "openai", model: "gpt-4", in: 30, out: 60, context: 8192, output: 8192},
	{provider: "openai", model: "gpt-4-0314", in: 30, out: 60, context: 8192, output: 4096},
	{provider: "openai", model: "gpt-4-0613", in: 30, out: 60, context: 8192, output: 8192},
	{provider: "openai", model: "gpt-4-32k", in: 60, out: 120, context: 32768, output: 4096},      // openrouter.ai/models/openai/gpt-4-32k-0314 has the list price
	{provider: "openai", model: "gpt-4-32k-0613", in: 60, out: 120, context: 32768, output: 4096}, // the same
	{provider: "openai", model: "gpt-4-1106-preview", in: 10, out: 30, context: 128000, output: 4096},
	{provider: "openai", model: "gpt-4-0125-preview", in: 10, out: 30, context: 128000, output: 4096},
	{provider: "openai", model: "gpt-4-turbo-preview", in: 10, out: 30, context: 128000, output: 4096},
	{provider: "openai", model: "gpt-4-turbo", in: 10, out: 30, context: 128000, output: 4096},
	{provider: "openai", model: "gpt-4-turbo-2024-04-09", in: 10, out: 30, context: 128000, output: 4096},
	{provider: "openai", model: "gpt-4o-2024-05-13", in: 5, out: 15, context: 128000, output: 4096}, // dearer than gpt-4o is today
	{provider: "openai", model: "gpt-3.5-turbo", in: 0.5, out: 1.5, context: 16385, output: 4096},
	{provider: "openai", model: "gpt-3.5-turbo-0125", in: 0.5, out: 1.5, context: 16385, output: 4096},
	{provider: "openai", model: "gpt-3.5-turbo-1106", in: 1, out: 2, context: 16385, output: 4096},
	{provider: "openai", model: "gpt-3.5-turbo-16k", in: 3, out: 4, context: 16385, output: 4096},
	{provider: "openai", model: "gpt-3.5-turbo-instruct", in: 1.5, out: 2, context: 8192, output: 4096},
	{provider: "openai", model: "text-embedding-3-small", in: 0.02, context: 8191}, // O
	{provider: "openai", model: "text-embedding-3-large", in: 0.13, context: 8191}, // O
	{provider: "openai", model: "text-embedding-ada-002", in: 0.1, context: 8191},  // O

	// Anthropic. Opus and Haiku: L and A; the others: A.
	{provider: "anthropic", model: "claude-3-opus-20240229", in: 15, out: 75, cached: 1.5, context: 200000, output: 4096},
	{provider: "anthropic", model: "claude-3-sonnet-20240229", in: 3, out: 15, cached: 0.3, context: 200000, output: 4096},
	{provider: "anthropic", model: "claude-3-haiku-20240307", in: 0.25, out: 1.25, cached: 0.03, context: 200000, output: 4096},
	{provider: "anthropic", model: "claude-3-5-sonnet-20240620", in: 3, out: 15, cached: 0.3, context: 200000, output: 8192},
	{provider: "anthropic", model: "claude-3-5-sonnet-20241022", in: 3, out: 15, cached: 0.3, context: 200000, output: 8192},
	{provider: "anthropic", model: "claude-3-5-haiku-20241022", in: 0.8, out: 4, cached: 0.08, context: 200000, output: 8192},
	{provider: "anthropic", model: "claude-3-7-sonnet-20250219", in: 3, out: 15, cached: 0.3, context: 200000, output: 64000},

	// Qwen at DashScope's international address. L, from
	// alibabacloud.com/help/en/model-studio/models; the first tier.
	{provider: "dashscope", model: "qwen-max", in: 1.6, out: 6.4, context: 32768, output: 8192},
	{provider: "dashscope", model: "qwen-plus", in: 0.4, out: 1.2, reasoning: 4, context: 131072, output: 16384},
	{provider: "dashscope", model: "qwen-turbo", in: 0.05, out: 0.2, reasoning: 0.5, context: 131072, output: 16384},
	{provider: "dashscope", model: "qwen-flash", in: 0.05, out: 0.4, over: 256_000, longIn: 0.25, longOut: 2, context: 1000000, output: 32768},
	{provider: "dashscope", model: "qwen-coder", in: 0.3, out: 1.5, context: 1000000, output: 16384},
	{provider: "dashscope", model: "qwen3-max", in: 1.2, out: 6, over: 32_000, longIn: 2.4, longOut: 12, context: 262144, output: 65536},
	{provider: "dashscope", model: "qwen3-max-preview", in: 1.2, out: 6, over: 32_000, longIn: 2.4, longOut: 12, context: 262144, output: 65536},
	{provider: "dashscope", model: "qwen3-coder-flash", in: 0.3, out: 1.5, cached: 0.08, over: 32_000, longIn: 0.5, longOut: 2.5, context: 1000000, output: 65536},
	{provider: "dashscope", model: "qwen3-coder-plus", in: 1, out: 5, cached: 0.1, over: 32_000, longIn: 1.8, longOut: 9, context: 1000000, output: 65536},

	// DeepSeek's names until 2026-07-24, when they were switched off. L, from
	// api-docs.deepseek.com/quick_start/pricing.
	{provider: "deepseek", model: "deepseek-chat", in: 0.28, out: 0.42, cached: 0.028, context: 131072, output: 8192},
	{provider: "deepseek", model: "deepseek-reasoner", in: 0.28, out: 0.42, cached: 0.028, context: 131072, output: 65536},

	// Z.ai. L, from docs.z.ai/guides/overview/pricing.
	{provider: "zai", model: "glm-4-32b-0414-128k", in: 0.1, out: 0.1, context: 128000, output: 32000},
	{provider: "zai", model: "glm-4.5-x", in: 2.2, out: 8.9, context: 128000, output: 32000},
	{provider: "zai", model: "glm-4.5-airx", in: 1.1, out: 4.5, context: 128000, output: 32000},

	// Moonshot's names until 2026-05-25. L, from platform.moonshot.ai/docs/pricing/chat.
	{provider: "moonshot", model: "kimi-k2-0711-preview", in: 0.6, out: 2.5, cached: 0.15, context: 131072},
	{provider: "moonshot", model: "kimi-k2-0905-preview", in: 0.6, out: 2.5, cached: 0.15, context: 262144},
	{provider: "moonshot", model: "kimi-k2-turbo-preview", in: 1.15, out: 8, cached: 0.15, context: 262144},

	// Mistral: names that do not move. L, from mistral.ai/pricing and
	// docs.mistral.ai/models/model-cards.
	{provider: "mistral", model: "mistral-medium-3-5", in: 1.5, out: 7.5, context: 262144},
	{provider: "mistral", model: "mistral-medium-3-1-2508", in: 0.4, out: 2, context: 131072},
	{provider: "mistral", model: "mistral-small-3-2-2506", in: 0.06, out: 0.18, context: 131072},
	{provider: "mistral", model: "ministral-3-14b-2512", in: 0.2, out: 0.2, context: 262144},
	{provider: "mistral", model: "ministral-3-8b-2512", in: 0.15, out: 0.15, context: 262144},
	{provider: "mistral", model: "ministral-3-3b-2512", in: 0.1, out: 0.1, context: 131072},

	// Cohere. L, from docs.cohere.com.
	{provider: "cohere", model: "command-a-03-2025", in: 2.5, out: 10, context: 256000, output: 8000},
	{provider: "cohere", model: "command-r-plus-08-2024", in: 2.5, out: 10, context: 128000, output: 4096},
	{provider: "cohere", model: "command-r-08-2024", in: 0.15, out: 0.6, context: 128000, output: 4096},
	{provider: "cohere", model: "command-r7b-12-2024", in: 0.0375, out: 0.15, context: 128000, output: 4096},
	{provider: "cohere", model: "embed-v4.0", in: 0.12, context: 128000},
}
