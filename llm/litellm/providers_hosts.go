package litellm

// hosts serve many vendors' models in OpenAI's shape.
//
// Addresses and key variables: first LiteLLM's (litellm_core_utils/
// get_llm_provider_logic.py, llms/openai_like/providers.json, constants.py, and
// the pages of its docs/providers); the variables of nscale, morph, wandb and
// amazon_nova's second one are those of models.dev, and Nebius moved to the
// address that catwalk v0.52.1 has, and aiml to /v1 (docs.aimlapi.com). Then those that catwalk v0.52.1 lists
// (internal/providers/configs), and then models.dev's (providers/*/provider.toml).
//
// Default models are catwalk's default_small_model_id. There is none where the
// key's variable is one that machines have for other reasons (HF_TOKEN,
// SCW_SECRET_KEY), or where two providers share it.
func hosts() []Provider {
	return []Provider{
		{Prefix: "codestral", KeyEnv: []string{"CODESTRAL_API_KEY"}, Base: "https://codestral.mistral.ai/v1"},
		{Prefix: "perplexity", KeyEnv: []string{"PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"}, Base: "https://api.perplexity.ai", Bare: []string{"sonar"}},
		{Prefix: "deepinfra", KeyEnv: []string{"DEEPINFRA_API_KEY"}, Base: "https://api.deepinfra.com/v1/openai"},
		{Prefix: "nvidia_nim", Aliases: []string{"nvidia"}, KeyEnv: []string{"NVIDIA_NIM_API_KEY"}, Base: "https://integrate.api.nvidia.com/v1"},
		{Prefix: "cerebras", KeyEnv: []string{"CEREBRAS_API_KEY"}, Base: "https://api.cerebras.ai/v1", DefaultModel: "gemma-4-31b"},
		{Prefix: "sambanova", KeyEnv: []string{"SAMBANOVA_API_KEY"}, Base: "https://api.sambanova.ai/v1"},
		{Prefix: "meta_llama", KeyEnv: []string{"LLAMA_API_KEY"}, BaseEnv: "LLAMA_API_BASE", Base: "https://api.llama.com/compat/v1"},
		{Prefix: "nebius", KeyEnv: []string{"NEBIUS_API_KEY"}, Base: "https://api.tokenfactory.nebius.com/v1", DefaultModel: "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B"},
		{Prefix: "ai21", Aliases: []string{"ai21_chat"}, KeyEnv: []string{"AI21_API_KEY"}, Base: "https://api.ai21.com/studio/v1", Bare: []string{"jamba-"}},
		{Prefix: "anyscale", KeyEnv: []string{"ANYSCALE_API_KEY"}, Base: "https://api.endpoints.anyscale.com/v1"},
		{Prefix: "empower", KeyEnv: []string{"EMPOWER_API_KEY"}, Base: "https://app.empower.dev/api/v1"},
		{Prefix: "friendliai", Aliases: []string{"friendli"}, KeyEnv: []string{"FRIENDLIAI_API_KEY", "FRIENDLI_TOKEN"}, BaseEnv: "FRIENDLI_API_BASE", Base: "https://api.friendli.ai/serverless/v1"},
		{Prefix: "galadriel", KeyEnv: []string{"GALADRIEL_API_KEY"}, Base: "https://api.galadriel.com/v1"},
		{Prefix: "novita", KeyEnv: []string{"NOVITA_API_KEY"}, Base: "https://api.novita.ai/v3/openai"},
		{Prefix: "github", KeyEnv: []string{"GITHUB_API_KEY"}, Base: "https://models.inference.ai.azure.com"},
		{Prefix: "hyperbolic", KeyEnv: []string{"HYPERBOLIC_API_KEY"}, Base: "https://api.hyperbolic.xyz/v1"},
		{Prefix: "lambda_ai", KeyEnv: []string{"LAMBDA_API_KEY"}, BaseEnv: "LAMBDA_API_BASE", Base: "https://api.lambda.ai/v1"},
		{Prefix: "v0", KeyEnv: []string{"V0_API_KEY"}, Base: "https://api.v0.dev/v1"},
		{Prefix: "featherless_ai", Aliases: []string{"featherless"}, KeyEnv: []string{"FEATHERLESS_AI_API_KEY", "FEATHERLESS_API_KEY"}, Base: "https://api.featherless.ai/v1"},
		{Prefix: "nscale", KeyEnv: []string{"NSCALE_API_KEY"}, Base: "https://inference.api.nscale.com/v1"},
		{Prefix: "morph", KeyEnv: []string{"MORPH_API_KEY"}, Base: "https://api.morphllm.com/v1"},
		{Prefix: "vercel_ai_gateway", Aliases: []string{"vercel"}, KeyEnv: []string{"VERCEL_AI_GATEWAY_API_KEY", "VERCEL_API_KEY"}, Base: "https://ai-gateway.vercel.sh/v1"},
		{Prefix: "wandb", KeyEnv: []string{"WANDB_API_KEY"}, Base: "https://api.inference.wandb.ai/v1"},
		{Prefix: "clarifai", KeyEnv: []string{"CLARIFAI_API_KEY", "CLARIFAI_PAT"}, Base: "https://api.clarifai.com/v2/ext/openai/v1"},
		{Prefix: "publicai", KeyEnv: []string{"PUBLICAI_API_KEY"}, Base: "https://api.publicai.co/v1"},
		{Prefix: "helicone", KeyEnv: []string{"HELICONE_API_KEY"}, Base: "https://ai-gateway.helicone.ai"},
		{Prefix: "veniceai", Aliases: []string{"venice"}, KeyEnv: []string{"VENICE_AI_API_KEY", "VENICE_API_KEY"}, Base: "https://api.venice.ai/api/v1", DefaultModel: "nvidia-nemotron-3-5-lightning-30b-a3b"},
		{Prefix: "scaleway", KeyEnv: []string{"SCW_SECRET_KEY"}, Base: "https://api.scaleway.ai/v1"},
		{Prefix: "synthetic", KeyEnv: []string{"SYNTHETIC_API_KEY"}, Base: "https://api.synthetic.new/openai/v1", DefaultModel: "syn:small:text"},
		{Prefix: "apertis", KeyEnv: []string{"STIMA_API_KEY"}, Base: "https://api.stima.tech/v1"},
		{Prefix: "nano-gpt", Aliases: []string{"nanogpt"}, KeyEnv: []string{"NANOGPT_API_KEY"}, BaseEnv: "NANOGPT_API_BASE", Base: "https://nano-gpt.com/api/v1"},
		{Prefix: "poe", KeyEnv: []string{"POE_API_KEY"}, Base: "https://api.poe.com/v1"},
		{Prefix: "chutes", KeyEnv: []string{"CHUTES_API_KEY"}, Base: "https://llm.chutes.ai/v1", DefaultModel: "google/gemma-4-31B-turbo-TEE"},
		{Prefix: "abliteration", KeyEnv: []string{"ABLITERATION_API_KEY"}, Base: "https://api.abliteration.ai/v1"},
		{Prefix: "llamagate", KeyEnv: []string{"LLAMAGATE_API_KEY"}, Base: "https://api.llamagate.dev/v1"},
		{Prefix: "gmi", Aliases: []string{"gmicloud"}, KeyEnv: []string{"GMI_API_KEY"}, Base: "https://api.gmi-serving.com/v1"},
		{Prefix: "sarvam", KeyEnv: []string{"SARVAM_API_KEY"}, Base: "https://api.sarvam.ai/v1", KeyAlso: "api-subscription-key"},
		{Prefix: "assemblyai", KeyEnv: []string{"ASSEMBLYAI_API_KEY"}, Base: "https://llm-gateway.assemblyai.com/v1"},
		{Prefix: "charity_engine", KeyEnv: []string{"CHARITY_ENGINE_API_KEY"}, Base: "https://api.charityengine.services/remotejobs/v2/inference"},
		{Prefix: "aihubmix", KeyEnv: []string{"AIHUBMIX_API_KEY"}, Base: "https://aihubmix.com/v1", DefaultModel: "gpt-5-nano"},
		{Prefix: "salad_cloud", KeyEnv: []string{"SALAD_CLOUD_API_KEY"}, Base: "https://ai.salad.cloud/v1"},
		{Prefix: "crusoe", KeyEnv: []string{"CRUSOE_API_KEY"}, Base: "https://managed-inference-api-proxy.crusoecloud.com/v1"},
		{Prefix: "aiml", KeyEnv: []string{"AIML_API_KEY"}, Base: "https://api.aimlapi.com/v1"},
		{Prefix: "cometapi", KeyEnv: []string{"COMETAPI_KEY"}, Base: "https://api.cometapi.com/v1"},
		{Prefix: "compactifai", KeyEnv: []string{"COMPACTIFAI_API_KEY"}, Base: "https://api.compactif.ai/v1"},
		{Prefix: "amazon_nova", Aliases: []string{"amazon-nova", "nova"}, KeyEnv: []string{"AMAZON_NOVA_API_KEY", "NOVA_API_KEY"}, Base: "https://api.nova.amazon.com/v1"},

		{Prefix: "atlascloud", Aliases: []string{"atlas_cloud"}, KeyEnv: []string{"ATLASCLOUD_API_KEY"}, Base: "https://api.atlascloud.ai/v1", DefaultModel: "deepseek-ai/deepseek-v4-flash"},
		{Prefix: "avian", KeyEnv: []string{"AVIAN_API_KEY"}, Base: "https://api.avian.io/v1", DefaultModel: "deepseek/deepseek-v3.2"},
		{Prefix: "baseten", KeyEnv: []string{"BASETEN_API_KEY"}, Base: "https://inference.baseten.co/v1", DefaultModel: "openai/gpt-oss-120b"},
		{Prefix: "cortecs", KeyEnv: []string{"CORTECS_API_KEY"}, Base: "https://api.cortecs.ai/v1", DefaultModel: "glm-4.7-flash"},
		{Prefix: "huggingface", Aliases: []string{"hf"}, KeyEnv: []string{"HF_TOKEN", "HUGGINGFACE_API_KEY"}, Base: "https://router.huggingface.co/v1"},
		{Prefix: "ionet", KeyEnv: []string{"IONET_API_KEY"}, Base: "https://api.intelligence.io.solutions/api/v1", DefaultModel: "zai-org/GLM-4.7-Flash"},
		{Prefix: "neuralwatt", KeyEnv: []string{"NEURALWATT_API_KEY"}, Base: "https://api.neuralwatt.com/v1", DefaultModel: "glm-5.2-fast"},
		{Prefix: "opencode_zen", Aliases: []string{"opencode", "opencode-zen"}, KeyEnv: []string{"OPENCODE_API_KEY"}, Base: "https://opencode.ai/zen/v1"},
		{Prefix: "opencode_go", Aliases: []string{"opencode-go"}, KeyEnv: []string{"OPENCODE_API_KEY"}, Base: "https://opencode.ai/zen/go/v1"},
		{Prefix: "pioneer", KeyEnv: []string{"PIONEER_API_KEY"}, Base: "https://api.pioneer.ai/v1", DefaultModel: "Qwen/Qwen3.5-9B"},
	}
}

