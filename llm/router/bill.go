package router

import (
	"encoding/json"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/price"
	"github.com/tribunebot/tribune/llm/quota"
)

// assumedOutput is how many tokens an answer is taken to have at most where
// neither the request nor the model's price says: what many providers stop at by
// themselves. Of tokens no more than this is reserved for an answer without
// max_tokens, unless answers were longer of late; of money as much as the model
// can write.
const assumedOutput = 4096

// bill is what a request will need, estimated once and only if somebody asks.
type bill struct {
	prompt  int64 // 0: not estimated yet
	each    int64 // tokens that the request allows an answer; 0: it does not say
	answers int64 // how many it asks for; 0: not looked for yet
}

func (b *bill) promptOf(body json.RawMessage) int64 {
	if b.prompt == 0 {
		b.prompt = max(price.Estimate(body), 1)
	}
	return b.prompt
}

func (b *bill) answersOf(body json.RawMessage) (each, number int64) {
	if b.answers == 0 {
		b.each, b.answers = price.Answers(body)
	}
	return b.each, b.answers
}

// need is what one call of a node may use.
func (u *run) need(n *node) quota.Need {
	prompt := u.bill.promptOf(u.req.Body)
	if u.req.Endpoint == llm.Embeddings {
		return priced(n.Price, prompt, prompt, 0)
	}
	each, answers := u.bill.answersOf(u.req.Body)
	if each > 0 {
		return priced(n.Price, prompt+each*answers, prompt, each*answers)
	}
	most, longest := int64(n.Price.MaxOutput), n.vitals.longest()
	if most <= 0 {
		most = max(assumedOutput, longest)
	}
	likely := max(longest, min(most, assumedOutput))
	return priced(n.Price, prompt+likely*answers, prompt, most*answers)
}

// priced puts the money to the tokens. A price that is not known reserves none:
// there is nothing to go by.
func priced(p price.Price, tokens, prompt, output int64) quota.Need {
	need := quota.Need{Tokens: tokens}
	if p.Known {
		in, out := p.In, max(p.Out, p.Reasoning)
		if p.Long.Over > 0 && prompt > int64(p.Long.Over) {
			in, out = max(in, p.Long.In), max(out, p.Long.Out)
		}
		need.USD = float64(prompt)*in + float64(output)*out
		need.Free = p.In == 0 && p.Out == 0
	}
	return need
}

// used is what a call really took.
func used(p price.Price, usage *llm.Usage, cost *float64) quota.Need {
	var n quota.Need
	if usage != nil {
		n.Tokens = int64(usage.Prompt) + int64(usage.Completion)
	}
	if cost != nil {
		n.USD = *cost
	}
	n.Free = p.Known && p.In == 0 && p.Out == 0
	return n
}
