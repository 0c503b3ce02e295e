package webchat

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"

	"golang.org/x/text/language"
)

//go:embed assets/texts.json
var textsFile []byte

// langCookie remembers the choice of language. The page's script sets it.
const langCookie = "tribune_lang"

// texts are the words of the page and of refusals, by language and key. The
// page's script has the same ones.
type texts map[string]map[string]string

func readTexts() (texts, error) {
	var t texts
	if err := json.Unmarshal(textsFile, &t); err != nil {
		return nil, fmt.Errorf("read the built-in texts: %w", err)
	}
	return t, nil
}

func (t texts) say(lang, key string) string { return t[lang][key] }

// preferred is the language of a request: asked for in the address, chosen
// earlier, or the first of the browser's that we have; English otherwise.
func preferred(r *http.Request) string {
	if lang := r.URL.Query().Get("lang"); ours(lang) {
		return lang
	}
	if cookie, err := r.Cookie(langCookie); err == nil && ours(cookie.Value) {
		return cookie.Value
	}
	header := clip(r.Header.Get("Accept-Language"), maxLine)
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return "en"
	}
	for _, tag := range tags {
		if base, _ := tag.Base(); ours(base.String()) {
			return base.String()
		}
	}
	return "en"
}

func ours(lang string) bool { return lang == "zh" || lang == "en" }
