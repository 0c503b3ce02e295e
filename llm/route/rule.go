// Package route chooses a group of models by what is asked: rules over the
// request's length, language, words, channel, images, tools and the confidence
// of the retrieval, tried in order. The first that matches decides, and says
// why.
//
// A request that names a group gets that group; rules are asked about those
// that leave the choice open (see Rule.For). A request's body is read only when
// a rule that may apply needs it, and then once.
package route

// Rule sends requests that meet all of its conditions to a group. A rule
// without conditions meets every request.
type Rule struct {
	Name string   // for the reason that is shown; default: the conditions in words
	For  []string // groups that it is asked about; empty: requests that name none, "auto" or "default"
	When When
	Use  string // the group
}

// When are conditions; those that are not set do not count. Those on the last
// user message are not met by a request that has none; of a completion's prompt
// they take the whole.
type When struct {
	LongerThan  int    // characters of the last user message, more than
	ShorterThan int    // the same, fewer than
	Language    string // of the last user message: one of Languages
	Matches     string // RE2 expression, in the first 32 KiB of the last user message
	// Channels are patterns of the channel label, platform:team:channel, as in
	// tribune.yaml: "*" stands for any one part, and parts left out at the end
	// for anything ("slack:T01", "web"). "key:NAME" is a virtual key's alias.
	// "platform:team:public" and ":dm" are errors: a channel's id does not say
	// who can read it.
	Channels   []string
	Labels     map[string]string               // exact values of other labels
	Image      *bool                           // an image is in the messages
	Tools      *bool                           // tools are offered
	Confidence struct{ Below, Above *float64 } // of the retrieval; a request without one meets neither
}
