package answer

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/llm"
)

// thinRunes is the shortest text that counts as an answer.
const thinRunes = 4

// maxAnswer is how many bytes of a model's answer are read; maxTokens is a wish
// that not every server grants.
const maxAnswer = 64 << 10

// draft is what came of a model's stream.
type draft struct {
	gate    *gate
	served  llm.Served
	refused bool // the model found that the passages do not answer
	cut     bool // ended at its length limit
}

// complete lets the model write the answer. Whatever goes wrong with it, the
// question is answered: then by quotes.
func (r *run) complete(ctx context.Context) (bots.Answer, error) {
	limit, cancel := context.WithTimeoutCause(ctx, Patience, fmt.Errorf("the model took longer than %s", Patience))
	defer cancel()
	d, err := r.stream(limit)
	if e := llm.AsError(err); err != nil && e.Retryable() && d.gate != nil && d.gate.text.Len() == 0 && limit.Err() == nil {
		// It broke off after a word or two, of which nobody has seen anything.
		d, err = r.stream(limit)
	}
	switch {
	case ctx.Err() != nil:
		return bots.Answer{}, fmt.Errorf("answering was stopped: %w", context.Cause(ctx))
	case llm.KindOf(err) == llm.OverBudget:
		r.Log.InfoContext(ctx, "a budget is used up, quoting instead", "question", r.q.ID, "error", err)
		return r.quote(r.say.spent), nil
	case err != nil:
		r.Log.WarnContext(ctx, "the model failed, quoting instead", "question", r.q.ID, "error", err)
		return r.quote(r.say.modelFailed), nil
	case d.refused:
		r.nearby = nearTo(r.found)
		return r.credit(r.miss(), d), nil
	}
	text := tidy(d.gate.text.String())
	if len(d.gate.order) == 0 || wordCount(d.gate.marks.ReplaceAllString(text, "")) < thinRunes {
		answer := r.credit(r.quote(r.say.unsupported), d)
		answer.Model = "" // its words are not shown
		return answer, nil
	}
	answer := r.credit(r.answer(bots.ByModel, text, d.gate.order), d)
	if d.cut {
		answer.Note = r.say.cut
	}
	return answer, nil
}

// wordCount counts letters and digits.
func wordCount(text string) int {
	n := 0
	for _, c := range text {
		if isWord(c) {
			n++
		}
	}
	return n
}

// stream reads the model's answer unit by unit through the gate, and shows
// what has passed.
func (r *run) stream(ctx context.Context) (draft, error) {
	body, err := llm.Chat(r.prompt())
	if err != nil {
		return draft{}, err
	}
	d := draft{gate: newGate(r.found, r.knownText(), r.lang)}
	var cutter units
	called, read := r.Now(), 0
	request := llm.Request{
		Group: r.plan.Group, Body: body, Labels: r.labels(), Quotas: r.plan.Quotas,
		// Reasoning is not shown: a model that breaks off in it can be replaced.
		Asks: &llm.Asks{HoldReasoning: true},
	}
	for chunk, err := range r.Model.Stream(ctx, request) {
		if err != nil {
			return d, err
		}
		if text := chunk.Text(); text != "" {
			r.firstToken(called)
			r.take(&d, cutter.feed(text))
		}
		d.cut = d.cut || chunk.Finish() == "length"
		if read += len(chunk.Text()); read > maxAnswer {
			d.cut = true
			break
		}
		if chunk.Served != nil {
			d.served = *chunk.Served
		}
	}
	r.take(&d, cutter.end())
	return d, nil
}

// take passes units through the gate and shows the outcome.
func (r *run) take(d *draft, whole []string) {
	before := d.gate.text.Len()
	for _, unit := range whole {
		if strings.Contains(unit, notInDocuments) {
			d.refused = true
		}
		if !d.refused {
			d.gate.pass(unit)
		}
	}
	if d.gate.text.Len() > before {
		sources := r.sources(d.gate.order)
		r.live(bots.Content{
			Text: newDefuser(sources).text(tidy(d.gate.text.String())), Sources: sources, Language: r.lang,
		})
	}
}

func (r *run) firstToken(called time.Time) {
	if r.timings.FirstToken == 0 {
		r.timings.FirstToken = millis(r.Now().Sub(called))
	}
}

// credit notes who wrote, what it took and what was dropped.
func (r *run) credit(answer bots.Answer, d draft) bots.Answer {
	answer.Model, answer.Route, answer.Dropped = d.served.Model, d.served.Route, d.gate.dropped
	answer.Usage.CostUSD = d.served.CostUSD
	if u := d.served.Usage; u != nil {
		answer.Usage.PromptTokens, answer.Usage.CompletionTokens = u.Prompt, u.Completion
	}
	return answer
}

// labels tell the model's router who asks, in its own neutral words.
func (r *run) labels() map[string]string {
	labels := map[string]string{
		llm.LabelChannel:  r.q.Thread.Place(),
		llm.LabelUser:     r.q.Thread.Platform + ":" + r.q.Asker,
		llm.LabelQuestion: r.q.ID,
		llm.LabelSession:  r.q.Thread.Key(),
	}
	if r.Confidence != nil {
		labels[llm.LabelConfidence] = strconv.FormatFloat(r.Confidence(r.found), 'f', 3, 64)
	}
	maps.Copy(labels, r.plan.Labels)
	return labels
}

// knownText is all that people said: an answer may repeat its figures.
func (r *run) knownText() string {
	var b strings.Builder
	b.WriteString(r.q.Text)
	for _, turn := range r.earlier {
		if !turn.Own {
			b.WriteString("\n" + turn.Text)
		}
	}
	return b.String()
}
