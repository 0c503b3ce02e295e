package knowledge

import (
	"context"
	"time"
)

// Lesson is a question that was answered, with the passages that the answer
// rested on: whoever asks in the same words next time finds them, though the
// passages use others.
type Lesson struct {
	ID         string    `json:"id"` // of collection, question and origin: who judges a question again replaces their lesson
	Collection string    `json:"collection"`
	Question   string    `json:"question"`
	Refs       []string  `json:"refs"`   // ids of passages or documents in the collection
	Origin     string    `json:"origin"` // who judged: "file:judged.jsonl", "slack:T01:U07"
	At         time.Time `json:"at"`
}

// Recalled is a lesson that is like a question.
type Recalled struct {
	Lesson

	// Likeness is how much of the question's weight the lesson's question has,
	// 0 to 1.
	Likeness float64
	// Same is how much of the weight of both questions they share, 0 to 1: less
	// than Likeness where the lesson's question asks for more besides.
	Same float64
	// Shared are the terms of the question that the lesson's question has.
	Shared []Shared
}

// Shared is a term that a question and a lesson have in common.
type Shared struct {
	Term int // its place among the terms of the question
	// Says is how much it says among the lessons that were looked at: the
	// natural logarithm of how rare it is there. What everybody asks with says
	// little, however rare it is in documents.
	Says float64
}

// Lessons finds answered questions. Only lessons of the collections that are
// named are looked at: who may see a collection may see what was learned for it,
// and nobody else.
type Lessons interface {
	// Recall returns the lessons that share terms with a question, the likest
	// first.
	Recall(ctx context.Context, terms []Term, collections []string, limit int) ([]Recalled, error)
}
