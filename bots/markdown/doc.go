// Package markdown turns the Markdown of a model or a document into what a chat
// platform can show. It knows no platform: each brings a Style.
//
// The way of a text:
//
//  1. Parse (or Parser.Parse with an allow-list of links) cleans it and makes a
//     small tree of it: a Doc. Raw HTML has become text, images links, links to
//     other schemes than http, https and mailto their text, [1] a Cite.
//  2. Render walks the Doc with a Style and gives Lines, which still know where
//     they may be cut, what must be closed and opened again around a cut, and
//     what may never be torn apart.
//  3. Split puts the Lines into parts within a platform's limit.
//
// Beside it stand StableCut for text that is still being written, Plain for
// terminals, and Clean, OneLine and Defuse for single untrusted strings such as
// titles. The whole package is free of state and safe for concurrent use.
package markdown
