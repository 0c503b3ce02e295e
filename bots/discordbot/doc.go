// Package discordbot is Tribune on Discord: it hears mentions, direct messages
// and /ask, and shows answers as replies, in threads or in place of a deferred
// reply. It is the only package that knows discordgo.
//
// How places on Discord become a bots.Thread (see place.go):
//
//   - A Discord thread: Channel is the parent channel, so that the parent's
//     settings and visibility hold in it; Root is "t" and the thread's id. The
//     answer goes into the thread and the thread's messages are its history.
//   - A channel or a direct conversation: Channel is the channel; Root is "m"
//     and the id of the message (or command) that the chain of replies began
//     with. The answer is a reply to the question, and the chain its history.
//     The answer to a command quotes the question, which Discord does not show.
//
// A question's ID holds the channel in which it really stands, thread or not.
//
// Three rules hold everywhere: nothing is acknowledged before Inbox.Hear said
// that it is on disk; every message and edit forbids all mentions and embeds;
// and what may be sent twice is sent in a form that Discord takes for the same
// (a nonce, or an edit).
package discordbot
