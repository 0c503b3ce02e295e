package config

// Config is everything that can be set: the sections below from the
// environment, File from tribune.yaml. Load makes one; it is not changed
// afterwards and is safe for concurrent use.
type Config struct {
	Server    Server    `title:"Server"`
	Models    Models    `title:"Models"`
	Providers Providers `title:"Providers"`
	Embedding Embedding `title:"Embeddings"`
	Slack     Slack     `title:"Slack"`
	Discord   Discord   `title:"Discord"`
	NATS      NATS      `title:"Queue"`
	Weaviate  Weaviate  `title:"Shared knowledge engine"`
	Ledger    Ledger    `title:"Ledger"`
	Reports   Reports   `title:"Reports of model calls"`

	// File is what tribune.yaml says, with the defaults where it says nothing.
	File File

	// Warnings are what works but is probably not meant so.
	Warnings Problems

	settings []Setting
	// lookup is a function and not a map so that a Config printed whole shows
	// no value.
	lookup func(name string) (string, Origin)
}

// Server is about the process itself.
type Server struct {
	DataDir   string   `envconfig:"TRIBUNE_DATA_DIR" default:"./data" desc:"folder for everything that is kept"`
	Addr      Addr     `envconfig:"TRIBUNE_HTTP_ADDR" default:"127.0.0.1:4000" desc:"address of the gateway, console, web chat, webhooks, metrics and health checks"`
	PublicURL URL      `envconfig:"TRIBUNE_PUBLIC_URL" desc:"how the outside reaches that address (sign-in, links)"`
	File      string   `envconfig:"TRIBUNE_CONFIG" shown:"tribune.yaml if there" desc:"file of channels and collections"`
	LogLevel  LogLevel `envconfig:"TRIBUNE_LOG_LEVEL" default:"info" desc:"debug, info, warn or error; set_verbose: true in the LiteLLM file means debug"`
	LogFormat Format   `envconfig:"TRIBUNE_LOG_FORMAT" shown:"text on a terminal, else json" desc:"text or json"`
	Grace     Duration `envconfig:"TRIBUNE_GRACE" default:"30s" desc:"how long running answers may take to finish at shutdown"`
	Retention Duration `envconfig:"TRIBUNE_RETENTION" default:"90d" desc:"how long questions are kept"`
}

// Models says which model answers, and through what.
type Models struct {
	Mode      Mode   `envconfig:"LLM_MODE" default:"auto" desc:"auto (the first that is configured: LITELLM_API_BASE or LITELLM_MODEL, the LiteLLM file, DeepSeek, any other provider's key but Zhipu's alone, else extractive), litellm, deepseek, extractive (no model: quoted passages), or any provider's name"`
	Model     string `envconfig:"LITELLM_MODEL" desc:"name of the model"`
	APIBase   URL    `envconfig:"LITELLM_API_BASE" desc:"address of a LiteLLM proxy; unset: the provider is called directly. With a proxy the LiteLLM file's model list is not used"`
	APIKey    Secret `envconfig:"LITELLM_API_KEY" desc:"key for that proxy"`
	File      string `envconfig:"LITELLM_CONFIG" shown:"litellm_config.yaml if there" desc:"LiteLLM file: model list and router settings"`
	Rerank    string `envconfig:"TRIBUNE_RERANK_MODEL" desc:"model group that reads the best passages again and puts them in order; unset: none does"`
	MasterKey Secret `envconfig:"LITELLM_MASTER_KEY" shown:"generated into the data directory at the first start" desc:"key of the gateway's administration and of the console"`
}

// Providers are the keys of the providers that are known by name. Others are
// found by Config.Lookup.
type Providers struct {
	OpenAI    Secret `envconfig:"OPENAI_API_KEY" desc:"OpenAI"`
	Anthropic Secret `envconfig:"ANTHROPIC_API_KEY" desc:"Anthropic"`
	Gemini    Secret `envconfig:"GEMINI_API_KEY" desc:"Google Gemini"`
	DashScope Secret `envconfig:"DASHSCOPE_API_KEY" desc:"Alibaba DashScope (Qwen)"`
	Zhipu     Secret `envconfig:"ZHIPUAI_API_KEY" desc:"Zhipu; alone it gives embeddings, not answers"`
	DeepSeek  Secret `envconfig:"DEEPSEEK_API_KEY" desc:"DeepSeek"`
}

