package edge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// ErrTooLong is what a bounded body gives when an answer does not end in time.
var ErrTooLong = errors.New("the answer is longer than allowed")

// Bounded reads at most limit bytes from body; more is ErrTooLong.
func Bounded(body io.ReadCloser, limit int64) io.ReadCloser {
	return &bounded{ReadCloser: body, left: limit}
}

type bounded struct {
	io.ReadCloser

	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		// One byte more decides between an answer of exactly the limit and
		// one that goes on.
		n, err := b.ReadCloser.Read(make([]byte, 1))
		if n > 0 {
			return 0, ErrTooLong
		}
		return 0, err
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// trusted is how much of an answer is made room for because its length was
// announced; what goes on beyond it has to come first, and is large.
const trusted = 1 << 20

// unannounced is how much room is made at first for an answer that does not
// announce its length: a page of text.
const unannounced = 4 << 10

// maxRefusal is how much of an error's body is read.
const maxRefusal = 64 << 10

// ReadAnswer reads the whole body of an answer and closes it. A body longer
// than l.Bytes is ErrTooLong, at once where its length is announced. One that is
// large waits for its part of l.Room, until ctx is done.
func (l Limits) ReadAnswer(ctx context.Context, resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	if resp.ContentLength > l.Bytes {
		return nil, l.tooLong()
	}
	body := Bounded(resp.Body, l.Bytes)
	// One byte more, so that the end can be met without room being made.
	size := min(resp.ContentLength, trusted) + 1
	if resp.ContentLength < 0 {
		size = unannounced
	}
	answer, err := readAll(io.LimitReader(body, trusted), make([]byte, 0, size))
	if err == nil && len(answer) == trusted {
		answer, err = l.readOn(ctx, resp, body, answer)
	}
	if errors.Is(err, ErrTooLong) {
		err = l.tooLong()
	}
	return answer, err
}

// readOn reads the rest of an answer that is large.
func (l Limits) readOn(ctx context.Context, resp *http.Response, body io.Reader, into []byte) ([]byte, error) {
	size := resp.ContentLength
	if size < 0 {
		size = 2 * l.Bytes // what a slice that grows takes at its worst
	}
	release, err := l.Room.take(ctx, size)
	if err != nil {
		return nil, err
	}
	defer release()
	if resp.ContentLength > 0 {
		into = slices.Grow(into, int(resp.ContentLength)+1-len(into))
	}
	return readAll(body, into)
}

func (l Limits) tooLong() error {
	return fmt.Errorf("%w: it has more than %d bytes", ErrTooLong, l.Bytes)
}

// ReadRefusal reads as much of an error's body as is worth reading, and closes
// it. One that breaks off is still a refusal.
func ReadRefusal(resp *http.Response) []byte {
	defer resp.Body.Close()
	size := min(max(resp.ContentLength, 1<<10), maxRefusal) + 1
	body, _ := readAll(io.LimitReader(resp.Body, maxRefusal), make([]byte, 0, size))
	return body
}

func readAll(r io.Reader, into []byte) ([]byte, error) {
	for {
		if len(into) == cap(into) {
			into = append(into, 0)[:len(into)]
		}
		n, err := r.Read(into[len(into):cap(into)])
		into = into[:len(into)+n]
		switch {
		case errors.Is(err, io.EOF):
			return into, nil
		case err != nil:
			return into, err
		}
	}
}
