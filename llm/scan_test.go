package llm_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
)

func TestValid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{}`: true, ` [ ] `: true, `{"a":{"b":[1,-0.5e+7,true,false,null,"x\u00e9\n"]}}`: true, `"sixteen bytes of text, and \" more"`: true, `0`: true,
		``: false, ` `: false, `{`: false, `{"a"}`: false, `{"a":}`: false, `{"a":1,}`: false, `[1,]`: false, `[1 2]`: false, `{,}`: false,
		`01`: false, `1.`: false, `-`: false, `1e`: false, `.5`: false, `+1`: false, `tru`: false, `truer`: false, `nul`: false,
		`"`: false, `"\x"`: false, `"\u00g0"`: false, `"\u00"`: false, "\"a\x01\"": false, "\"tab\there, in a long string\"": false, `{} {}`: false, `{"a":1}}`: false,
		strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000):   true,
		strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000): false,
		strings.Repeat(`{"a":`, 1_000_000):                        false,
	} {
		if got := llm.Valid([]byte(text)); got != want {
			t.Errorf("Valid(%.60q) = %t", text, got)
		}
	}
}

func TestRawFieldsAndItems(t *testing.T) {
	t.Parallel()
	var got []string
	for name, value := range llm.RawFields(json.RawMessage(` { "a" : 1 , "b":[{"c":"}]"}],"d\"":"x" , "e":null } `)) {
		got = append(got, string(name)+"="+string(value))
	}
	for value := range llm.RawItems(json.RawMessage(` [ 1 , "a,]" ,{"b":[2]},[ ],null ] `)) {
		got = append(got, string(value))
	}
	want := []string{"a=1", `b=[{"c":"}]"}]`, `d\"="x"`, "e=null", "1", `"a,]"`, `{"b":[2]}`, "[ ]", "null"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCheckedFields(t *testing.T) {
	t.Parallel()
	many := map[string]int{}
	for i := range 100 {
		many[strconv.Itoa(i)] = i
	}
	long, err := json.Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{` { "a" : 1 , "a":[{"c":"}"}],"d\"":"x" } `, string(long), `{}`, `[]`, `"a"`, ``, `{"a":1}x`, `{"a":1,}`, `{"a":1`, `{"a"}`} {
		var got, want []string
		for name, value := range llm.CheckedFields(json.RawMessage(text)) {
			got = append(got, string(name)+"="+string(value))
		}
		if json.Valid([]byte(text)) {
			for name, value := range llm.RawFields(json.RawMessage(text)) {
				want = append(want, string(name)+"="+string(value))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	for range llm.CheckedFields(long) {
		break // whoever has what they want may leave
	}
}

// FuzzValid holds that this scanner and encoding/json agree, and that nothing
// panics on a text that is not valid.
func FuzzValid(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"\\\""]}`, `[`, `{"a":1e5,"b":"12345678\u1234"}`, "\"\x7f\xff\"", `{"a" 1`, `[1,`, `{"a":"`, `{"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if got, want := llm.Valid(text), json.Valid(text); got != want {
			t.Fatalf("Valid(%q) = %t, encoding/json says %t", text, got, want)
		}
		var fields map[string]json.RawMessage
		whole := json.Unmarshal(text, &fields) == nil
		for name, value := range llm.RawFields(text) {
			if whole && !json.Valid(value) {
				t.Errorf("%q: the field %q has the value %q", text, name, value)
			}
		}
		for name, value := range llm.CheckedFields(text) {
			if !whole || !json.Valid(value) {
				t.Errorf("%q, an object: %t: the field %q has the value %q", text, whole, name, value)
			}
		}
		var items []json.RawMessage
		if json.Unmarshal(text, &items) != nil {
			items = nil
		}
		n := 0
		for range llm.RawItems(text) {
			n++
		}
		if items != nil && n != len(items) {
			t.Errorf("%q: %d items, want %d", text, n, len(items))
		}
	})
}

func BenchmarkValid(b *testing.B) {
	text := []byte(`{"messages":[{"role":"user","content":"` + strings.Repeat("a passage of the handbook ", 200) + `"}]}`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if !llm.Valid(text) {
			b.Fatal("not valid")
		}
	}
}

// FuzzRead holds that reading an answer of any bytes never panics, and reads
// what encoding/json reads of one that is valid.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"choices":[{"index":0,"delta":{"content":"a","tool_calls":[{}],"function_call":{}},"finish_reason":"stop"}]}`))
	f.Add([]byte(`{"choices":[{"delta":{"content":"`))
	f.Add([]byte(`{"choices":[{"text":"`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c := llm.Chunk{Body: body}
		text := c.Text()
		_, _, _ = c.Speaks(), c.Finish(), llm.Response{Body: body}.Text()
		var want struct {
			Choices []struct {
				Delta struct{ Content string }
			}
		}
		if strings.Contains(string(body), "text") || strings.Contains(string(body), "index") {
			return
		}
		if json.Unmarshal(body, &want) == nil && len(want.Choices) == 1 && strings.Count(string(body), `"content":"`) == 1 &&
			strings.Contains(string(body), `{"choices":[{"delta":{"content":"`) && text != want.Choices[0].Delta.Content {
			t.Errorf("%q says %q, want %q", body, text, want.Choices[0].Delta.Content)
		}
	})
}
