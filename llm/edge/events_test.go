package edge_test

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm/edge"
)

// told reads a stream to its end, and writes down what it told.
func told(e *edge.Events) (lines []string, err error) {
	for {
		event, err := e.Next()
		if err != nil {
			return lines, err
		}
		line := string(event.Data)
		if event.Failed {
			line = "failed: " + line
		}
		if event.Done {
			line = "done"
		}
		lines = append(lines, line)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	long := `{"a":"` + strings.Repeat("long ", 10_000) + `"}`
	for name, test := range map[string]struct {
		body string
		want []string
		junk string
	}{
		"as it should be":             {"data: {\"a\":1}\n\ndata: [DONE]\n\n", []string{`{"a":1}`, "done"}, ""},
		"CR LF, no space":             {"data:{\"a\":1}\r\n\r\ndata:[DONE]\r\n\r\n", []string{`{"a":1}`, "done"}, ""},
		"no blank lines":              {"data: {\"a\":1}\ndata: {\"b\":2}\ndata: [DONE]\n", []string{`{"a":1}`, `{"b":2}`, "done"}, ""},
		"no last line break":          {"data: {\"a\":1}", []string{`{"a":1}`}, ""},
		"byte order mark":             {"\xef\xbb\xbfdata: {\"a\":1}\n\n", []string{`{"a":1}`}, ""},
		"comments, names, ids, empty": {": wait\n\nid: 7\nretry: 5\nevent: message\ndata: {\"a\":1}\n\ndata:\n\n: and\ndata: \n\n", []string{`{"a":1}`}, ""},
		"several lines":               {"data: {\ndata:   \"a\":\ndata: 1}\n\ndata: {\"b\":2}\n\n", []string{"{\n\"a\":\n1}", `{"b":2}`}, ""},
		"several lines, open end":     {"data: {\ndata: \"a\":1}", []string{"{\n\"a\":1}"}, ""},
		"a line that looks whole":     {"data: {\"a\":{}\ndata: ,\"b\":{}}\n\n", []string{"{\"a\":{}\n,\"b\":{}}"}, ""},
		"broken JSON":                 {"data: {\"a\": <<<\n\n", []string{`{"a": <<<`}, ""},
		"error":                       {"event: error\ndata: {\"a\":1}\n\ndata: {\"b\":2}\n\n", []string{`failed: {"a":1}`, `{"b":2}`}, ""},
		"error in several lines":      {"event:error\ndata: oh\ndata: no\n\n", []string{"failed: oh\nno"}, ""},
		"a web page":                  {"<html>\n<b>no</b>\n", nil, "<html>\n<b>no</b>\n"},
		"longer than a block":         {"data: " + long + "\n\ndata: {}\n\n", []string{long, "{}"}, ""},
		"nothing":                     {"", nil, ""},
	} {
		for way, body := range map[string]io.Reader{
			"at once":      strings.NewReader(test.body),
			"byte by byte": iotest.OneByteReader(strings.NewReader(test.body)),
			"end at once":  iotest.DataErrReader(strings.NewReader(test.body)),
		} {
			e := edge.NewEvents(body)
			got, err := told(e)
			if diff := cmp.Diff(test.want, got); diff != "" || !errors.Is(err, io.EOF) || string(e.Junk) != test.junk {
				t.Errorf("%s, %s: %v, junk %q (-want +got):\n%s", name, way, err, e.Junk, diff)
			}
		}
	}
}

// TestEventsStay holds that what an event holds is not written to later.
func TestEventsStay(t *testing.T) {
	t.Parallel()
	var body strings.Builder
	for i := range 2000 {
		body.WriteString("data: {\"n\":\"" + strings.Repeat(string(rune('a'+i%26)), 1+i%300) + "\"}\n\n")
	}
	e := edge.NewEvents(iotest.HalfReader(strings.NewReader(body.String())))
	var events [][]byte
	var copies []string
	for {
		event, err := e.Next()
		if err != nil {
			break
		}
		events, copies = append(events, event.Data), append(copies, string(event.Data))
		_ = append(event.Data, "overwritten"...)
	}
	if len(events) != 2000 {
		t.Fatalf("%d events", len(events))
	}
	for i := range events {
		if string(events[i]) != copies[i] {
			t.Fatalf("event %d was %s and became %s", i, copies[i], events[i])
		}
	}
}

// endless repeats a text n times, and takes no memory for it.
type endless struct {
	text string
	n    int
	rest string
}

func (r *endless) Read(p []byte) (int, error) {
	if r.rest == "" {
		if r.n == 0 {
			return 0, io.EOF
		}
		r.rest, r.n = r.text, r.n-1
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// TestEventsPinLittle holds that whoever keeps an event keeps that, and not what
// came around it.
func TestEventsPinLittle(t *testing.T) { //nolint:paralleltest // it measures the whole process
	const events = 4000
	chunk := `data: {"n":"` + strings.Repeat("x", 138) + "\"}\n\n"
	for name, around := range map[string]string{
		"comments":        ": " + strings.Repeat("wait ", 1600) + "\n\n",
		"names":           "event: " + strings.Repeat("wait ", 1600) + "\n\n",
		"long events":     `data: {"pad":"` + strings.Repeat("wait ", 4000) + "\"}\n\n",
		"lines of events": strings.Repeat("data: \"\n", 1000) + "\n",
	} {
		before := heap()
		e := edge.NewEvents(&endless{text: around + chunk, n: events})
		var kept [][]byte
		size := 0
		for {
			event, err := e.Next()
			if err != nil {
				break
			}
			if strings.HasPrefix(string(event.Data), `{"n"`) {
				kept = append(kept, event.Data)
				size += len(event.Data)
			}
		}
		took := int(heap() - before)
		t.Logf("%s: %d events of %d bytes in all take %d", name, len(kept), size, took)
		if len(kept) != events || took > 3*size {
			t.Errorf("%s: %d events of %d bytes in all take %d", name, len(kept), size, took)
		}
		runtime.KeepAlive(kept)
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

// TestPollNeverReads holds that Poll tells of what is here, and only of that.
func TestPollNeverReads(t *testing.T) {
	t.Parallel()
	body, in := io.Pipe()
	e := edge.NewEvents(body)
	if _, ok := e.Poll(); ok {
		t.Error("an event before anything was read")
	}
	go func() {
		_, _ = io.WriteString(in, "data: 1\n\ndata: 2\n\ndata: 3")
		_, _ = io.WriteString(in, "\n\n")
		in.Close()
	}()
	if event, err := e.Next(); err != nil || string(event.Data) != "1" {
		t.Errorf("%s, %v", event.Data, err)
	}
	if event, ok := e.Poll(); !ok || string(event.Data) != "2" {
		t.Errorf("%s, %t: the second was here", event.Data, ok)
	}
	if event, ok := e.Poll(); ok {
		t.Errorf("%s was not whole yet", event.Data)
	}
	if event, err := e.Next(); err != nil || string(event.Data) != "3" {
		t.Errorf("%s, %v", event.Data, err)
	}
}

// repeat gives the same text for ever.
type repeat struct {
	text string
	read int64
}

func (r *repeat) Read(p []byte) (int, error) {
	n := copy(p, r.text)
	r.read += int64(n)
	return n, nil
}

func TestEventsAreBounded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ first, text string }{
		"one line without end":          {"data: ", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
		"one event of lines":            {"", "data: {\"xxxxxxxxxxxxxxxxxxxxxxxxxx\n"},
		"no event stream, without end":  {"", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
		"event whose last line is long": {"data: {\ndata: ", "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""},
	} {
		endless := &repeat{text: strings.Repeat(test.text, 500)}
		e := edge.NewEvents(io.MultiReader(strings.NewReader(test.first), endless))
		if _, err := told(e); !errors.Is(err, edge.ErrTooLong) {
			t.Errorf("%s: %v", name, err)
		}
		if endless.read > 40<<20 {
			t.Errorf("%s: %d bytes were read", name, endless.read)
		}
	}
}

func FuzzEvents(f *testing.F) {
	f.Add("data: {\"a\":1}\n\ndata: [DONE]\n\n", 3)
	f.Add("event: error\r\ndata: x\r\ndata: y\r\n\r\n: c\n\xef\xbb\xbfdata:{}", 1)
	f.Fuzz(func(t *testing.T, body string, size int) {
		whole, err := told(edge.NewEvents(strings.NewReader(body)))
		if !errors.Is(err, io.EOF) {
			t.Fatalf("%q: %v", body, err)
		}
		pieces, err := told(edge.NewEvents(&piecewise{body, 1 + max(size, 0)%7}))
		if diff := cmp.Diff(whole, pieces); diff != "" || !errors.Is(err, io.EOF) {
			t.Errorf("%q tells other things in pieces: %v\n%s", body, err, diff)
		}
	})
}

// piecewise gives a text in pieces of n bytes.
type piecewise struct {
	rest string
	n    int
}

func (r *piecewise) Read(p []byte) (int, error) {
	if r.rest == "" {
		return 0, io.EOF
	}
	n := copy(p, r.rest[:min(r.n, len(r.rest))])
	r.rest = r.rest[n:]
	return n, nil
}
