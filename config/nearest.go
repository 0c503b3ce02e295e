package config

import "strings"

// Nearest returns the known name that a misspelt one most likely meant, whatever
// its case; "" where none is near.
func Nearest(name string, known []string) string {
	const leastPrefix, mostWrong = 4, 4 // letters
	lower := strings.ToLower(name)
	wrong := min(max(1, len(name)/3), mostWrong)
	if len(name) < 3 { // one letter of two is not near
		wrong = 0
	}
	best, fewest := "", wrong+1
	for _, candidate := range known {
		if len(name) >= leastPrefix && strings.HasPrefix(strings.ToLower(candidate), lower) {
			return candidate
		}
		if d := distance(lower, strings.ToLower(candidate), fewest); d < fewest {
			best, fewest = candidate, d
		}
	}
	return best
}

// distance counts the letters to insert, delete, replace or swap with their
// neighbour that turn a into b (optimal string alignment). Where it is clear
// that there are at least enough, it returns enough.
func distance(a, b string, enough int) int {
	const longest = 64 // no known name is longer; keeps a huge key cheap
	if len(a)-len(b) >= enough || len(b)-len(a) >= enough || len(a) > longest || len(b) > longest {
		return enough
	}
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			differ := 1
			if a[i-1] == b[j-1] {
				differ = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+differ)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}
