// Package bots is the vocabulary of chat: a Question asked in a Thread, the
// Answer that goes back, and the small ports that a platform (Slack, Discord,
// the web chat, the terminal) plugs into.
//
// The life of a question, as this package sees it:
//
//  1. A Listener hears something meant for the bot, makes a Question of it and
//     hands it to Inbox.Hear. Only when Hear returned nil is the question on
//     disk; only then may the platform be told that it was received.
//  2. Some time later, perhaps in another process, a worker calls Poster.Open
//     (the answer's one message appears), Poster.Write as often as Pacer allows,
//     and Poster.Write once more with Content.Final.
//  3. When a worker died between sending and remembering, the next one calls
//     Poster.Find before it opens anything.
//
// Nothing here knows how questions are kept, how answers are found or which
// platform is which. A platform's own package imports this one and
// bots/markdown, and nothing else of ours but config.
package bots
