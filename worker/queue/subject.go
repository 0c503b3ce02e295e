package queue

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/tribunebot/tribune/bots"
)

// maxToken is how long one part of a subject or a key may be before it is
// replaced by its hash. Platforms' ids are a fraction of that.
const maxToken = 120

// token turns any text into one part of a subject or a key. Letters, digits,
// '-' and '_' stay; every other byte becomes =XX, because '=' is allowed in
// both subjects and keys, and '.', '*', '>' and blanks mean something there.
// Different texts give different tokens.
func token(s string) string {
	if s == "" {
		return "="
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; plain(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	if b.Len() <= maxToken {
		return b.String()
	}
	sum := sha256.Sum256([]byte(s))
	return "=h" + hex.EncodeToString(sum[:]) // no escape has a small h
}

func plain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// threadTokens spells a thread as the end of a subject.
func threadTokens(t bots.Thread) string {
	return strings.Join([]string{token(t.Platform), token(t.Team), token(t.Channel), token(t.Root)}, ".")
}

// mailboxThread is the thread whose turn a question waits for. A question that
// hangs on no message yet is a thread of its own.
func mailboxThread(q bots.Question) bots.Thread {
	t := q.Thread
	if t.Root == "" {
		t.Root = q.Message
	}
	if t.Root == "" {
		t.Root = q.ID
	}
	return t
}

// Subjects, one group for each kind of message.
const (
	questionSubjects = "q.>"     // questions, by thread
	probeSubjects    = "probe.>" // what Ready writes
	waitSubjects     = "wait.>"  // pointers that wait for their time, by question
	againSubjects    = "again.>" // pointers whose time has come, by thread
	deadSubjects     = "dead.>"  // dead letters, by question
	leaseSubjects    = "lease.>" // leases, by thread
	markSubjects     = "mark.>"  // check marks, by message
)

func questionSubject(q bots.Question) string { return "q." + threadTokens(mailboxThread(q)) }
func againSubject(t bots.Thread) string      { return "again." + threadTokens(t) }
func waitSubject(id string) string           { return "wait." + token(id) }
func deadSubject(id string) string           { return "dead." + token(id) }
func leaseSubject(thread string) string      { return "lease." + token(thread) }
func relaySubject(topic string) string       { return "live." + token(topic) }
