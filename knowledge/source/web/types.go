package web

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/tribunebot/tribune/knowledge/format"
)

const noText = "it is of a type that has no text to read: "

// isMedia reports whether nothing of a type is ever read.
func isMedia(kind string) bool {
	family, _, _ := strings.Cut(kind, "/")
	return family == "image" || family == "audio" || family == "video" || family == "font"
}

// endingOf is the ending of a file of an answer's kind, as knowledge/format
// knows it, "" for what has no text.
func endingOf(a answer) string {
	switch kind := a.kind(); kind {
	case "text/html", "application/xhtml+xml":
		return ".html"
	case "application/pdf", "application/x-pdf":
		return ".pdf"
	case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
		return ".docx"
	case "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
		return ".xlsx"
	case "application/vnd.openxmlformats-officedocument.presentationml.presentation":
		return ".pptx"
	case "application/epub+zip":
		return ".epub"
	case "text/csv":
		return ".csv"
	case "text/markdown", "text/x-markdown":
		return ".md"
	case "text/plain", "application/octet-stream", "binary/octet-stream", "":
		return byName(a)
	}
	return ""
}

// byName is the ending of an answer of which the server says little: that of
// its address, where it is known; a page where it looks like one.
func byName(a answer) string {
	if ending := strings.ToLower(path.Ext(a.url.Path)); ending != "" && format.Refused(a.url.Path) == "" {
		return ending
	}
	switch kind := http.DetectContentType(a.body); {
	case strings.HasPrefix(kind, "text/html"):
		return ".html"
	case strings.HasPrefix(kind, "text/plain"):
		return ".txt"
	}
	return ""
}

// shownType is the type of an answer as a message may have it.
func shownType(a answer) string {
	kind := a.kind()
	if len(kind) > 100 || strings.ContainsFunc(kind, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "unknown"
	}
	return kind
}

// noPage reports whether the name of a file says that it is not even worth
// asking for.
func noPage(u *url.URL) bool {
	switch strings.ToLower(path.Ext(u.Path)) {
	case ".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".ico", ".bmp", ".tif", ".tiff", ".avif",
		".mp3", ".mp4", ".m4a", ".mov", ".avi", ".webm", ".ogg", ".wav", ".flac",
		".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".jar", ".whl", ".deb", ".rpm", ".dmg", ".iso", ".exe", ".msi", ".apk",
		".css", ".js", ".mjs", ".map", ".woff", ".woff2", ".ttf", ".otf", ".eot", ".wasm":
		return true
	}
	return false
}
