package eval

import (
	"math/rand/v2"
	"slices"
)

// resamples is how often values are drawn anew: enough for the third digit of
// an interval's ends.
const resamples = 2000

// Interval is the 95 % bootstrap interval of the mean of values (Efron,
// Tibshirani: An Introduction to the Bootstrap, 1993, chapter 13: percentiles).
// The same values give the same interval each time. Without values it is 0, 0.
func Interval(values []float64) (low, high float64) {
	if len(values) == 0 {
		return 0, 0
	}
	draw := rand.New(rand.NewPCG(95, uint64(len(values))))
	means := make([]float64, resamples)
	for i := range means {
		sum := 0.0
		for range values {
			sum += values[draw.IntN(len(values))]
		}
		means[i] = sum / float64(len(values))
	}
	slices.Sort(means)
	return means[resamples*25/1000], means[resamples*975/1000]
}
