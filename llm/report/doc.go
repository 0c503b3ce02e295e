// Package report tells others of model calls: Prometheus (Metrics), Langfuse and
// any OpenTelemetry collector (Spans), and Supabase (Supabase). Each of them is
// an llm.Observer, and a Filter gives one only the calls that ended well, or
// only those that failed.
//
// # A callback never costs a call anything
//
// Observe returns at once. Metrics only counts. The others put the call into a
// Queue, which holds a bounded number of reports and of bytes and refuses what
// does not fit; Run, called once by whoever owns the process, sends batches of
// them, tries again after a failure for a bounded number of times, and empties
// the queue within a grace period when its context ends. What is refused or
// given up is counted (tribune_report_dropped_total) and logged at most once a
// minute.
//
// # What leaves the process
//
// A question's text and a model's answer are sent over OTLP only where the Text
// option is on: an operator who names Langfuse in the file switches it on by doing
// so, as with LiteLLM; a plain collector gets text only where that is asked for by
// itself. Supabase's table exists for the texts and gets them. Redact (turn_off_message_logging) puts a fixed mark in
// the place of both; token counts, cost and times stay. Keys of callbacks are in
// no error and in no log line, and neither is what their servers said, because
// that may quote what was sent.
//
// # Names
//
// Metrics have LiteLLM's names and labels, so that its dashboards work; what
// LiteLLM has no name for starts with tribune_. Attributes of spans are those of
// the OpenTelemetry conventions for generative AI (see genai.go for the version)
// and, for Langfuse, its own.
package report
