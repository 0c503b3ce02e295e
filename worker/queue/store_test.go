package queue

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/tribunebot/tribune/bots"
)

func TestStoresCompareAndSet(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]Kind{"durable": Durable, "shared": Shared} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q, ctx := open(t, Options{}), t.Context()
			s, err := q.Store(ctx, "last_seen-1", kind)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{"", "a", "A", "discord:9001:*.> \n", "公司", "=", "=3D"} {
				if value, revision, err := s.Get(ctx, key); err != nil || value != nil || revision != 0 {
					t.Fatalf("an absent key %q: %q, %d, %v", key, value, revision, err)
				}
				first, err := s.Put(ctx, key, []byte("1 of "+key), 0)
				if err != nil || first == 0 {
					t.Fatalf("the first value of %q: %d, %v", key, first, err)
				}
				if _, err := s.Put(ctx, key, []byte("x"), 0); !errors.Is(err, bots.ErrConflict) {
					t.Errorf("a second first value of %q: %v", key, err)
				}
				second, err := s.Put(ctx, key, []byte("2 of "+key), first)
				if err != nil || second <= first {
					t.Errorf("the second value of %q: %d, %v", key, second, err)
				}
				if _, err := s.Put(ctx, key, []byte("x"), first); !errors.Is(err, bots.ErrConflict) {
					t.Errorf("an old revision of %q: %v", key, err)
				}
				if value, revision, err := s.Get(ctx, key); err != nil || string(value) != "2 of "+key || revision != second {
					t.Errorf("%q: %q, %d, %v", key, value, revision, err)
				}
			}
		})
	}
}

func TestADurableStoreOutlivesARestartAndASharedOneIsMadeAgain(t *testing.T) {
	t.Parallel()
	q, ctx := open(t, Options{}), t.Context()
	durable, err := q.Store(ctx, "durable", Durable)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := q.Store(ctx, "shared", Shared)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []bots.Store{durable, shared} {
		if _, err := s.Put(ctx, "k", []byte("v"), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.restart(ctx, q.maxStore); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the durable value is there", func() bool {
		value, _, err := durable.Get(ctx, "k")
		return err == nil && string(value) == "v"
	})
	eventually(t, "the shared store can be used", func() bool {
		_, revision, err := shared.Get(ctx, "k")
		if err != nil || revision != 0 {
			return false
		}
		_, err = shared.Put(ctx, "k", []byte("again"), 0)
		return err == nil
	})
	hear(t, q, question("1", 1))
	if err := q.Ready(ctx); err != nil {
		t.Error(err)
	}
}

func TestAStoresNameIsChecked(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	for _, name := range []string{"", "a.b", "a b", "a/b", "ключ", "*"} {
		if _, err := q.Store(t.Context(), name, Durable); err == nil {
			t.Errorf("a store named %q", name)
		}
	}
}

func TestTheRelayCarriesLiveText(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	r, ctx := q.Relay(), t.Context()
	got, other := make(chan string, 8), make(chan string, 8)
	topic := "web:me:chat.*:> 公司"
	stop, err := r.Watch(ctx, topic, func(m json.RawMessage) { got <- string(m) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Watch(ctx, "another", func(m json.RawMessage) { other <- string(m) }); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`"one"`, `"two"`} {
		if err := r.Send(ctx, topic, json.RawMessage(text)); err != nil {
			t.Fatal(err)
		}
		if m := receive(t, got, "live text"); m != text {
			t.Errorf("got %s, want %s", m, text)
		}
	}
	stop()
	stop()
	if err := r.Send(ctx, topic, json.RawMessage(`"three"`)); err != nil {
		t.Fatal(err)
	}
	nothing(t, got, "live text after stop")
	nothing(t, other, "live text of another topic")
}

func TestTokensAreSafeAndDistinct(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	long := make([]byte, 300)
	for i := range long {
		long[i] = 'x'
	}
	for _, s := range []string{
		"", "=", "==", "=3D", ".", "..", "*", ">", "a.b", "a b", "1700000000.000100", "公司", "\x00", "\xff",
		"A", "a", string(long), string(long[1:]), "=h", "$KV.records.>", "\r\nPUB x 1",
	} {
		got := token(s)
		if other, dup := seen[got]; dup {
			t.Errorf("%q and %q are both %q", s, other, got)
		}
		seen[got] = s
		checkToken(t, s, got)
	}
}

func checkToken(t *testing.T, s, got string) {
	t.Helper()
	if got == "" || len(got) > maxToken {
		t.Errorf("%q: token of %d bytes", s, len(got))
	}
	for i := range len(got) {
		if !plain(got[i]) && got[i] != '=' {
			t.Errorf("%q: token %q has %q in it", s, got, got[i])
		}
	}
}

func FuzzToken(f *testing.F) {
	f.Add("slack:T01:C.42", "1700000000.000100")
	f.Add("", "=")
	f.Fuzz(func(t *testing.T, a, b string) {
		ta, tb := token(a), token(b)
		checkToken(t, a, ta)
		if (a == b) != (ta == tb) {
			t.Errorf("%q and %q: %q and %q", a, b, ta, tb)
		}
	})
}

func FuzzJunk(f *testing.F) {
	f.Add([]byte(`{"id":"a","thread":{"platform":"slack"}}`))
	f.Add([]byte(`{"id":`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := &delivery{}
		d.readQuestion(data, false)
		if (d.junk == "") != d.loaded || d.loaded && d.question.ID == "" {
			t.Errorf("%q: %+v", data, d)
		}
		p := &delivery{}
		if p.readPointer(data); p.junk == "" && p.seq == 0 {
			t.Errorf("%q: %+v", data, p)
		}
	})
}
