package litellm

// clouds serve models in OpenAI's shape behind an address of the customer's own
// and, some of them, a sign-in of their own. What stands in braces is filled in
// by Resolve.
//
// Sources: azure and azure_ai: LiteLLM's docs/providers/azure and
// llms/azure_ai/chat/transformation.py; bedrock: docs.aws.amazon.com/bedrock,
// "Invoke a model with the OpenAI Chat Completions API" and its API keys;
// vertex_ai: docs.cloud.google.com/vertex-ai/generative-ai, "Authenticate" of the
// OpenAI library, with LiteLLM's variables; cohere: docs.cohere.com/docs/
// compatibility-api; snowflake: docs.snowflake.com, Cortex REST API; databricks:
// docs.databricks.com, query chat models, with LiteLLM's DATABRICKS_API_BASE;
// cloudflare: developers.cloudflare.com/workers-ai, OpenAI compatible endpoints.
func clouds() []Provider {
	return []Provider{
		{Prefix: "azure", Aliases: []string{"azure_openai"}, KeyEnv: []string{"AZURE_API_KEY", "AZURE_OPENAI_API_KEY"}, Kind: Azure},
		{Prefix: "azure_ai", KeyEnv: []string{"AZURE_AI_API_KEY"}, Kind: AzureAI},
		{Prefix: "bedrock", Aliases: []string{"bedrock_converse"}, KeyEnv: []string{"AWS_BEARER_TOKEN_BEDROCK"}, BaseEnv: "AWS_BEDROCK_RUNTIME_ENDPOINT", Base: "https://bedrock-runtime.{aws_region_name|AWS_REGION_NAME|AWS_REGION|AWS_DEFAULT_REGION}.amazonaws.com/openai/v1", Kind: Bedrock, Bare: []string{"anthropic.", "us.anthropic.", "eu.anthropic.", "amazon.", "us.amazon.", "meta.llama", "us.meta.llama", "openai.gpt-"}},
		{Prefix: "vertex_ai", Aliases: []string{"vertex_ai_beta", "vertexai"}, BaseEnv: "VERTEXAI_API_BASE", Base: "https://{vertex_location|VERTEXAI_LOCATION|VERTEX_LOCATION|GOOGLE_CLOUD_LOCATION|=us-central1}-aiplatform.googleapis.com/v1/projects/{vertex_project|VERTEXAI_PROJECT|GOOGLE_CLOUD_PROJECT}/locations/{vertex_location|VERTEXAI_LOCATION|VERTEX_LOCATION|GOOGLE_CLOUD_LOCATION|=us-central1}/endpoints/openapi", Kind: Vertex},
		{Prefix: "cohere", Aliases: []string{"cohere_chat"}, KeyEnv: []string{"COHERE_API_KEY", "CO_API_KEY"}, Base: "https://api.cohere.ai/compatibility/v1", Bare: []string{"command", "c4ai-", "embed-english-", "embed-multilingual-", "embed-v"}},
		{Prefix: "snowflake", KeyEnv: []string{"SNOWFLAKE_JWT"}, Base: "https://{account_id|SNOWFLAKE_ACCOUNT_ID}.snowflakecomputing.com/api/v2/cortex/v1", Kind: Snowflake},
		{Prefix: "databricks", KeyEnv: []string{"DATABRICKS_API_KEY", "DATABRICKS_TOKEN"}},
		{Prefix: "cloudflare", KeyEnv: []string{"CLOUDFLARE_API_KEY"}, Base: "https://api.cloudflare.com/client/v4/accounts/{account_id|CLOUDFLARE_ACCOUNT_ID}/ai/v1"},
	}
}

// servers are what people run themselves, and anything else in OpenAI's shape:
// their address has no default but where the server's is always the same. Names
// and variables are LiteLLM's.
func servers() []Provider {
	return []Provider{
		{Prefix: "litellm_proxy", KeyEnv: []string{"LITELLM_PROXY_API_KEY"}, KeyOptional: true},
		{Prefix: "custom_openai", KeyEnv: []string{"CUSTOM_OPENAI_API_KEY"}, KeyOptional: true},
		{Prefix: "openai_like", Aliases: []string{"custom", "openai_compatible"}, KeyEnv: []string{"OPENAI_LIKE_API_KEY"}, KeyOptional: true},
		{Prefix: "hosted_vllm", Aliases: []string{"vllm"}, KeyEnv: []string{"HOSTED_VLLM_API_KEY"}, KeyOptional: true},
		{Prefix: "lm_studio", Aliases: []string{"lmstudio"}, KeyEnv: []string{"LM_STUDIO_API_KEY"}, KeyOptional: true},
		{Prefix: "llamafile", KeyEnv: []string{"LLAMAFILE_API_KEY"}, KeyOptional: true},
		{Prefix: "llamacpp", Aliases: []string{"llama_cpp", "llama.cpp"}, KeyEnv: []string{"LLAMACPP_API_KEY"}, KeyOptional: true},
		{Prefix: "xinference", KeyEnv: []string{"XINFERENCE_API_KEY"}, KeyOptional: true},
		{Prefix: "docker_model_runner", KeyEnv: []string{"DOCKER_MODEL_RUNNER_API_KEY"}, Base: "http://localhost:22088/engines/llama.cpp/v1", KeyOptional: true},
	}
}
