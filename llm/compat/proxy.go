package compat

import (
	"math"
	"net/http"
	"strconv"
	"strings"
)

// route says in words what a LiteLLM proxy tells of its choice; empty for any
// other server.
func route(h http.Header) string {
	id := h.Get("X-Litellm-Model-Id")
	if id == "" {
		return ""
	}
	words := "the proxy chose its deployment " + short(id)
	if group := h.Get("X-Litellm-Model-Group"); group != "" {
		words += " of " + short(group)
	}
	if n := count(h, "X-Litellm-Attempted-Fallbacks"); n > 0 {
		words += " after " + strconv.Itoa(n) + " fallbacks"
	}
	return words
}

// short keeps a header's value fit for a line of text.
func short(s string) string {
	return strings.Join(strings.Fields(s[:min(len(s), 80)]), " ")
}

// count reads a small number; a proxy that claims more than 100 tries is not
// believed.
func count(h http.Header, name string) int {
	value := h.Get(name)
	if value == "" { // as a rule; what follows would make an error of it
		return 0
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > 100 {
		return 0
	}
	return n
}

func cost(value string) *float64 {
	if value == "" {
		return nil
	}
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
		return nil
	}
	return &f
}
