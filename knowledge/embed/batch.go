package embed

import (
	"context"
	"errors"
	"iter"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge"
)

// batches yields where calls begin and end: each has as many texts as the
// endpoint takes, and no more text than a call bears.
func (c *Client) batches(texts []string) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		from, size := 0, 0
		for i, t := range texts {
			n := min(len(t), int(c.text.Load()))
			if i > from && (i-from >= int(c.batch.Load()) || size+n > batchBytes) {
				if !yield(from, i) {
					return
				}
				from, size = i, 0
			}
			size += n
		}
		if from < len(texts) {
			yield(from, len(texts))
		}
	}
}

// fill embeds the texts of one call. A call that is refused is made again in
// halves, until it is known which text is at fault or how many are too many.
func (c *Client) fill(ctx context.Context, texts []string, out []knowledge.Vector) error {
	if len(texts) > int(c.batch.Load()) {
		_, err := c.halves(ctx, texts, out)
		return err
	}
	err := c.call(ctx, texts, out)
	refused := asRefused(err)
	switch {
	case refused == nil:
		return err
	case len(texts) == 1:
		return c.single(ctx, texts[0], out, refused)
	}
	whole, err := c.halves(ctx, texts, out)
	if whole && err == nil && !refused.long() {
		c.lower(len(texts) / 2)
	}
	return err
}

// halves embeds two halves, and reports whether every text got its vector.
func (c *Client) halves(ctx context.Context, texts []string, out []knowledge.Vector) (bool, error) {
	half := len(texts) / 2
	if err := c.fill(ctx, texts[:half], out[:half]); err != nil {
		return false, err
	}
	if err := c.fill(ctx, texts[half:], out[half:]); err != nil {
		return false, err
	}
	for _, v := range out {
		if v == nil {
			return false, nil
		}
	}
	return true, nil
}

// lower notes that calls with more texts than this are refused.
func (c *Client) lower(n int) {
	for {
		old := c.batch.Load()
		if int64(n) >= old || c.batch.CompareAndSwap(old, int64(n)) {
			return
		}
	}
}

// single finds out why a single text was refused: for "dimensions", for its
// length, or for what it says. If it is none of these, the endpoint does not
// work, and why is returned.
func (c *Client) single(ctx context.Context, text string, out []knowledge.Vector, why *Error) error {
	if c.o.Dimensions > 0 && !c.worked.Load() && c.plain.CompareAndSwap(false, true) {
		err := c.call(ctx, []string{text}, out)
		if err == nil || errors.Is(err, errLength) {
			return err
		}
		c.plain.Store(false)
	}
	for n := len(c.clean(text)) / 2; why.long() && n >= leastText; n /= 2 {
		err := c.call(ctx, []string{cut(text, n)}, out)
		if asRefused(err) == nil {
			if err == nil {
				c.text.Store(int64(n))
			}
			return err
		}
	}
	if !c.worked.Load() {
		if err := c.call(ctx, []string{"text"}, make([]knowledge.Vector, 1)); err != nil {
			return why
		}
	}
	c.o.Log.WarnContext(ctx, "a text is refused by the embedding endpoint: it is found by its words alone", "error", why)
	out[0] = nil
	return nil
}

// cut shortens a text to at most n bytes, between characters.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
