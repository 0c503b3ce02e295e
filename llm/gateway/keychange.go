package gateway

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/quota"
)

// maxModels bounds the models that a key is bound to.
const maxModels = 500

// keyChange is what the body of /key/generate or /key/update asks for.
type keyChange struct {
	secret string // which key, or which one to make
	steps  []func(k *llm.Key) error
}

func (c *keyChange) apply(k *llm.Key) error {
	for _, step := range c.steps {
		if err := step(k); err != nil {
			return err
		}
	}
	return nil
}

// keyChange reads the body. A field that is not known here, with anything in
// it, is refused: it may be meant as a limit, and a limit that is not held
// must not look as if it were.
func (e *exchange) keyChange() (*keyChange, error) {
	body, err := e.readSmall()
	if err != nil {
		return nil, err
	}
	change := &keyChange{}
	setters := keyFields(e.gateway.Now())
	for name, v := range llm.Fields(body) {
		if name == "key" {
			s, ok := text(v)
			if !ok && string(v) != "null" {
				return nil, invalid(name, "key must be a text")
			}
			change.secret = s
			continue
		}
		set, known := setters[name]
		if !known && !empty(v) {
			return nil, invalid(name, "%s is not supported for keys", name)
		}
		if known {
			change.steps = append(change.steps, func(k *llm.Key) error { return set(k, name, v) })
		}
	}
	return change, nil
}

// empty tells whether a value asks for nothing.
func empty(v json.RawMessage) bool {
	switch strings.Join(strings.Fields(string(v)), "") {
	case "null", `""`, "{}", "[]", "false", "0", "0.0", `"default"`, `"llm_api"`:
		return true
	}
	return false
}

type keySetter func(k *llm.Key, name string, v json.RawMessage) error

// keyFields are the fields of a key, in LiteLLM's words.
func keyFields(now time.Time) map[string]keySetter {
	return map[string]keySetter{
		"key_alias": setAlias,
		"models":    setModels,
		"user_id": func(k *llm.Key, name string, v json.RawMessage) (err error) {
			k.User, err = optionalText(name, v)
			return err
		},
		"duration": func(k *llm.Key, name string, v json.RawMessage) error {
			d, err := optionalDuration(name, v)
			k.Expires = time.Time{}
			if d > 0 {
				k.Expires = now.Add(d).UTC()
			}
			return err
		},
		"max_budget": setBudget,
		"budget_duration": func(k *llm.Key, name string, v json.RawMessage) (err error) {
			k.Every, err = optionalDuration(name, v)
			return err
		},
		"rpm_limit":             setLimit(func(k *llm.Key, n int64) { k.RPM = n }),
		"tpm_limit":             setLimit(func(k *llm.Key, n int64) { k.TPM = n }),
		"max_parallel_requests": setLimit(func(k *llm.Key, n int64) { k.Max = n }),
		"blocked": func(k *llm.Key, name string, v json.RawMessage) (err error) {
			k.Blocked, err = boolean(name, v)
			return err
		},
		"metadata": setMetadata,
	}
}

func setAlias(k *llm.Key, name string, v json.RawMessage) error {
	alias, err := optionalText(name, v)
	if alias != "" {
		k.Alias = alias
	}
	return err
}

func setModels(k *llm.Key, name string, v json.RawMessage) error {
	var models []string
	if json.Unmarshal(v, &models) != nil || len(models) > maxModels {
		return invalid(name, "models must be a list of at most %d names", maxModels)
	}
	for _, m := range models {
		if !isName(m) {
			return invalid(name, "one of the models has no proper name")
		}
	}
	k.Models = models
	return nil
}

func setBudget(k *llm.Key, name string, v json.RawMessage) error {
	if string(v) == "null" {
		k.Budget = nil
		return nil
	}
	// Counters hold billionths of a dollar in 63 bits.
	usd, err := strconv.ParseFloat(string(v), 64)
	if err != nil || !(usd >= 0 && usd < math.MaxInt64/llm.Dollar) {
		return invalid(name, "max_budget must be an amount in dollars, not below 0")
	}
	k.Budget = &usd
	return nil
}

func setLimit(set func(k *llm.Key, n int64)) keySetter {
	return func(k *llm.Key, name string, v json.RawMessage) error {
		if string(v) == "null" {
			set(k, 0)
			return nil
		}
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil || n <= 0 {
			return invalid(name, "%s must be a whole number above 0; leave it out for no limit", name)
		}
		set(k, n)
		return nil
	}
}

func setMetadata(k *llm.Key, name string, v json.RawMessage) error {
	var m map[string]any
	if json.Unmarshal(v, &m) != nil {
		return invalid(name, "metadata must be an object")
	}
	k.Metadata = m
	return nil
}

func optionalText(name string, v json.RawMessage) (string, error) {
	if string(v) == "null" {
		return "", nil
	}
	s, ok := text(v)
	if !ok || s != "" && (!isName(s) || strings.TrimSpace(s) != s) {
		return "", invalid(name, "%s must be a text of at most %d bytes on one line", name, maxName)
	}
	return s, nil
}

func optionalDuration(name string, v json.RawMessage) (time.Duration, error) {
	s, err := optionalText(name, v)
	if err != nil || s == "" || s == "-1" { // LiteLLM's "never"
		return 0, err
	}
	d, ok := quota.ParseDuration(s)
	if !ok || d <= 0 {
		return 0, invalid(name, `%s must be a time such as "30s", "15m", "12h", "30d", "4w" or "1mo"`, name)
	}
	return d, nil
}
