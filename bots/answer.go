package bots

import "time"

// Source is one passage that an answer cites as [N].
type Source struct {
	N     int    `json:"n"`
	Title string `json:"title"`
	Ref   string `json:"ref"` // the document's id, with a place in it after '#'
	// Collection is where the document is kept: with Ref it names the passage.
	Collection string  `json:"collection,omitempty"`
	URL        string  `json:"url,omitempty"`
	Quote      string  `json:"quote"`
	Score      float64 `json:"score"`
}

// Mode says how an answer was made.
type Mode string

// The ways an answer comes to be.
const (
	ByModel    Mode = "model"      // a model wrote it from the passages
	Extractive Mode = "extractive" // the passages themselves, quoted
)

// Usage is what a model call took.
type Usage struct {
	PromptTokens     int      `json:"prompt_tokens"`
	CompletionTokens int      `json:"completion_tokens"`
	CostUSD          *float64 `json:"cost_usd"` // nil: the price is unknown
}

// Timings are the steps of an answer in milliseconds.
type Timings struct {
	Queue      float64 `json:"queue"`       // asked until a worker had it
	Retrieve   float64 `json:"retrieve"`    // finding passages
	FirstToken float64 `json:"first_token"` // call until the model's first content; 0 without a model
	Total      float64 `json:"total"`       // asked until the answer was complete
}

// Answer is what a question got.
type Answer struct {
	QuestionID string   `json:"id"`
	Question   string   `json:"question"`
	Text       string   `json:"answer"` // Markdown; cites sources as [1]
	Sources    []Source `json:"sources"`
	Model      string   `json:"model"` // empty where no model wrote it
	Route      string   `json:"route"` // how the model was chosen, in words
	Refused    bool     `json:"refused"`
	Mode       Mode     `json:"mode"`
	// Note is a line for the reader about the answer itself ("quoted without a
	// model"), in the asker's language; empty where nothing need be said.
	Note     string  `json:"note,omitempty"`
	Language string  `json:"language"` // "zh" or "en": the asker's
	Usage    Usage   `json:"usage"`
	Timings  Timings `json:"timings_ms"`
	// Dropped counts sentences of the model that the sources did not bear out.
	Dropped int `json:"dropped,omitempty"`
	// At is when the answer was complete.
	At time.Time `json:"at"`
}

// Content is what the answer's message shows at one moment.
type Content struct {
	Text     string   `json:"text"` // Markdown from a model or a document: untrusted
	Sources  []Source `json:"sources,omitempty"`
	Note     string   `json:"note,omitempty"`
	Language string   `json:"language,omitempty"` // "zh" or "en": for the bot's own words
	Final    bool     `json:"final,omitempty"`    // nothing comes after this
}

// Content returns the answer's final form for a Poster.
func (a Answer) Content() Content {
	return Content{Text: a.Text, Sources: a.Sources, Note: a.Note, Language: a.Language, Final: true}
}