// Embedding is the model that turns text into vectors. It is called directly,
// never through the router.
type Embedding struct {
	Model      string `envconfig:"EMBEDDING_MODEL" shown:"embedding-3 when ZHIPUAI_API_KEY is set" desc:"name of the embedding model; unset: search by words alone"`
	APIBase    URL    `envconfig:"EMBEDDING_API_BASE" shown:"Zhipu's when ZHIPUAI_API_KEY is set" desc:"address of the embedding API, up to and without /embeddings"`
	APIKey     Secret `envconfig:"EMBEDDING_API_KEY" shown:"ZHIPUAI_API_KEY" desc:"key for that API"`
	Dimensions int    `envconfig:"EMBEDDING_DIMENSIONS" desc:"length of the vectors; unset: what the model gives"`
}

// Slack connects to Slack. With AppToken events come over a socket, with
// SigningSecret over HTTP.
type Slack struct {
	BotToken      Secret `envconfig:"SLACK_BOT_TOKEN" desc:"bot token (xoxb-)"`
	AppToken      Secret `envconfig:"SLACK_APP_TOKEN" desc:"app token (xapp-): Socket Mode, no public address needed"`
	SigningSecret Secret `envconfig:"SLACK_SIGNING_SECRET" desc:"signing secret: Events API over HTTP at /slack/events"`
	ClientID      string `envconfig:"SLACK_CLIENT_ID" desc:"client id, for installing into several workspaces"`
	ClientSecret  Secret `envconfig:"SLACK_CLIENT_SECRET" desc:"client secret, for the same"`
	APIURL        URL    `envconfig:"SLACK_API_URL" default:"https://slack.com/api/" desc:"address of Slack's API"`
}

// Discord connects to Discord.
type Discord struct {
	Token         Secret `envconfig:"DISCORD_TOKEN" desc:"bot token"`
	ApplicationID string `envconfig:"DISCORD_APPLICATION_ID" desc:"application id, for commands"`
	PublicKey     string `envconfig:"DISCORD_PUBLIC_KEY" desc:"public key: interactions over HTTP at /discord/interactions"`
	GuildID       string `envconfig:"DISCORD_GUILD_ID" desc:"server in which commands are registered at once"`
	APIURL        URL    `envconfig:"DISCORD_API_URL" default:"https://discord.com/api/" desc:"address of Discord's API; the gateway's address comes from it"`
}

// NATS is the queue. Without URL it runs inside the process.
type NATS struct {
	URL      URL    `envconfig:"NATS_URL" shown:"embedded" desc:"address of a NATS cluster; several with commas between"`
	Creds    string `envconfig:"NATS_CREDS" desc:"credentials file"`
	User     string `envconfig:"NATS_USER" desc:"user name"`
	Password Secret `envconfig:"NATS_PASSWORD" desc:"password"`
	CA       string `envconfig:"NATS_CA" desc:"file with the certificate authority that the cluster's certificate is checked against"`
	Replicas int    `envconfig:"NATS_REPLICAS" default:"1" desc:"copies of each stream in the cluster, 1 to 5"`
}

// Weaviate is the shared knowledge engine. Without URL the embedded one is used.
type Weaviate struct {
	URL    URL    `envconfig:"WEAVIATE_URL" shown:"embedded engine" desc:"address of a Weaviate cluster; several hosts with commas between"`
	APIKey Secret `envconfig:"WEAVIATE_API_KEY" desc:"key for it"`
}

// Ledger is where costs and facts about answers are kept.
type Ledger struct {
	DatabaseURL URL `envconfig:"DATABASE_URL" shown:"SQLite in the data directory" desc:"PostgreSQL for the ledger; database_url in the LiteLLM file's general_settings sets it too"`
}

// Reports are the services that model calls are reported to.
type Reports struct {
	LangfusePublicKey Secret `envconfig:"LANGFUSE_PUBLIC_KEY" desc:"Langfuse public key"`
	LangfuseSecretKey Secret `envconfig:"LANGFUSE_SECRET_KEY" desc:"Langfuse secret key"`
	LangfuseHost      URL    `envconfig:"LANGFUSE_HOST" default:"https://cloud.langfuse.com" desc:"address of Langfuse"`
	SupabaseURL       URL    `envconfig:"SUPABASE_URL" desc:"address of a Supabase project"`
	SupabaseKey       Secret `envconfig:"SUPABASE_KEY" desc:"key for it"`
	OTLPEndpoint      URL    `envconfig:"OTEL_EXPORTER_OTLP_ENDPOINT" desc:"address of an OpenTelemetry collector"`
}
