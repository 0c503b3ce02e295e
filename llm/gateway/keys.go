package gateway

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// maxAdminBody bounds the body of a call of administration, in bytes.
const maxAdminBody = 256 << 10

// maxChanges bounds how often a key is changed anew that others change at the
// same time.
const maxChanges = 10

// newSecret is a new key: 192 random bits.
func newSecret() string {
	var b [24]byte
	rand.Read(b[:]) // it never fails: it ends the program rather
	return "sk-" + base64.RawURLEncoding.EncodeToString(b[:])
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// shown is as much of a key as people may see.
func shown(secret string) string { return "sk-..." + secret[len(secret)-4:] }

// generateKey makes a virtual key. Its secret is in this one answer and
// nowhere else.
func (g *Gateway) generateKey(e *exchange) error {
	change, err := e.keyChange()
	if err != nil {
		return err
	}
	if g.Keys == nil {
		return noKeys()
	}
	secret, err := g.secretFor(change.secret)
	if err != nil {
		return err
	}
	key := llm.Key{Hash: hashOf(secret), Shown: shown(secret), Created: g.Now().UTC()}
	key.Alias = "key-" + key.Hash[:12] // one that nothing else is called
	if err := change.apply(&key); err != nil {
		return err
	}
	if err := g.Keys.Add(e.context(), key); err != nil {
		return g.keyFailure(e.context(), err)
	}
	g.Log.InfoContext(e.context(), "a key was made", "key_alias", key.Alias, "key_hash", key.Hash)
	info := describe(key, nil)
	info.Key = secret
	return e.json(info)
}

// secretFor is the secret that was asked for, or a new one.
func (g *Gateway) secretFor(wanted string) (string, error) {
	switch {
	case wanted == "":
		return newSecret(), nil
	case !strings.HasPrefix(wanted, "sk-") || len(wanted) < 20 || !plausible(wanted):
		return "", invalid("key", "a key must begin with sk- and have 20 to %d characters of ASCII, without spaces", maxKey)
	case wanted == g.MasterKey:
		return "", invalid("key", "this is the master key")
	}
	return wanted, nil
}

// keyInfo tells about one key: any for the operator, their own for others.
func (g *Gateway) keyInfo(e *exchange) error {
	asked := e.r.URL.Query().Get("key")
	key := e.caller.key
	switch hash := hashFrom(asked); {
	case e.caller.known && (asked == "" || hash == key.Hash):
	case !e.caller.master:
		return notAdmin()
	case asked == "":
		return invalid("key", "say which key: ?key=KEY or ?key=HASH")
	default:
		var err error
		if key, err = g.findKey(e.context(), hash); err != nil {
			return err
		}
	}
	return e.json(map[string]any{"key": key.Hash, "info": describe(key, g.standing(e.context(), key))})
}

// listKeys tells of all keys: hashes, or with ?return_full_object=true all
// that is known.
func (g *Gateway) listKeys(e *exchange) error {
	if g.Keys == nil {
		return noKeys()
	}
	keys, err := g.Keys.List(e.context())
	if err != nil {
		return g.keyFailure(e.context(), err)
	}
	full := e.r.URL.Query().Get("return_full_object") == "true"
	list := make([]any, 0, len(keys))
	for _, key := range keys {
		if full {
			list = append(list, describe(key, g.standing(e.context(), key)))
		} else {
			list = append(list, key.Hash)
		}
	}
	return e.json(map[string]any{"keys": list, "total_count": len(list), "current_page": 1, "total_pages": 1})
}

// deleteKeys drops keys by key, hash or alias: all of them, or none when one
// is not there.
func (g *Gateway) deleteKeys(e *exchange) error {
	var asked struct {
		Keys    []string `json:"keys"`
		Aliases []string `json:"key_aliases"`
	}
	if err := e.decode(&asked); err != nil {
		return err
	}
	if len(asked.Keys)+len(asked.Aliases) == 0 {
		return invalid("keys", `say which keys: {"keys": [...]} or {"key_aliases": [...]}`)
	}
	hashes, err := g.hashes(e.context(), asked.Keys, asked.Aliases)
	if err != nil {
		return err
	}
	for _, hash := range hashes {
		if _, err := g.Keys.Remove(e.context(), hash); err != nil {
			return g.keyFailure(e.context(), err)
		}
		g.Log.InfoContext(e.context(), "a key was deleted", "key_hash", hash)
	}
	return e.json(map[string]any{"deleted_keys": hashes})
}

// hashes finds keys, each of which must be there.
func (g *Gateway) hashes(ctx context.Context, keys, aliases []string) ([]string, error) {
	hashes := make([]string, 0, len(keys)+len(aliases))
	for _, k := range keys {
		key, err := g.findKey(ctx, hashFrom(k))
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, key.Hash)
	}
	if len(aliases) == 0 {
		return hashes, nil
	}
	if g.Keys == nil {
		return nil, noKeys()
	}
	all, err := g.Keys.List(ctx)
	if err != nil {
		return nil, g.keyFailure(ctx, err)
	}
	byAlias := make(map[string]string, len(all))
	for _, key := range all {
		byAlias[key.Alias] = key.Hash
	}
	for _, alias := range aliases {
		hash := byAlias[alias]
		if hash == "" {
			return nil, noSuchKey()
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// updateKey changes the fields that are given.
func (g *Gateway) updateKey(e *exchange) error {
	change, err := e.keyChange()
	if err != nil {
		return err
	}
	return g.changeKey(e, change)
}

// blockKey stops a key, or lets it be used again.
func blockKey(blocked bool) func(g *Gateway, e *exchange) error {
	return func(g *Gateway, e *exchange) error {
		change, err := e.keyChange()
		if err != nil {
			return err
		}
		return g.changeKey(e, &keyChange{
			secret: change.secret,
			steps:  []func(k *llm.Key) error{func(k *llm.Key) error { k.Blocked = blocked; return nil }},
		})
	}
}

// changeKey changes a key. What another process has changed meanwhile, or so
// lately that it is not known here, stays.
func (g *Gateway) changeKey(e *exchange, change *keyChange) error {
	if change.secret == "" {
		return invalid("key", "say which key to change")
	}
	key, err := g.changeOnce(e.context(), change)
	for try := 1; errors.Is(err, llm.ErrKeyChanged) && try < maxChanges; try++ {
		key, err = g.changeOnce(e.context(), change)
	}
	if errors.Is(err, llm.ErrKeyChanged) {
		return g.keyFailure(e.context(), err)
	}
	if err != nil {
		return err
	}
	g.Log.InfoContext(e.context(), "a key was changed", "key_alias", key.Alias, "key_hash", key.Hash)
	return e.json(describe(key, g.standing(e.context(), key)))
}

// changeOnce changes a key as it was read; llm.ErrKeyChanged where that is not
// how it is any more.
func (g *Gateway) changeOnce(ctx context.Context, change *keyChange) (llm.Key, error) {
	key, err := g.findKey(ctx, hashFrom(change.secret))
	if err != nil {
		return key, err
	}
	if err := change.apply(&key); err != nil {
		return key, err
	}
	found, err := g.Keys.Change(ctx, key)
	switch {
	case errors.Is(err, llm.ErrKeyChanged):
		return key, err
	case err != nil:
		return key, g.keyFailure(ctx, err)
	case !found:
		return key, noSuchKey()
	}
	return key, nil
}

func (g *Gateway) findKey(ctx context.Context, hash string) (llm.Key, error) {
	if g.Keys == nil {
		return llm.Key{}, noKeys()
	}
	key, found, err := g.Keys.Key(ctx, hash)
	if err != nil {
		return llm.Key{}, g.keyFailure(ctx, err)
	}
	if !found {
		return llm.Key{}, noSuchKey()
	}
	return key, nil
}

// hashFrom takes a key or its hash.
func hashFrom(keyOrHash string) string {
	if b, err := hex.DecodeString(keyOrHash); err == nil && len(b) == sha256.Size {
		return strings.ToLower(keyOrHash)
	}
	return hashOf(keyOrHash)
}

// keyFailure tells that the store of keys did not do what it should. Why is
// for the log only: it may name hosts.
func (g *Gateway) keyFailure(ctx context.Context, err error) error {
	if errors.Is(err, llm.ErrKeyExists) {
		p := invalid("key_alias", "there is a key of this name, or with this secret, already")
		p.code = "key_exists"
		return p
	}
	g.Log.ErrorContext(ctx, "the store of virtual keys does not answer", "error", err)
	return &problem{
		status: http.StatusServiceUnavailable, kind: typeServer, code: "keys_unavailable", after: time.Second,
		message: "the keys cannot be looked up just now: try again",
	}
}

func noSuchKey() *problem {
	return &problem{
		status: http.StatusNotFound, kind: "token_not_found_in_db", code: "key_not_found", param: "key",
		message: "there is no such key",
	}
}

func noKeys() *problem {
	return &problem{
		status: http.StatusNotImplemented, kind: typeInvalid, code: "not_implemented",
		message: "virtual keys are not kept by this gateway",
	}
}

// decode reads a small JSON object.
func (e *exchange) decode(into any) error {
	body, err := e.readSmall()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return invalid(t.Field, "%s has a value of the wrong type", t.Field)
		}
		return invalid("", "the request's body cannot be read")
	}
	return nil
}

// readSmall reads the body of a call of administration; none at all is an
// empty object.
func (e *exchange) readSmall() (json.RawMessage, error) {
	body, err := e.read(min(maxAdminBody, e.gateway.MaxBody))
	if err != nil {
		return nil, err
	}
	if len(strings.TrimSpace(string(body))) == 0 {
		return json.RawMessage("{}"), nil
	}
	return body, checkObject(body)
}

// json answers with a value.
func (e *exchange) json(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	e.write(http.StatusOK, body)
	return nil
}
