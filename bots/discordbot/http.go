package discordbot

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/tribunebot/tribune/bots"
)

const (
	// maxInteraction bounds an interaction's body. A question of 6,000
	// characters takes 72 kB when all of them are written as escapes.
	maxInteraction = 256 << 10
	// maxAge is how old, or how far ahead, a signature's time may be.
	maxAge = 5 * time.Minute
)

// Routes implements bots.Router: interactions over HTTP, if the application's
// public key is known. With their address set in Discord's portal they no longer
// come over the gateway.
func (b *Bot) Routes(in bots.Inbox) map[string]http.Handler {
	if b.key == nil {
		return nil
	}
	return map[string]http.Handler{"POST /discord/interactions": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.serve(w, r, in)
	})}
}

func (b *Bot) serve(w http.ResponseWriter, r *http.Request, in bots.Inbox) {
	came := time.Now()
	body, err := b.verified(w, r)
	if err != nil {
		b.o.Log.WarnContext(r.Context(), "discord interaction refused", "reason", err.Error())
		http.Error(w, "invalid request signature", http.StatusUnauthorized)
		return
	}
	i := &interaction{}
	if err := json.Unmarshal(body, i); err != nil {
		http.Error(w, "not an interaction", http.StatusBadRequest)
		return
	}
	if i.Type == kindPing {
		b.answer(w, r, response{Type: kindPing}) // PONG has the same number
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), respondTime)
	defer cancel()
	me, err := b.self(ctx)
	if err != nil {
		b.o.Log.ErrorContext(ctx, "discord question could not be taken", "interaction", i.ID, "error", err)
		b.answer(w, r, private(say(i.Locale).busy))
		return
	}
	b.answer(w, r, b.hearInteraction(ctx, in, i, me, came.Add(hearTime)))
}

func (b *Bot) answer(w http.ResponseWriter, r *http.Request, v response) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		b.o.Log.WarnContext(r.Context(), "discord did not read the response to a command", "error", err)
	}
}

// verified returns the body if Discord signed it just now. The library's own
// check knows neither a time nor a size.
func (b *Bot) verified(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	signatures, stamps := r.Header.Values("X-Signature-Ed25519"), r.Header.Values("X-Signature-Timestamp")
	if len(signatures) != 1 || len(stamps) != 1 {
		return nil, errors.New("one signature and one timestamp are wanted")
	}
	signature, err := hex.DecodeString(signatures[0])
	if err != nil || len(signature) != ed25519.SignatureSize {
		return nil, errors.New("the signature is malformed")
	}
	seconds, err := strconv.ParseInt(stamps[0], 10, 64)
	if err != nil {
		return nil, errors.New("the timestamp is malformed")
	}
	if age := b.o.Now().Sub(time.Unix(seconds, 0)); age > maxAge || age < -maxAge {
		return nil, errors.New("the timestamp is not of now")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxInteraction))
	if err != nil {
		return nil, errors.New("the body is too long or broke off")
	}
	if !ed25519.Verify(b.key, bytes.Join([][]byte{[]byte(stamps[0]), body}, nil), signature) {
		return nil, errors.New("the signature does not fit")
	}
	return body, nil
}
