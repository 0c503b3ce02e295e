// Package gateway is the router's HTTP face: an http.Handler that speaks
// OpenAI's protocol (chat and plain completions, embeddings, models),
// Anthropic's (messages) and LiteLLM's administration (virtual keys, model
// information, health), over any llm.Model.
//
// # Requests
//
// A body is read once and goes on as it came: a field that nobody here knows
// reaches the provider. What speaks to the gateway itself is taken out
// (fallbacks, num_retries, timeout, disable_fallbacks, the mock_testing_
// switches, tags, cache, litellm_metadata, litellm_session_id, and metadata
// where it holds one of the names that LiteLLM's reports know), and what would
// send a key or a request to wherever a client likes is refused (api_base,
// api_key ...). The labels of the llm.Request say who asks; its quotas are the
// key's limits, held by whatever Model is behind.
//
// Whoever calls shows the master key or a virtual key, of which only SHA-256 is
// kept. A key that is bound to models may use them by name, pattern or alias;
// a deployment's id counts as its group. The fallbacks that a request names are
// checked like its model; those of the configuration are the operator's word.
//
// Of a client's headers nothing goes on, unless ForwardHeaders says so: then those
// that begin with X- and do not look like a credential.
//
// # Answers
//
// A provider's answer is written byte for byte, "model" in it included. Of a
// stream nothing is sent before its first chunk, pings neither: until then a
// failure has a status of its own, on which clients try again by themselves,
// and what bounds the wait is the router's first-token timeout. After it a
// failure is an event with an error, and what ends a good stream ([DONE],
// message_stop) does not come. A silence of 15 seconds within a stream is
// filled with a ping. A client that leaves, or that does not read for a minute,
// ends the call.
//
// Headers tell who answered, at what cost and how a key's limits stand, under
// LiteLLM's names. A provider's own headers come as Llm_provider-NAME, but for
// those of the connection, of the account, and of browsers, caches and proxies.
//
// # Errors
//
// The status and code of each kind of failure are in verdictOf. Texts are one
// line of at most 1000 bytes and name no secret; what no provider's edge has
// classified is "internal error" to a client, and in the log in full.
package gateway
