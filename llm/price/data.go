package price

import "bytes"

// valueTokens is what a string is worth: its text, or what data in base64 stands
// for.
func valueTokens(key, text []byte, sound bool) int64 {
	switch string(key) {
	case "url", "image_url":
		return addressTokens(text)
	case "data", "file_data":
		if kind, data, ok := dataURL(text); ok {
			return dataTokens(kind, data, sound)
		}
		if isBase64(text) {
			return sizeTokens(text, sound)
		}
	}
	return textTokens(text)
}

// addressTokens is what an address of an image, or of a file in its place, is
// worth beside the image itself.
func addressTokens(address []byte) int64 {
	if kind, data, ok := dataURL(address); ok {
		return dataTokens(kind, data, false)
	}
	return textTokens(address)
}

// dataURL takes a data: address apart (RFC 2397).
func dataURL(text []byte) (kind, data []byte, ok bool) {
	rest, ok := bytes.CutPrefix(text, []byte("data:"))
	if !ok {
		return nil, nil, false
	}
	kind, data, _ = bytes.Cut(rest, []byte{','})
	return kind, data, true
}

// dataTokens is what data of a media type is worth; an image is counted where it
// is named.
func dataTokens(kind, data []byte, sound bool) int64 {
	if bytes.HasPrefix(kind, []byte("image/")) {
		return 0
	}
	return sizeTokens(data, sound || bytes.HasPrefix(kind, []byte("audio/")) || bytes.HasPrefix(kind, []byte("video/")))
}

// sizeTokens goes by how many bytes the base64 stands for.
func sizeTokens(base64 []byte, sound bool) int64 {
	size := int64(len(base64)) / 4 * 3
	if sound {
		return size/bytesPerSoundToken + 1
	}
	return size/bytesPerFileToken + 1
}

// isBase64 looks at a text's beginning. What is short enough to be a word is
// text.
func isBase64(text []byte) bool {
	const shortest = 256
	if len(text) <= shortest {
		return false
	}
	for _, c := range text[:shortest] {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
		if !letter && c != '+' && c != '/' && c != '-' && c != '_' && c != '\\' {
			return false
		}
	}
	return true
}

// isSound tells whether what follows a field of this name belongs to a part of
// sound; was is what held before it.
func isSound(key []byte, was bool) bool {
	switch string(key) {
	case "input_audio":
		return true
	case "type", "role", "content", "file", "image_url", "source":
		return false
	}
	return was
}