// moreHosts are the ones that only models.dev lists.
func moreHosts() []Provider {
	return []Provider{
		{Prefix: "inception", KeyEnv: []string{"INCEPTION_API_KEY"}, Base: "https://api.inceptionlabs.ai/v1", Bare: []string{"mercury-"}},
		{Prefix: "upstage", KeyEnv: []string{"UPSTAGE_API_KEY"}, Base: "https://api.upstage.ai/v1/solar", Bare: []string{"solar-"}},
		{Prefix: "ovhcloud", KeyEnv: []string{"OVHCLOUD_API_KEY"}, Base: "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1"},
		{Prefix: "vultr", KeyEnv: []string{"VULTR_API_KEY"}, Base: "https://api.vultrinference.com/v1"},
		{Prefix: "digitalocean", KeyEnv: []string{"DIGITALOCEAN_ACCESS_TOKEN"}, Base: "https://inference.do-ai.run/v1"},
		{Prefix: "inference_net", KeyEnv: []string{"INFERENCE_API_KEY"}, Base: "https://api.inference.net/v1"},
		{Prefix: "zenmux", KeyEnv: []string{"ZENMUX_API_KEY"}, Base: "https://zenmux.ai/api/v1"},
		{Prefix: "fastrouter", KeyEnv: []string{"FASTROUTER_API_KEY"}, Base: "https://go.fastrouter.ai/api/v1"},
		{Prefix: "berget", KeyEnv: []string{"BERGET_API_KEY"}, Base: "https://api.berget.ai/v1"},
		{Prefix: "submodel", KeyEnv: []string{"SUBMODEL_INSTAGEN_ACCESS_KEY"}, Base: "https://llm.submodel.ai/v1"},
		{Prefix: "evroc", KeyEnv: []string{"EVROC_API_KEY"}, Base: "https://models.think.evroc.com/v1"},
		{Prefix: "stackit", KeyEnv: []string{"STACKIT_API_KEY"}, Base: "https://api.openai-compat.model-serving.eu01.onstackit.cloud/v1"},
		{Prefix: "github_models", KeyEnv: []string{"GITHUB_TOKEN"}, Base: "https://models.github.ai/inference"},
	}
}
