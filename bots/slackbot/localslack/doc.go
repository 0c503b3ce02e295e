// Package localslack is a workspace on the loopback interface that speaks the
// documented Slack protocol well enough for an unchanged client library: the
// Web API methods a bot needs, Socket Mode with acknowledgements, redelivery
// and reconnects, signed HTTP deliveries with retries, slash commands with
// response URLs, rate limits and Block Kit's size limits.
//
// Tests drive it to see what a bot does when Slack misbehaves; a demo drives it
// to show the bot without an account. It imports nothing of ours, so whatever a
// bot gets wrong about Slack is not repeated here by accident.
//
// What it checks, it answers with Slack's own error names. What a bot could
// get away with here but not at Slack is a fault of this package.
package localslack
