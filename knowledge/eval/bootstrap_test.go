package eval

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestInterval(t *testing.T) {
	t.Parallel()
	if low, high := Interval(nil); low != 0 || high != 0 {
		t.Errorf("of nothing: %f to %f", low, high)
	}
	if low, high := Interval([]float64{.5, .5, .5}); low != .5 || high != .5 {
		t.Errorf("of one value: %f to %f", low, high)
	}
	draw := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 1000)
	for i := range values {
		if draw.Float64() < .3 {
			values[i] = 1
		}
	}
	low, high := Interval(values)
	// The normal approximation: 1.96 * sqrt(.3*.7/1000) = .028 to each side.
	if half := (high - low) / 2; math.Abs(half-.028) > .004 {
		t.Errorf("half of the interval is %.4f, want some .028", half)
	}
	if again, _ := Interval(values); again != low {
		t.Errorf("another interval the second time: %f, %f", again, low)
	}
}
