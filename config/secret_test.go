package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// canary is the part of a secret that no output may hold.
const canary = "CANARY0123456789"

func TestSecretString(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                            "",
		"short":                       "…",
		"sk-123456789012":             "…", // 15 characters
		"sk-1234567890123":            "sk-…0123",
		"xoxb-1-2-" + canary + "abcd": "xoxb-…abcd",
		"xapp-1-" + canary + "9999":   "xapp-…9999",
		canary + canary + "wxyz":      "…wxyz",
		"LONGLABEL-" + canary:         "…6789",
		"sk-line\nbreak-" + canary:    "…",
		"密钥密钥密钥密钥密钥密钥密钥密钥一二三四": "…一二三四",
		"sk-\xff\xfe" + canary: "…",
	} {
		if got := Secret(text).String(); got != want {
			t.Errorf("Secret(%q).String() = %q, want %q", text, got, want)
		}
		if got := Secret(text).Reveal(); got != text {
			t.Errorf("Reveal() = %q, want %q", got, text)
		}
	}
}

// holder is what a program has its secrets in.
type holder struct {
	Token Secret
	List  []Secret
	ByKey map[string]Secret
	Any   any
	Ptr   *Secret
	URL   URL
}

func newHolder() holder {
	secret := Secret("sk-" + canary + "-last")
	return holder{
		Token: secret, List: []Secret{secret}, ByKey: map[string]Secret{"a": secret}, Any: secret, Ptr: &secret, URL: URL("https://user:" + canary + "@example.org/?key=" + canary),
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	h := newHolder()
	outputs := map[string]string{
		"error":     fmt.Errorf("call with %v: %w", h.Token, errors.New("no")).Error(),
		"sprint":    fmt.Sprint(h.Token, h.URL, h),
		"json":      string(must(json.Marshal(h))),
		"yaml":      string(must(yaml.Marshal(h))),
		"text log":  logged(func(w *bytes.Buffer) slog.Handler { return slog.NewTextHandler(w, nil) }, h),
		"json log":  logged(func(w *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(w, nil) }, h),
		"text":      string(must(h.Token.MarshalText())) + string(must(h.URL.MarshalText())),
		"log value": h.Token.LogValue().String() + h.URL.LogValue().String(),
	}
	for _, verb := range "vsqxXdobcUeEfFgGtT" {
		for _, flags := range []string{"", "+", "#", " ", "0", "40", "-40", ".60"} {
			format := "%" + flags + string(verb)
			outputs[format] = fmt.Sprintf(format, h.Token) + fmt.Sprintf(format, h.URL)
			outputs[format+" inside"] = fmt.Sprintf(format, h) + fmt.Sprintf(format, &h)
		}
	}
	for how, output := range outputs {
		if leaks(output) {
			t.Errorf("%s shows the secret: %s", how, output)
		}
	}
	if !strings.Contains(outputs["%+v inside"], "sk-…last") {
		t.Errorf("%%+v = %s, want the secret's ends in it", outputs["%+v inside"])
	}
}

// leaks looks for the canary as it is and in the forms that verbs print.
func leaks(output string) bool {
	hex := fmt.Sprintf("%x", canary)
	lower := strings.ToLower(output)
	return strings.Contains(output, canary) || strings.Contains(lower, hex) || strings.Contains(lower, "43 41 4e 41") || strings.Contains(output, "67 65 78 65")
}

func TestLeaksFindsEveryForm(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"%s", "%x", "%X", "% x", "%q"} {
		if !leaks(fmt.Sprintf(format, canary)) {
			t.Errorf("the check is blind to %s", format)
		}
	}
}

func logged(handler func(*bytes.Buffer) slog.Handler, h holder) string {
	var out bytes.Buffer
	log := slog.New(handler(&out))
	log.Info("start", slog.Any("token", h.Token), slog.Any("holder", h), slog.Any("url", h.URL), slog.Any("pointer", h.Ptr))
	return out.String()
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func TestURLString(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                                "",
		"https://example.org":                             "https://example.org",
		"https://example.org:8443/v1/":                    "https://example.org:8443/v1/",
		"postgres://bot:" + canary + "@db/t":              "postgres://bot:…@db/t",
		"postgres://db/t?password=" + canary:              "postgres://db/t?…",
		"https://" + canary + "@sentry.example":           "https://…@sentry.example",
		"https://:" + canary + "@example.org":             "https://…@example.org",
		"nats://a:" + canary + "@n1:4222, nats://n2:4222": "nats://a:…@n1:4222,nats://n2:4222",
		"https://a b:" + canary + "@":                     "…",
		canary + ":" + canary:                             "…",
		"https://example.org/#" + canary:                  "https://example.org/",
	} {
		if got := URL(text).String(); got != want {
			t.Errorf("URL(%q).String() = %q, want %q", text, got, want)
		}
	}
}
