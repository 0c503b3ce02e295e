package plain

import "golang.org/x/text/encoding"

// Guess returns the encoding of bytes that are no UTF-8 and have no mark:
// GB18030, Big5, or Windows-1252 for anything Western.
func Guess(raw []byte) encoding.Encoding { return guess(raw) }
