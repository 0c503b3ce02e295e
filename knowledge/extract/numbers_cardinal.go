package extract

// The order of a word in a number: units follow tens, tens follow hundreds.
const (
	noWord = iota
	unitWord
	teenWord
	tensWord
	hundredWord
	scaleWord
)

// cardinal reads an English number ("two hundred and fifty thousand") from the
// start of text; size is its length in bytes, 0 for none.
func cardinal(text string) (value float64, size int) {
	var c counting
	for {
		word, n := nextWord(text[size:])
		if size == 0 {
			word, n = firstWord(text)
		}
		if word == "and" && size > 0 && c.goesOn(text[size+n:]) {
			size += n
			continue
		}
		v, kind := numberWord(word)
		if kind == noWord || !c.fits(v, kind) {
			return c.total + c.section, size
		}
		c.take(v, kind)
		size += n
	}
}

func firstWord(text string) (word string, size int) {
	w := leadingWord(text)
	word, size = nextWord(" " + w)
	return word, max(0, size-1)
}

// counting is a number that is read word by word: section is what is below the
// last thousand or million.
type counting struct {
	total, section float64
	last           int
	scale          float64 // the last one, 0 for none yet
}

// fits reports whether a word can go on with the number.
func (c *counting) fits(v float64, kind int) bool {
	switch kind {
	case unitWord:
		return c.last == noWord || v > 0 && c.last >= tensWord
	case teenWord, tensWord:
		return c.last == noWord || c.last >= hundredWord
	case hundredWord:
		return c.last == noWord || c.last < hundredWord && c.section > 0 && c.section < 100
	}
	return c.last == noWord || c.section > 0 && (c.scale == 0 || v < c.scale)
}

func (c *counting) take(v float64, kind int) {
	switch kind {
	case hundredWord:
		c.section = max(c.section, 1) * v
	case scaleWord:
		c.total += max(c.section, 1) * v
		c.section, c.scale = 0, v
	default:
		c.section += v
	}
	c.last = kind
}

// goesOn reports whether what follows "and" belongs to the number: it does in
// "two hundred and fifty", not in "one hundred and two hundred".
func (c *counting) goesOn(rest string) bool {
	if c.last < hundredWord {
		return false
	}
	_, kind, size := numberWordAt(rest)
	if kind == noWord || kind >= hundredWord {
		return false
	}
	_, kind, more := numberWordAt(rest[size:])
	if kind == unitWord {
		_, kind, _ = numberWordAt(rest[size+more:])
	}
	return kind < hundredWord || kind == scaleWord && c.last == hundredWord
}

func numberWordAt(text string) (value float64, kind, size int) {
	word, size := nextWord(text)
	value, kind = numberWord(word)
	return value, kind, size
}

func numberWord(word string) (value float64, kind int) {
	for i, w := range [...]string{
		"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
		"ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
	} {
		if w == word && i < 10 {
			return float64(i), unitWord
		}
		if w == word {
			return float64(i), teenWord
		}
	}
	for i, w := range [...]string{"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"} {
		if w == word {
			return float64(i*10 + 20), tensWord
		}
	}
	switch word {
	case "hundred":
		return 100, hundredWord
	case "thousand":
		return 1e3, scaleWord
	case "million":
		return 1e6, scaleWord
	case "billion":
		return 1e9, scaleWord
	}
	return 0, noWord
}
