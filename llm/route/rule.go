// Package route chooses a group of models by what is asked: rules over the
// request's length, language, words, channel, images, tools and the confidence
// of the retrieval, tried in order. The first that matches decides, and says
// why.
package route

// Rule sends requests that meet all of its conditions to a group. A rule
// without conditions meets every request.
type Rule struct {
	Name string   // for the reason that is shown; default: the conditions in words
	For  []string // groups that it is asked about; empty: "auto" and requests that name none
	When When
	Use  string // the group
}

// When are conditions; those that are not set do not count.
type When struct {
	LongerThan  int                             // characters of the last user message, more than
	ShorterThan int                             // the same, fewer than
	Language    string                          // "zh", "en" ...: of the last user message
	Matches     string                          // RE2 expression, in the last user message
	Channels    []string                        // patterns of the channel label, as in tribune.yaml
	Labels      map[string]string               // exact values of other labels
	Image       *bool                           // an image is in the messages
	Tools       *bool                           // tools are offered
	Confidence  struct{ Below, Above *float64 } // of the retrieval; a request without one meets neither
}
