package gateway

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/quota"
	"github.com/tribunebot/tribune/llm/quota/quotatest"
)

func (k *keyring) Change(_ context.Context, key llm.Key) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, other := range k.keys {
		if other.Hash != key.Hash && other.Alias == key.Alias {
			return false, llm.ErrKeyExists
		}
		if other.Hash == key.Hash {
			if other.Revision != key.Revision {
				return false, llm.ErrKeyChanged
			}
			key.Revision++
			k.keys[i] = key
			return true, nil
		}
	}
	return false, nil
}

func TestLifeOfAKey(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	store := &keyring{}
	g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), func(o *Options) {
		o.Keys, o.Now = store, func() time.Time { return now }
	})
	made := decoded[keyDescription](t, ask(t, g, http.MethodPost, "/key/generate", `{
		"key_alias":"alice","models":["m"],"max_budget":2.5,"budget_duration":"30d","duration":"12h","rpm_limit":60,
		"tpm_limit":1000,"max_parallel_requests":3,"user_id":"u1","metadata":{"team":"hr"},"team_id":null,"aliases":{},"key_type":"default"}`))
	if !regexp.MustCompile(`^sk-[A-Za-z0-9_-]{32}$`).MatchString(made.Key) {
		t.Fatalf("key = %q", made.Key)
	}
	budget := 2.5
	want := llm.Key{
		Hash: hashOf(made.Key), Shown: "sk-..." + made.Key[len(made.Key)-4:], Alias: "alice", Models: []string{"m"}, User: "u1",
		RPM: 60, TPM: 1000, Max: 3, Budget: &budget, Every: 30 * 24 * time.Hour, Created: now, Expires: now.Add(12 * time.Hour),
		Metadata: map[string]any{"team": "hr"},
	}
	if diff := cmp.Diff([]llm.Key{want}, store.keys); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if made.Token != want.Hash || made.Name != want.Shown || *made.Every != "30d" || *made.Expires != "2026-11-24T00:00:00Z" {
		t.Errorf("told %+v", made)
	}
	bearer := []string{"Authorization", "Bearer " + made.Key}
	if w := ask(t, g, http.MethodPost, "/v1/chat/completions", question, bearer...); w.Code != http.StatusOK {
		t.Fatalf("the new key: status %d: %s", w.Code, w.Body)
	}
	if w := ask(t, g, http.MethodGet, "/key/info", "", bearer...); w.Code != http.StatusOK || strings.Contains(w.Body.String(), made.Key) {
		t.Errorf("status %d, or the key is told again: %s", w.Code, w.Body)
	}
	ask(t, g, http.MethodPost, "/key/block", `{"key":"`+made.Token+`"}`)
	if w := ask(t, g, http.MethodPost, "/v1/chat/completions", question, bearer...); w.Code != http.StatusUnauthorized {
		t.Errorf("blocked: status %d", w.Code)
	}
	ask(t, g, http.MethodPost, "/key/unblock", `{"key":"`+made.Key+`"}`)
	changed := decoded[keyDescription](t, ask(t, g, http.MethodPost, "/key/update", `{"key":"`+made.Key+`","rpm_limit":null,"models":["other"],"duration":"-1"}`))
	if changed.RPM != nil || *changed.TPM != 1000 || changed.Models[0] != "other" || changed.Expires != nil || changed.Key != "" {
		t.Errorf("changed to %+v", changed)
	}
	if w := ask(t, g, http.MethodPost, "/v1/chat/completions", question, bearer...); w.Code != http.StatusForbidden {
		t.Errorf("bound to another model: status %d", w.Code)
	}
	deleted := decoded[struct {
		Keys []string `json:"deleted_keys"`
	}](t, ask(t, g, http.MethodPost, "/key/delete", `{"keys":["`+made.Key+`"]}`))
	if diff := cmp.Diff([]string{made.Token}, deleted.Keys); diff != "" {
		t.Errorf("deleted (-want +got):\n%s", diff)
	}
	if w := ask(t, g, http.MethodPost, "/v1/chat/completions", question, bearer...); w.Code != http.StatusUnauthorized {
		t.Errorf("deleted: status %d", w.Code)
	}
}

