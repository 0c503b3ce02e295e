package rank

import (
	"context"
	"errors"
	"time"

	"github.com/tribunebot/tribune/knowledge"
)

// reread is how many of the best passages a Reranker reads. Twenty passages are
// a prompt of some ten thousand tokens at most; what stands further behind is
// seldom the answer.
const reread = 20

// rerankPatience is how long a search waits for a Reranker: a model that reads
// so much and answers in a line takes a second or three.
const rerankPatience = 8 * time.Second

var errRerankLate = errors.New("the re-ranking took longer than " + rerankPatience.String())

// reads is how many passages the order must hold for a query.
func (r *Ranker) reads(limit int) int {
	if r.o.Reranker == nil {
		return limit
	}
	return max(limit, reread)
}

// rerank lets the Reranker put the best passages into its order, all but the
// first of them that the question names exactly. Whatever it gives back, no
// passage is lost, added or changed.
func (r *Ranker) rerank(ctx context.Context, question string, found []knowledge.Passage, fixed int) []knowledge.Passage {
	if r.o.Reranker == nil {
		return found
	}
	head := found[min(fixed, len(found)):min(len(found), reread)]
	if len(head) < 2 {
		return found
	}
	limited, cancel := context.WithTimeoutCause(ctx, rerankPatience, errRerankLate)
	defer cancel()
	order, err := r.o.Reranker.Rerank(limited, question, append([]knowledge.Passage(nil), head...))
	if err != nil {
		if ctx.Err() == nil && r.o.Log != nil {
			r.o.Log.WarnContext(ctx, "re-ranking failed: the order stays", "error", cause(limited, err))
		}
		return found
	}
	reorder(head, order)
	return found
}

// reorder puts passages into an order that names them; what it leaves out
// follows. The scores keep their places.
func reorder(head, order []knowledge.Passage) {
	at := make(map[knowledge.Ref]knowledge.Passage, len(head))
	for _, p := range head {
		at[refOf(p)] = p
	}
	sorted := make([]knowledge.Passage, 0, len(head))
	for _, list := range [][]knowledge.Passage{order, head} {
		for _, p := range list {
			if own, ok := at[refOf(p)]; ok {
				sorted = append(sorted, own)
				delete(at, refOf(p))
			}
		}
	}
	for i := range sorted {
		sorted[i].Score = head[i].Score
	}
	copy(head, sorted)
}
