package litellm

// vendors are the providers that LLM_MODE=auto looks for first, in this order.
//
// Addresses and key variables are LiteLLM's own defaults, but for deepseek
// (LiteLLM's /beta is for prefix completion only) and zhipu, qwen and glm, which
// LiteLLM does not know.
//
// Default models are each provider's current small and fast chat model, because
// an answer is written from passages that were found for it; they are those of
// Charm's catwalk v0.52.86 (2026-10-28). Where it does not list the provider:
// anthropic: the model constants of anthropic-sdk-go v1.84.0; openai agrees with
// go-openai v1.43.0; groq: console.groq.com/docs/models; mistral: the alias that
// docs.mistral.ai keeps current; together_ai: docs.together.ai/docs/serverless-models;
// siliconflow: docs.siliconflow.cn, chat completions; volcengine: the Ark models
// in catwalk's aihubmix list; ollama: the model of its quickstart.
// deepseek-chat and deepseek-reasoner were switched off on 2026-07-24
// (api-docs.deepseek.com, change log): deepseek-v4-flash took their place.
func vendors() []Provider {
	return []Provider{
		{Prefix: "openai", KeyEnv: []string{"OPENAI_API_KEY"}, Base: "https://api.openai.com/v1", DefaultModel: "gpt-6-luna", Bare: []string{"gpt-", "ft:gpt-", "chatgpt-", "codex-", "o1", "o3", "o4-", "text-embedding-3-", "text-embedding-ada-", "davinci-00", "babbage-00"}},
		{Prefix: "anthropic", Aliases: []string{"claude"}, KeyEnv: []string{"ANTHROPIC_API_KEY"}, Base: "https://api.anthropic.com", Kind: Anthropic, DefaultModel: "claude-haiku-5-5", Bare: []string{"claude-"}},
		{Prefix: "gemini", Aliases: []string{"google"}, KeyEnv: []string{"GEMINI_API_KEY", "GOOGLE_API_KEY"}, Base: "https://generativelanguage.googleapis.com/v1beta/openai", DefaultModel: "gemini-3.8-flash", Bare: []string{"gemini-"}},
		{Prefix: "deepseek", KeyEnv: []string{"DEEPSEEK_API_KEY"}, Base: "https://api.deepseek.com/v1", DefaultModel: "deepseek-v4-flash", Bare: []string{"deepseek-"}},
		{Prefix: "dashscope", Aliases: []string{"qwen", "qwencloud", "qwen_ai_platform"}, KeyEnv: []string{"DASHSCOPE_API_KEY"}, Base: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", DefaultModel: "qwen3.8-flash", Bare: []string{"qwen", "qwq-", "text-embedding-v"}},
		{Prefix: "zhipu", Aliases: []string{"glm", "zhipuai", "bigmodel"}, KeyEnv: []string{"ZHIPUAI_API_KEY", "ZHIPU_API_KEY"}, BaseEnv: "ZHIPUAI_API_BASE", Base: "https://open.bigmodel.cn/api/paas/v4", DefaultModel: "glm-5.3-flash", Bare: []string{"glm-", "embedding-"}},
		{Prefix: "zai", Aliases: []string{"z-ai"}, KeyEnv: []string{"ZAI_API_KEY"}, Base: "https://api.z.ai/api/paas/v4", DefaultModel: "glm-5.3-flash"},
		{Prefix: "moonshot", Aliases: []string{"kimi"}, KeyEnv: []string{"MOONSHOT_API_KEY"}, Base: "https://api.moonshot.ai/v1", DefaultModel: "kimi-k3", Bare: []string{"kimi-", "moonshot-"}},
		{Prefix: "volcengine", Aliases: []string{"ark"}, KeyEnv: []string{"VOLCENGINE_API_KEY", "ARK_API_KEY"}, Base: "https://ark.cn-beijing.volces.com/api/v3", DefaultModel: "doubao-seed-2-0-lite-260428", Bare: []string{"doubao-"}},
		{Prefix: "groq", KeyEnv: []string{"GROQ_API_KEY"}, Base: "https://api.groq.com/openai/v1", DefaultModel: "openai/gpt-oss-120b"},
		{Prefix: "mistral", KeyEnv: []string{"MISTRAL_API_KEY"}, Base: "https://api.mistral.ai/v1", DefaultModel: "mistral-small-latest", Bare: []string{"mistral-", "ministral-", "magistral-", "open-mistral-", "open-mixtral-", "codestral-", "devstral-", "pixtral-"}},
		{Prefix: "xai", Aliases: []string{"grok"}, KeyEnv: []string{"XAI_API_KEY"}, Base: "https://api.x.ai/v1", DefaultModel: "grok-4.7", Bare: []string{"grok-"}},
		{Prefix: "openrouter", KeyEnv: []string{"OPENROUTER_API_KEY"}, Base: "https://openrouter.ai/api/v1", DefaultModel: "deepseek/deepseek-v4-flash"},
		{Prefix: "together_ai", Aliases: []string{"together"}, KeyEnv: []string{"TOGETHER_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_TOKEN"}, Base: "https://api.together.xyz/v1", DefaultModel: "deepseek-ai/DeepSeek-V4-Flash-0731"},
		{Prefix: "fireworks_ai", Aliases: []string{"fireworks"}, KeyEnv: []string{"FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY", "FIREWORKSAI_API_KEY", "FIREWORKS_AI_TOKEN"}, BaseEnv: "FIREWORKS_API_BASE", Base: "https://api.fireworks.ai/inference/v1", DefaultModel: "accounts/fireworks/models/deepseek-v4p1-flash"},
		{Prefix: "siliconflow", Aliases: []string{"siliconcloud"}, KeyEnv: []string{"SILICONFLOW_API_KEY"}, Base: "https://api.siliconflow.cn/v1", DefaultModel: "deepseek-ai/DeepSeek-V4-Flash"},
		{Prefix: "ollama", Aliases: []string{"ollama_chat"}, Base: "http://localhost:11434/v1", DefaultModel: "llama3.2"},
	}
}
