package edge

import (
	"maps"
	"net/http"
)

// Merged adds a caller's headers to a deployment's, which win. It changes neither.
func Merged(own, extra http.Header) http.Header {
	if len(extra) == 0 {
		return own
	}
	all := extra.Clone()
	maps.Copy(all, own)
	return all
}
