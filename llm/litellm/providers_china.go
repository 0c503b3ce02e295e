package litellm

// chinese are the vendors and hosts of China that are not among the first ones,
// and the other regions of those that are: a key holds for one region only.
//
// Sources: models.dev (providers/*/provider.toml) and catwalk v0.52.1; MiniMax:
// platform.minimax.io and platform.minimaxi.com, "OpenAI API"; xiaomi_mimo:
// LiteLLM's llms/openai_like/providers.json; qianfan: cloud.baidu.com/doc/qianfan,
// OpenAI SDK, with QIANFAN_API_KEY as docs.openclaw.ai has it; hunyuan: Tencent
// Cloud's product/1729/111007; tencentcloud, baichuan, zeroone, sensenova, spark,
// ai360, infini, giteeai, taichu, internlm: LobeChat's model runtime
// (packages/model-runtime/src/providers) and the variables of its src/config/llm.ts;
// ppio: the LLM guide of its own ppio-skills.
func chinese() []Provider {
	return []Provider{
		{Prefix: "dashscope_cn", KeyEnv: []string{"DASHSCOPE_CN_API_KEY", "DASHSCOPE_API_KEY"}, Base: "https://dashscope.aliyuncs.com/compatible-mode/v1", Like: "dashscope"},
		{Prefix: "dashscope_us", KeyEnv: []string{"ALIBABA_US_API_KEY"}, Base: "https://dashscope-us.aliyuncs.com/compatible-mode/v1", Like: "dashscope"},
		{Prefix: "moonshot_cn", Aliases: []string{"moonshotai-cn"}, KeyEnv: []string{"MOONSHOT_API_KEY"}, Base: "https://api.moonshot.cn/v1", Like: "moonshot"},
		{Prefix: "kimi_coding", Aliases: []string{"kimi-for-coding"}, KeyEnv: []string{"KIMI_CODING_API_KEY"}, Base: "https://api.kimi.com/coding", Kind: Anthropic},
		{Prefix: "zhipu_coding", KeyEnv: []string{"ZHIPUAI_API_KEY", "ZHIPU_API_KEY"}, Base: "https://open.bigmodel.cn/api/coding/paas/v4", Like: "zhipu"},
		{Prefix: "zai_coding", KeyEnv: []string{"ZAI_API_KEY"}, Base: "https://api.z.ai/api/coding/paas/v4", Like: "zai"},
		{Prefix: "minimax", KeyEnv: []string{"MINIMAX_API_KEY"}, Base: "https://api.minimax.io/v1", DefaultModel: "MiniMax-M2.7", Bare: []string{"minimax-", "abab"}},
		{Prefix: "minimax-china", Aliases: []string{"minimax_cn", "minimax-cn"}, KeyEnv: []string{"MINIMAX_API_KEY"}, Base: "https://api.minimaxi.com/v1", Like: "minimax"},
		{Prefix: "siliconflow_intl", KeyEnv: []string{"SILICONFLOW_API_KEY"}, Base: "https://api.siliconflow.com/v1", Like: "siliconflow"},
		{Prefix: "stepfun", KeyEnv: []string{"STEPFUN_API_KEY", "STEP_API_KEY"}, Base: "https://api.stepfun.com/v1", Bare: []string{"step-"}},
		{Prefix: "stepfun_intl", Aliases: []string{"stepfun-ai"}, KeyEnv: []string{"STEPFUN_API_KEY"}, Base: "https://api.stepfun.ai/v1", Like: "stepfun"},
		{Prefix: "xiaomi_mimo", Aliases: []string{"xiaomi"}, KeyEnv: []string{"XIAOMI_MIMO_API_KEY"}, Base: "https://api.xiaomimimo.com/v1", Bare: []string{"mimo-"}},
		{Prefix: "modelscope", KeyEnv: []string{"MODELSCOPE_API_KEY"}, Base: "https://api-inference.modelscope.cn/v1"},
		{Prefix: "qiniu", Aliases: []string{"qiniucloud"}, KeyEnv: []string{"QINIUCLOUD_API_KEY"}, Base: "https://api.qnaigc.com/v1", DefaultModel: "glm-4.5"},
		{Prefix: "qianfan", Aliases: []string{"baidu", "wenxin", "ernie"}, KeyEnv: []string{"QIANFAN_API_KEY", "WENXIN_API_KEY"}, Base: "https://qianfan.baidubce.com/v2", Bare: []string{"ernie-"}},
		{Prefix: "hunyuan", Aliases: []string{"tencent"}, KeyEnv: []string{"HUNYUAN_API_KEY"}, Base: "https://api.hunyuan.cloud.tencent.com/v1", Bare: []string{"hunyuan-"}},
		{Prefix: "tencent_tokenhub", Aliases: []string{"tencent-tokenhub"}, KeyEnv: []string{"TENCENT_TOKENHUB_API_KEY"}, Base: "https://tokenhub.tencentmaas.com/v1"},
		{Prefix: "tencentcloud", Aliases: []string{"lkeap"}, KeyEnv: []string{"TENCENT_CLOUD_API_KEY"}, Base: "https://api.lkeap.cloud.tencent.com/v1"},
		{Prefix: "baichuan", KeyEnv: []string{"BAICHUAN_API_KEY"}, Base: "https://api.baichuan-ai.com/v1", Bare: []string{"baichuan"}},
		{Prefix: "zeroone", Aliases: []string{"lingyiwanwu", "yi"}, KeyEnv: []string{"ZEROONE_API_KEY"}, Base: "https://api.lingyiwanwu.com/v1", Bare: []string{"yi-"}},
		{Prefix: "sensenova", Aliases: []string{"sensetime"}, KeyEnv: []string{"SENSENOVA_API_KEY"}, Base: "https://api.sensenova.cn/compatible-mode/v1", Bare: []string{"sensechat-", "sensenova-"}},
		{Prefix: "spark", Aliases: []string{"xunfei", "iflytek"}, KeyEnv: []string{"SPARK_API_KEY"}, Base: "https://spark-api-open.xf-yun.com/v1"},
		{Prefix: "ai360", Aliases: []string{"360"}, KeyEnv: []string{"AI360_API_KEY"}, Base: "https://api.360.cn/v1", Bare: []string{"360gpt", "360zhinao"}},
		{Prefix: "infini", Aliases: []string{"infiniai"}, KeyEnv: []string{"INFINIAI_API_KEY"}, Base: "https://cloud.infini-ai.com/maas/v1"},
		{Prefix: "ppio", Aliases: []string{"ppinfra"}, KeyEnv: []string{"PPIO_API_KEY"}, Base: "https://api.ppio.com/openai"},
		{Prefix: "giteeai", Aliases: []string{"gitee"}, KeyEnv: []string{"GITEE_AI_API_KEY"}, Base: "https://ai.gitee.com/v1"},
		{Prefix: "moark", KeyEnv: []string{"MOARK_API_KEY"}, Base: "https://moark.com/v1"},
		{Prefix: "taichu", KeyEnv: []string{"TAICHU_API_KEY"}, Base: "https://ai-maas.wair.ac.cn/maas/v1", Bare: []string{"taichu_"}},
		{Prefix: "internlm", KeyEnv: []string{"INTERNLM_API_KEY"}, Base: "https://internlm-chat.intern-ai.org.cn/puyu/api/v1", Bare: []string{"internlm", "intern-"}},
		{Prefix: "bailing", KeyEnv: []string{"BAILING_API_TOKEN"}, Base: "https://api.tbox.cn/api/llm/v1"},
		{Prefix: "iflow", Aliases: []string{"iflowcn"}, KeyEnv: []string{"IFLOW_API_KEY"}, Base: "https://apis.iflow.cn/v1"},
		{Prefix: "jiekou", KeyEnv: []string{"JIEKOU_API_KEY"}, Base: "https://api.jiekou.ai/openai"},
	}
}