func TestKeysByNameAndList(t *testing.T) {
	t.Parallel()
	g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), nil)
	first := decoded[keyDescription](t, ask(t, g, http.MethodPost, "/key/generate", `{"key_alias":"a","key":"sk-chosen-by-hand-0123"}`))
	second := decoded[keyDescription](t, ask(t, g, http.MethodPost, "/key/generate", ``))
	if first.Key != "sk-chosen-by-hand-0123" || second.Alias != "key-"+second.Token[:12] {
		t.Errorf("made %+v and %+v", first, second)
	}
	list := decoded[struct {
		Keys  []string `json:"keys"`
		Total int      `json:"total_count"`
	}](t, ask(t, g, http.MethodGet, "/key/list", ""))
	if diff := cmp.Diff([]string{first.Token, second.Token}, list.Keys); diff != "" || list.Total != 2 {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	full := decoded[struct {
		Keys []keyDescription `json:"keys"`
	}](t, ask(t, g, http.MethodGet, "/key/list?return_full_object=true", ""))
	if full.Keys[0].Alias != "a" || full.Keys[0].Key != "" {
		t.Errorf("listed %+v", full.Keys)
	}
	// One that is not there: then none is deleted.
	if w := ask(t, g, http.MethodPost, "/key/delete", `{"key_aliases":["a","ghost"]}`); w.Code != http.StatusNotFound {
		t.Errorf("status %d", w.Code)
	}
	if w := ask(t, g, http.MethodPost, "/key/delete", `{"key_aliases":["a"],"keys":["`+second.Token+`"]}`); w.Code != http.StatusOK {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if w := ask(t, g, http.MethodGet, "/key/list", ""); !strings.Contains(w.Body.String(), `"keys":[]`) {
		t.Errorf("left: %s", w.Body)
	}
}

func TestKeysThatCannotBe(t *testing.T) {
	t.Parallel()
	store := &keyring{keys: []llm.Key{virtual(nil)}}
	g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), func(o *Options) { o.Keys = store })
	for body, param := range map[string]string{
		`{"key_alias":"alice"}`: "key_alias", `{"key_alias":"a\nb"}`: "key_alias", `{"key_alias":7}`: "key_alias",
		`{"key":"short"}`: "key", `{"key":"sk-"}`: "key", `{"key":"sk-with space and more"}`: "key", `{"key":["x"]}`: "key",
		`{"key":"` + master + `"}`: "key", `{"models":"m"}`: "models", `{"models":[""]}`: "models",
		`{"max_budget":-1}`: "max_budget", `{"max_budget":"5"}`: "max_budget", `{"max_budget":1e12}`: "max_budget",
		`{"budget_duration":"soon"}`: "budget_duration", `{"budget_duration":"0d"}`: "budget_duration",
		`{"duration":"99999999999d"}`: "duration", `{"duration":"1000000w"}`: "duration",
		`{"rpm_limit":0}`: "rpm_limit", `{"rpm_limit":-5}`: "rpm_limit", `{"tpm_limit":1.5}`: "tpm_limit",
		`{"max_parallel_requests":"3"}`: "max_parallel_requests", `{"metadata":[]}`: "metadata", `{"blocked":"no"}`: "blocked",
		`{"model_max_budget":{"m":1}}`: "model_max_budget", `{"team_id":"t"}`: "team_id", `{"made_up":1}`: "made_up",
		`{"models":["m"]`: "", `[]`: "",
	} {
		w := ask(t, g, http.MethodPost, "/key/generate", body)
		if got, _ := readProblem(t, w.Code, w.Header(), w.Body.Bytes()); got.Status != http.StatusBadRequest || got.Param != param {
			t.Errorf("%s: %+v", body, got)
		}
	}
	if len(store.keys) != 1 {
		t.Errorf("%d keys are kept, want the first alone", len(store.keys))
	}
}

