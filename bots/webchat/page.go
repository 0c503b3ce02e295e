package webchat

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
)

//go:embed assets/*.html assets/*.css assets/*.js
var assets embed.FS

// webPage is the web page: one template, one style sheet, and a script of a few
// modules that the browser takes as they are.
type webPage struct {
	o        Options
	texts    texts
	template *template.Template
	files    map[string][]byte
	version  string // of the files: browsers keep them for as long as it stays
}

func newPage(o Options, t texts) (*webPage, error) {
	tmpl, err := template.ParseFS(assets, "assets/chat.html")
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	p := &webPage{o: o, texts: t, template: tmpl, files: map[string][]byte{}}
	sum := sha256.New()
	for _, name := range []string{"chat.css", "chat.js", "answer.js", "words.js"} {
		data, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return nil, fmt.Errorf("read the page: %w", err)
		}
		sum.Write(data)
		p.files[name] = data
	}
	p.version = hex.EncodeToString(sum.Sum(nil)[:8])
	return p, nil
}

// pageData is what the template sees.
type pageData struct {
	Lang, Other string // the page's language, and the one to switch to
	T           map[string]string
	Path        string
	Version     string
	Script      scriptData
}

// scriptData is handed to the page's script as a block of JSON.
type scriptData struct {
	Path     string              `json:"path"`
	Lang     string              `json:"lang"`
	Texts    texts               `json:"texts"`
	Examples map[string][]string `json:"examples"`
	Allowed  bool                `json:"allowed"` // false: sign in first
	Signed   bool                `json:"signed"`  // there is a cookie to sign out of
}

// showPage answers with the page, or with its sign-in and 401.
func (c *Chat) showPage(w http.ResponseWriter, r *http.Request) {
	_, refused := c.asker(r)
	_, noCookie := r.Cookie(c.cookie())
	lang, other := preferred(r), "zh"
	if lang == "zh" {
		other = "en"
	}
	data := pageData{
		Lang: lang, Other: other, T: c.texts[lang], Path: c.o.Path, Version: c.page.version,
		Script: scriptData{
			Path: c.o.Path, Lang: lang, Texts: c.texts, Examples: c.page.examples(),
			Allowed: refused == nil, Signed: noCookie == nil,
		},
	}
	var html bytes.Buffer
	if err := c.page.template.Execute(&html, data); err != nil {
		c.refuse(w, r, &problem{status: http.StatusInternalServerError, code: "internal", err: err})
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Accept-Language, Cookie")
	if refused != nil {
		w.WriteHeader(http.StatusUnauthorized)
	}
	w.Write(html.Bytes())
}

// toPage leads ".../" to "...".
func (c *Chat) toPage(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, c.o.Path, http.StatusMovedPermanently)
}

// exampleCount is how many examples the page has room for.
const exampleCount = 3

func (p *webPage) examples() map[string][]string {
	all := make(map[string][]string, len(p.texts))
	for lang, words := range p.texts {
		all[lang] = p.o.Examples[lang]
		if len(all[lang]) == 0 {
			all[lang] = []string{words["example_1"], words["example_2"], words["example_3"]}
		}
		all[lang] = all[lang][:min(len(all[lang]), exampleCount)]
	}
	return all
}

// asset serves an embedded file. With its version in the address it may be
// kept for a year, because another build has another address.
func (p *webPage) asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	data, ok := p.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	if r.PathValue("version") == p.version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("ETag", `"`+p.version+`"`)
	kind := "text/css; charset=utf-8"
	if strings.HasSuffix(name, ".js") {
		kind = "text/javascript; charset=utf-8"
	}
	h.Set("Content-Type", kind)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
}
