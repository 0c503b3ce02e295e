package vector

import (
	"math"
	"math/bits"

	"github.com/tribunebot/tribune/knowledge"
)

// codes are vectors with one bit for each dimension: whether it is above the
// mean of all vectors. The mean is taken off because the vectors of real models
// lean to one side, so that their bare signs are nearly all the same.
type codes struct {
	dims  int
	mean  knowledge.Vector
	seen  int // vectors that there were when the mean was taken
	words []uint64
}

func (c *codes) width() int { return (c.dims + 63) / 64 }

func (c *codes) memory() int64 { return int64(cap(c.words)) * 8 }

// of returns the code of one slot.
func (c *codes) of(slot uint32) []uint64 {
	w := c.width()
	return c.words[int(slot)*w : int(slot)*w+w]
}

// add appends the code of a vector.
func (c *codes) add(v knowledge.Vector) {
	at := len(c.words)
	for range c.width() {
		c.words = append(c.words, 0)
	}
	for i, x := range v {
		if x > c.mean[i] {
			c.words[at+i/64] |= 1 << (i % 64)
		}
	}
}

// planes are a question made ready to be compared with codes: its own code, and
// its numbers in 4 bits each, bit by bit. Four bits say nearly all that the
// numbers do (Gao, Long: RaBitQ, SIGMOD 2024); compared with the code alone
// recall on random vectors doubles.
type planes struct {
	code []uint64
	bits [planeBits][]uint64
}

const planeBits = 4

// ready makes a question ready.
func (c *codes) ready(q knowledge.Vector) planes {
	p := planes{code: make([]uint64, c.width())}
	for k := range p.bits {
		p.bits[k] = make([]uint64, c.width())
	}
	largest := float64(0)
	for i, x := range q {
		largest = max(largest, math.Abs(float64(x-c.mean[i])))
	}
	if largest == 0 {
		return p
	}
	const most = 1<<planeBits - 1
	for i, x := range q {
		x := float64(x - c.mean[i])
		bit := uint64(1) << (i % 64)
		if x > 0 {
			p.code[i/64] |= bit
		}
		level := int(math.Round((x/largest + 1) / 2 * most))
		for k := range p.bits {
			if level>>k&1 == 1 {
				p.bits[k][i/64] |= bit
			}
		}
	}
	return p
}

// distance counts the bits in which two codes differ.
func distance(a, b []uint64) int {
	n := 0
	b = b[:len(a)]
	for i, x := range a {
		n += bits.OnesCount64(x ^ b[i])
	}
	return n
}

// likeness orders codes as their products with the question would: the sum of
// its numbers where the code has a one, less the sum where it has none.
func (p *planes) likeness(code []uint64) int {
	var ones, a, b, c, d int
	p0, p1, p2, p3 := p.bits[0][:len(code)], p.bits[1][:len(code)], p.bits[2][:len(code)], p.bits[3][:len(code)]
	for i, x := range code {
		ones += bits.OnesCount64(x)
		a += bits.OnesCount64(x & p0[i])
		b += bits.OnesCount64(x & p1[i])
		c += bits.OnesCount64(x & p2[i])
		d += bits.OnesCount64(x & p3[i])
	}
	return 2*(a+2*b+4*c+8*d) - (1<<planeBits-1)*ones
}

// dot is the product of two vectors; of vectors of length 1 it is their cosine.
func dot(a, b knowledge.Vector) float64 {
	var s0, s1, s2, s3 float32
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return float64(s0+s1) + float64(s2+s3)
}

// unit returns a vector of length 1 in the same direction; nil where there is
// none to speak of.
func unit(v knowledge.Vector) knowledge.Vector {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if len(v) == 0 || sum == 0 || math.IsNaN(sum) || math.IsInf(sum, 0) {
		return nil
	}
	out := make(knowledge.Vector, len(v))
	for i, x := range v {
		out[i] = float32(float64(x) / math.Sqrt(sum))
	}
	return out
}
