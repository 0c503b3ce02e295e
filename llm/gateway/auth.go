package gateway

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// maxKey is the longest key that is looked at, in bytes.
const maxKey = 512

// caller is who asks.
type caller struct {
	master bool
	known  bool    // key is set
	key    llm.Key // of a virtual key
}

// authenticate finds out who asks. Its error never repeats the key.
func (g *Gateway) authenticate(r *http.Request) (caller, error) {
	secret, given := g.presented(r.Header)
	if given && plausible(secret) {
		who, found, err := g.lookUp(r.Context(), secret)
		if found || err != nil {
			return who, err
		}
	}
	switch {
	case g.Open:
		return caller{}, nil
	case !given:
		return caller{}, unauthorised("invalid_api_key", "no key was sent: send it as \"Authorization: Bearer KEY\"")
	}
	return caller{}, unauthorised("invalid_api_key", "this key is not known here")
}

func (g *Gateway) lookUp(ctx context.Context, secret string) (caller, bool, error) {
	sum := sha256.Sum256([]byte(secret))
	if g.MasterKey != "" && subtle.ConstantTimeCompare(sum[:], g.master[:]) == 1 {
		return caller{master: true}, true, nil
	}
	if g.Keys == nil {
		return caller{}, false, nil
	}
	key, found, err := g.Keys.Key(ctx, hex.EncodeToString(sum[:]))
	switch {
	case err != nil:
		return caller{}, false, g.keyFailure(ctx, err)
	case !found:
		return caller{}, false, nil
	case key.Blocked:
		return caller{}, true, unauthorised("key_blocked", "this key is blocked")
	case !key.Expires.IsZero() && !g.Now().Before(key.Expires):
		p := unauthorised("key_expired", "this key has expired")
		p.kind = "expired_key"
		return caller{}, true, p
	}
	return caller{known: true, key: key}, true, nil
}

// Presents tells whether a request carries anything as its key, right or wrong:
// for addresses that answer those who send none in another way.
func (g *Gateway) Presents(r *http.Request) bool {
	_, given := g.presented(r.Header)
	return given
}

// presented is the key that came with a request: in the operator's own header,
// or as OpenAI's clients send it, as Anthropic's do, or as Azure's do.
func (g *Gateway) presented(h http.Header) (string, bool) {
	if v := h[g.KeyHeader]; g.KeyHeader != "" && len(v) > 0 && v[0] != "" {
		if scheme, secret, ok := strings.Cut(v[0], " "); ok && strings.EqualFold(scheme, "Bearer") {
			return strings.TrimSpace(secret), true
		}
		return v[0], true
	}
	if v := h.Get("Authorization"); v != "" {
		scheme, secret, ok := strings.Cut(v, " ")
		if !ok || !strings.EqualFold(scheme, "Bearer") {
			return "", true
		}
		return strings.TrimSpace(secret), true
	}
	for _, name := range []string{"X-Api-Key", "Api-Key"} {
		if v := h.Get(name); v != "" {
			return v, true
		}
	}
	return "", false
}

// plausible tells whether a text can be a key at all: printable ASCII without
// spaces, and not too long.
func plausible(secret string) bool {
	if secret == "" || len(secret) > maxKey {
		return false
	}
	for i := range len(secret) {
		if secret[i] <= ' ' || secret[i] > '~' {
			return false
		}
	}
	return true
}

func unauthorised(code, message string) *problem {
	return &problem{
		status: http.StatusUnauthorized, kind: typeAuth, code: code, message: "Authentication Error: " + message,
	}
}

func notAdmin() *problem {
	return &problem{
		status: http.StatusForbidden, kind: typeAuth, code: "not_admin", message: "only the master key may do this",
	}
}