func TestWhoMayAdminister(t *testing.T) {
	t.Parallel()
	other := virtual(func(k *llm.Key) { k.Hash, k.Alias = hashOf("sk-another-key-0123456"), "bob" })
	g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), func(o *Options) {
		o.Keys = &keyring{keys: []llm.Key{virtual(nil), other}}
	})
	bearer := []string{"Authorization", "Bearer " + secret}
	for _, c := range []struct {
		method, path, body string
		own, master        int
	}{
		{http.MethodPost, "/key/generate", `{}`, 403, 200},
		{http.MethodPost, "/key/update", `{"key":"` + secret + `"}`, 403, 200},
		{http.MethodPost, "/key/update", `{}`, 403, 400},
		{http.MethodPost, "/key/block", `{"key":"sk-unknown"}`, 403, 404},
		{http.MethodGet, "/key/list", ``, 403, 200},
		{http.MethodGet, "/key/info", ``, 200, 400},
		{http.MethodGet, "/key/info?key=" + secret, ``, 200, 200},
		{http.MethodGet, "/key/info?key=" + hashOf(secret), ``, 200, 200},
		{http.MethodGet, "/key/info?key=" + other.Hash, ``, 403, 200},
		{http.MethodGet, "/key/info?key=nothing", ``, 403, 404},
		{http.MethodPost, "/key/delete", `{}`, 403, 400},
		{http.MethodPost, "/key/delete", `{"keys":"x"}`, 403, 400},
		{http.MethodPost, "/key/delete", `{"keys":["` + other.Hash + `"]}`, 403, 200},
		{http.MethodGet, "/key/delete", ``, 405, 405},
	} {
		if w := ask(t, g, c.method, c.path, c.body, bearer...); w.Code != c.own {
			t.Errorf("%s %s with a virtual key: status %d, want %d", c.path, c.body, w.Code, c.own)
		}
		if w := ask(t, g, c.method, c.path, c.body); w.Code != c.master {
			t.Errorf("%s %s with the master key: status %d, want %d: %s", c.path, c.body, w.Code, c.master, w.Body)
		}
	}
}

// busyKeys are changed by somebody else before each of so many changes.
type busyKeys struct {
	llm.Keys

	others int
}

func (b *busyKeys) Change(ctx context.Context, k llm.Key) (bool, error) {
	if b.others--; b.others >= 0 {
		other, _, err := b.Key(ctx, k.Hash)
		if err != nil {
			return false, err
		}
		other.RPM++
		if _, err := b.Keys.Change(ctx, other); err != nil {
			return false, err
		}
	}
	return b.Keys.Change(ctx, k)
}

func TestWhatOthersChangeStays(t *testing.T) {
	t.Parallel()
	for others, status := range map[int]int{3: http.StatusOK, maxChanges: http.StatusServiceUnavailable} {
		store := &busyKeys{Keys: quotatest.NewKeys(), others: others}
		if err := store.Add(t.Context(), virtual(nil)); err != nil {
			t.Fatal(err)
		}
		g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), func(o *Options) { o.Keys = store })
		if w := ask(t, g, http.MethodPost, "/key/block", `{"key":"`+secret+`"}`); w.Code != status {
			t.Errorf("%d others: status %d, want %d", others, w.Code, status)
		}
		k, _, err := store.Key(t.Context(), hashOf(secret))
		if err != nil || k.RPM != int64(others) || k.Blocked != (status == http.StatusOK) {
			t.Errorf("%d others: %+v, %v", others, k, err)
		}
	}
}

func TestStoresWithoutAll(t *testing.T) {
	t.Parallel()
	g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), func(o *Options) { o.Keys = nil })
	for path, body := range map[string]string{
		"/key/generate": `{}`, "/key/delete": `{"keys":["x"]}`, "/key/update": `{"key":"x"}`,
	} {
		if w := ask(t, g, http.MethodPost, path, body); w.Code != http.StatusNotImplemented {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	broken := open(t, llmtest.NewScript(llmtest.Say("Yes.")), func(o *Options) { o.Keys = &brokenKeys{} })
	if w := ask(t, broken, http.MethodGet, "/key/info?key=x", ""); w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d", w.Code)
	}
}

