package price

import (
	"bytes"
	"encoding/json"
	"unicode/utf16"
	"unicode/utf8"
)

// What does not depend on text.
const (
	// perMessage is what a message takes beside its text: 3 tokens and its
	// role, by OpenAI's cookbook ("How to count tokens with tiktoken").
	perMessage = 4
	// perReply opens the answer, by the same source.
	perReply = 3
	// perImage is what an image takes at most where providers scale it down:
	// Anthropic's vision guide says about 1,600; OpenAI's tiles come to 1,445.
	// A file that is named and not sent along counts as one.
	perImage = 1600
	// bytesPerFileToken: a file of plain text has some 4 bytes to a token in
	// English and 3 in Chinese; a page of PDF has 5 to 10 kB, and by Anthropic's
	// guide to PDF up to 3,000 tokens of text beside its image.
	bytesPerFileToken = 3
	// bytesPerSoundToken: by Google's guide to audio a second is 32 tokens (for
	// OpenAI's models it is 10), and has 4 kB at the 32 kbit/s of dense speech.
	// Moving pictures have more bytes to a token than that.
	bytesPerSoundToken = 128
)

// Estimate returns about how many tokens a request's prompt has, rather more
// than fewer: on English, Chinese and program text of the tests it is never
// more than a tenth below what tiktoken counts, and as a rule a third above.
// It looks at each byte once, at some 200 MB/s, allocates nothing, and takes
// any bytes. Of the body everything counts that a model may get to read:
// messages, tools, schemas, prompts and inputs. An image counts as a fixed number,
// however long its data is, and files and sound by their size.
func Estimate(body json.RawMessage) int64 {
	total := int64(perReply)
	var key []byte
	sound := false // the latest part is one of sound
	for i := 0; i < len(body); {
		switch c := body[i]; {
		case c == '"':
			end := stringEnd(body, i)
			text := bytes.TrimSuffix(body[i+1:end], []byte{'"'})
			if i = end; isKey(body, end) {
				key = text
				sound = isSound(key, sound)
				total += keyTokens(key)
			} else {
				total += valueTokens(key, text, sound)
			}
		case c == '-' || c >= '0' && c <= '9':
			i = numberEnd(body, i)
			total++ // a token of a prompt in tokens, or a part of a schema
		default:
			i++
		}
	}
	return total
}

// stringEnd returns the index after the string that starts at i, which is the
// end of b where it does not end.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

func numberEnd(b []byte, i int) int {
	for i++; i < len(b) && (b[i] >= '0' && b[i] <= '9' || b[i] == '.' || b[i] == 'e' || b[i] == 'E' || b[i] == '-' || b[i] == '+'); {
		i++
	}
	return i
}

// isKey tells whether a colon comes next.
func isKey(b []byte, i int) bool {
	for ; i < len(b); i++ {
		switch b[i] {
		case ' ', '\t', '\r', '\n':
		default:
			return b[i] == ':'
		}
	}
	return false
}

// keyTokens is what a field's name stands for: nothing for the names that hold
// a request together, text for those of schemas and arguments.
func keyTokens(key []byte) int64 {
	switch string(key) {
	case "role":
		return perMessage - 1 // its value is the last one
	case "image_url", "input_image", "file":
		return perImage
	case "messages", "content", "model", "text", "url", "detail", "data", "file_data", "stream", "input_audio",
		"prompt", "input", "temperature", "max_tokens", "max_completion_tokens", "top_p", "n":
		return 0
	default:
		return textTokens(key) + 1
	}
}

// Weights of text, in tenths of a token. They were set so that the estimate
// holds for both o200k_base and cl100k_base; see TestEstimateAgainstTokenizers.
const (
	tenths = 10

	wordTenths    = 11 // a word
	letterTenths  = 2  // each of its letters after the fifth
	capitalTenths = 7  // a capital within a word: camelCase, constants, hashes
	digitTenths   = 6  // a digit: up to three share a token, some vocabularies take one for each
	punctTenths   = 8  // a mark: two may share a token
	lineTenths    = 10 // a line's end
	hanTenths     = 12 // a Han character
	kanaTenths    = 10
	hangulTenths  = 12
	abjadTenths   = 8  // Arabic, Hebrew: older vocabularies have few of their words
	letter2       = 6  // another letter of two bytes: Cyrillic, Greek, accented Latin
	letter3       = 12 // of three: Thai, Devanagari and others
	letter4       = 25 // emoji and rare signs
)

// textTokens weighs the inside of a JSON string.
func textTokens(s []byte) int64 {
	sum, word := int64(0), int64(0)
	for i := 0; i < len(s); {
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' {
			word++
			sum += letterTenth(c, word)
			i++
			continue
		}
		word = 0
		weight, size := weigh(s[i:])
		sum += weight
		i += size
	}
	return (sum + tenths - 1) / tenths
}

// letterTenth weighs a word's letter at a place from 1 on.
func letterTenth(c byte, place int64) int64 {
	switch {
	case place == 1:
		return wordTenths
	case c < 'a':
		return capitalTenths
	case place > 5:
		return letterTenths
	default:
		return 0
	}
}

// weigh returns the weight of what s starts with, which is no ASCII letter, and
// how many bytes it takes.
func weigh(s []byte) (weight int64, size int) {
	switch c := s[0]; {
	case c >= '0' && c <= '9':
		return digitTenths, 1
	case c == ' ':
		return spaces(s)
	case c == '\\':
		return escape(s)
	case c < utf8.RuneSelf:
		return punctTenths, 1
	}
	r, size := utf8.DecodeRune(s)
	return runeTenths(r), size
}

// spaces weighs a run of spaces: one belongs to the word after it, more of them
// are a token together.
func spaces(s []byte) (weight int64, size int) {
	for size < len(s) && s[size] == ' ' {
		size++
	}
	if size == 1 {
		return 0, 1
	}
	return lineTenths, size
}

// escape weighs an escaped character.
func escape(s []byte) (weight int64, size int) {
	if len(s) < 2 {
		return punctTenths, len(s)
	}
	switch s[1] {
	case 'n', 'r', 't':
		return lineTenths, 2
	case 'u':
		r, size := escapedRune(s)
		return runeTenths(r), size
	default:
		return punctTenths, 2
	}
}

// escapedRune reads \u4e2d, or two of them where a character needs it.
func escapedRune(s []byte) (r rune, size int) {
	r, ok := hex4(s)
	if !ok {
		return utf8.RuneError, 2
	}
	if low, ok := hex4(s[6:]); ok && utf16.IsSurrogate(r) {
		return utf16.DecodeRune(r, low), 12
	}
	return r, 6
}

func hex4(s []byte) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, c := range s[2:6] {
		digit := bytes.IndexByte([]byte("0123456789abcdef"), c|0x20)
		if digit < 0 {
			return 0, false
		}
		r = r<<4 | rune(digit)
	}
	return r, true
}

func runeTenths(r rune) int64 {
	switch {
	case r < utf8.RuneSelf:
		return punctTenths
	case r >= 0x0590 && r < 0x0800:
		return abjadTenths
	case r < 0x0590:
		return letter2
	case r >= 0x3040 && r < 0x3100:
		return kanaTenths
	case r >= 0x3400 && r < 0xa000 || r >= 0x3000 && r < 0x3040 || r >= 0xff00 && r < 0xfff0:
		return hanTenths
	case r >= 0xac00 && r < 0xd7b0:
		return hangulTenths
	case r < 0x10000:
		return letter3
	default:
		return letter4
	}
}
