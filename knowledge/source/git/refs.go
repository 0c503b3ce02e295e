package git

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxRefs is how many bytes of branches and tags a host may list: those of the
// largest public repositories take some tens of MB.
const maxRefs = 64 << 20

var errRefs = errors.New("the host lists branches and tags without end")

// listing bounds the list of branches and tags, which is read into memory before
// anything else is known of a repository.
type listing struct {
	http.RoundTripper
	most int64
}

// RoundTrip implements http.RoundTripper.
func (l listing) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(req)
	if err == nil && strings.HasSuffix(req.URL.Path, "/info/refs") {
		resp.Body = &bounded{ReadCloser: resp.Body, left: l.most}
	}
	return resp, err
}

// bounded fails where more is read than was allowed.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("%w: %w", errTooMuch, errRefs)
	}
	return n, err
}
