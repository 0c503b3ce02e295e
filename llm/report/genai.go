package report

// schemaURL names the version of the conventions that the names below are from.
// They have moved to a repository of their own since and are in development, so
// they are kept here and not imported.
const schemaURL = "https://opentelemetry.io/schemas/1.41.0"

// Attributes of the OpenTelemetry semantic conventions 1.41.0: generative AI,
// servers, errors, resources.
const (
	genOperation     = "gen_ai.operation.name"
	genProvider      = "gen_ai.provider.name"
	genConversation  = "gen_ai.conversation.id"
	genRequestModel  = "gen_ai.request.model"
	genRequestPrefix = "gen_ai.request."
	genResponseModel = "gen_ai.response.model"
	genResponseID    = "gen_ai.response.id"
	genFinishReasons = "gen_ai.response.finish_reasons"
	genFirstChunk    = "gen_ai.response.time_to_first_chunk" // seconds
	genInputTokens   = "gen_ai.usage.input_tokens"
	genOutputTokens  = "gen_ai.usage.output_tokens"
	genCachedTokens  = "gen_ai.usage.cache_read.input_tokens"
	genInput         = "gen_ai.input.messages"
	genOutput        = "gen_ai.output.messages"
	serverAddress    = "server.address"
	serverPort       = "server.port"
	errorType        = "error.type"
	serviceName      = "service.name"
	serviceVersion   = "service.version"
	environmentName  = "deployment.environment.name"
)

// Values of gen_ai.operation.name.
const (
	operationChat       = "chat"
	operationText       = "text_completion"
	operationEmbeddings = "embeddings"
)

// Attributes of our own.
const (
	tribuneCall       = "tribune.call.id"
	tribuneGroup      = "tribune.group"
	tribuneDeployment = "tribune.deployment"
	tribuneRoute      = "tribune.route"
	tribuneAttempts   = "tribune.attempts"
	tribuneFallbacks  = "tribune.fallbacks"
	tribuneCost       = "tribune.cost_usd"
	tribuneCooled     = "tribune.cooled_down_s"
	tribuneQuestion   = "tribune.question.id"
	tribuneReasoning  = "tribune.usage.reasoning_tokens" // a part of the output tokens
	tribuneStream     = "tribune.stream"
)

// Langfuse's attributes (langfuse.com/integrations/native/opentelemetry). Those
// that hold several values are JSON in a string.
const (
	fuseTraceName  = "langfuse.trace.name"
	fuseTags       = "langfuse.trace.tags"
	fuseEnv        = "langfuse.environment"
	fuseUser       = "user.id"
	fuseSession    = "session.id"
	fuseType       = "langfuse.observation.type"
	fuseInput      = "langfuse.observation.input"
	fuseOutput     = "langfuse.observation.output"
	fuseLevel      = "langfuse.observation.level"
	fuseStatus     = "langfuse.observation.status_message"
	fuseModel      = "langfuse.observation.model.name"
	fuseParams     = "langfuse.observation.model.parameters"
	fuseUsage      = "langfuse.observation.usage_details"
	fuseCost       = "langfuse.observation.cost_details"
	fuseFirst      = "langfuse.observation.completion_start_time"
	fuseMetadata   = "langfuse.observation.metadata."
	fuseGeneration = "generation"
	fuseSpan       = "span"
	fuseError      = "ERROR"
)
