package config

// File is what tribune.yaml says.
type File struct {
	// Path is the file that was read; "" where there is none.
	Path        string                `json:"path,omitempty"`
	Collections map[string]Collection `json:"collections"`
	// Default is what every channel inherits from.
	Default Channel `json:"default"`
	// Channels holds the effective settings of the channels that are named,
	// by place ("slack:T01:C42").
	Channels map[string]Channel `json:"channels"`
	// Trusted are the people ("slack:T01:U07") whose corrections become
	// knowledge.
	Trusted []string `json:"trusted"`
	// Words are a team's own rules for reading questions, in the form of
	// knowledge/rank's words.txt; "" for none.
	Words string `json:"words,omitempty"`
}

// Collection is a set of documents that the same people may see.
type Collection struct {
	// Sources are what it is fed from.
	Sources []Source `json:"sources"`
	// VisibleTo are the patterns of the places that may see it.
	VisibleTo []string `json:"visible_to"`
	// Restricted is true where the file has a visible_to, even an empty one.
	Restricted bool `json:"restricted"`
	// Authority is the factor of its passages' scores beside those of other
	// collections; 0: 1.
	Authority float64 `json:"authority,omitempty"`
	// HalfLife is the age at which a document counts half; 0: age is nothing.
	HalfLife Duration `json:"half_life,omitempty"`
}

// Source is one place that documents come from.
type Source struct {
	// Address is the path of a folder or file, made absolute, or an address
	// with a scheme: https, git+https, discord.
	Address string `json:"address"`
	// Private allows it to lie on a private network.
	Private bool `json:"private,omitempty"`
	// PrivateChannels are the private channels of a Slack export that are read
	// too; without it public ones alone are.
	PrivateChannels []string `json:"private_channels,omitempty"`
	// Workspace is the host of the workspace of a Slack export, "team.slack.com":
	// citations link there. Empty: they have no link.
	Workspace string `json:"workspace,omitempty"`
}

// Addresses returns where a collection is fed from.
func (c Collection) Addresses() []string {
	out := make([]string, len(c.Sources))
	for i, s := range c.Sources {
		out[i] = s.Address
	}
	return out
}

// Channel is how the bot behaves in one channel.
type Channel struct {
	Collections []string  `json:"collections"` // empty: all that the channel may see
	Model       string    `json:"model"`       // model group; "auto": the default one
	Persona     string    `json:"persona,omitempty"`
	Questions   Rate      `json:"questions"`
	Burst       int       `json:"burst"` // questions that may come at once
	WhenLimited Limited   `json:"when_limited"`
	DailyBudget *float64  `json:"daily_budget_usd"` // US dollars; nil: no limit
	Followups   Followups `json:"followups"`
	Language    Language  `json:"language"`
}

// Limited is what happens to a question above the limit.
type Limited string

// What happens to a question above the limit.
const (
	LimitWait   Limited = "wait"   // it is answered when its turn comes
	LimitRefuse Limited = "refuse" // its asker is told to come back later
)

// Followups is who is answered in a thread without a new mention.
type Followups string

// Who is answered in a thread without a new mention.
const (
	FollowOff    Followups = "off"    // nobody
	FollowAsker  Followups = "asker"  // who asked the thread's first question
	FollowAnyone Followups = "anyone" // everybody in the thread
)

// Language is the language of answers.
type Language string

// The languages of answers. LanguageAuto is the asker's own.
const (
	LanguageAuto    Language = "auto"
	LanguageChinese Language = "zh"
	LanguageEnglish Language = "en"
)

// defaultChannel is what holds where tribune.yaml says nothing.
func defaultChannel() Channel {
	return Channel{
		Model:       "auto",
		Questions:   Rate{Events: 20, Per: rateUnit("m")},
		Burst:       5,
		WhenLimited: LimitWait,
		Followups:   FollowAsker,
		Language:    LanguageAuto,
	}
}

// Channel returns the settings of the channel that place names
// ("slack:T01:C42"): its own where tribune.yaml names exactly this place, the
// default ones everywhere else.
func (c *Config) Channel(place string) Channel {
	if channel, ok := c.File.Channels[place]; ok {
		return channel
	}
	return c.File.Default
}