// TestDurationsOfKeys holds which times a key may be given.
func TestDurationsOfKeys(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		`"15m"`: 15 * time.Minute, `"30d"`: 720 * time.Hour, `"1mo"`: quota.Month, `"-1"`: 0, `""`: 0, `null`: 0,
	} {
		if got, err := optionalDuration("duration", json.RawMessage(text)); err != nil || got != want {
			t.Errorf("%s = %s, %v", text, got, err)
		}
	}
	for _, text := range []string{`"0d"`, `"d"`, `"30"`, `30`, `"-1d"`, `"1.5h"`, `" 1d"`, `"1 d"`} {
		if got, err := optionalDuration("duration", json.RawMessage(text)); err == nil {
			t.Errorf("%s = %s", text, got)
		}
	}
}

// What a key has used is counted by the same book that holds its limits.
func TestHowAKeyStands(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 20, 0, time.UTC)
	clock := func() time.Time { return now }
	book := &quota.Book{Counters: quota.NewMemory(clock), Now: clock}
	budget := 2.0
	key := virtual(func(k *llm.Key) { k.RPM, k.TPM, k.Budget, k.Every = 60, 1000, &budget, 24*time.Hour })
	hold, err := book.Reserve(t.Context(), []llm.Quota{key.Quota()}, quota.Need{Tokens: 400, USD: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	hold.Settle(t.Context(), quota.Need{Tokens: 400, USD: 0.5})
	g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), func(o *Options) {
		o.Keys, o.Levels, o.Now = &keyring{keys: []llm.Key{key}}, book, clock
	})
	for _, body := range []string{question, streamed} {
		w := ask(t, g, http.MethodPost, "/v1/chat/completions", body, "Authorization", "Bearer "+secret)
		for name, want := range map[string]string{
			"X-Litellm-Key-Spend": "0.5", "X-Litellm-Key-Max-Budget": "2",
			"X-Ratelimit-Limit-Requests": "60", "X-Ratelimit-Remaining-Requests": "59", "X-Ratelimit-Reset-Requests": "40s",
			"X-Ratelimit-Limit-Tokens": "1000", "X-Ratelimit-Remaining-Tokens": "600", "X-Ratelimit-Reset-Tokens": "40s",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s = %q, want %q", name, got, want)
			}
		}
	}
	info := decoded[struct{ Info keyDescription }](t, ask(t, g, http.MethodGet, "/key/info", "", "Authorization", "Bearer "+secret)).Info
	if *info.Spend != 0.5 || *info.Remaining.Requests != 59 || *info.Remaining.Tokens != 600 || *info.Remaining.Budget != 1.5 || info.BudgetReset == nil {
		t.Errorf("info = %+v", info)
	}
}

// Without a budget nothing counts a key's money but the usage report.
func TestSpendOfAKeyWithoutBudget(t *testing.T) {
	t.Parallel()
	known := true
	g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), func(o *Options) {
		o.Keys = &keyring{keys: []llm.Key{virtual(nil)}}
		o.Spend = func(_ context.Context, hash string) (float64, bool) { return 0.25, known && hash == hashOf(secret) }
	})
	w := ask(t, g, http.MethodPost, "/v1/chat/completions", question, "Authorization", "Bearer "+secret)
	if got := w.Header().Get("X-Litellm-Key-Spend"); got != "0.25" {
		t.Errorf("spend = %q", got)
	}
	known = false
	w = ask(t, g, http.MethodGet, "/key/info", "", "Authorization", "Bearer "+secret)
	if !strings.Contains(w.Body.String(), `"spend":null`) {
		t.Errorf("a spend that is not known: %s", w.Body)
	}
}
