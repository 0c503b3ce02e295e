package queue

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// holds lists the files below dir that contain the text.
func holds(t *testing.T, dir, text string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && entry.IsDir() {
			return nil
		}
		data, readErr := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			found = append(found, path)
		}
		if errors.Is(readErr, fs.ErrNotExist) {
			return nil
		}
		return errors.Join(err, readErr)
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestASecretLeavesTheDiskWithItsQuestion follows a secret through everything
// that may happen to a question, and looks for it in the server's files.
func TestASecretLeavesTheDiskWithItsQuestion(t *testing.T) {
	t.Parallel()
	const canary = "canary-interaction-token-4711"
	for name, verdicts := range map[string][]error{
		"answered":            {nil},
		"put off, answered":   {worker.Later(time.Second, errBroken), nil},
		"failed, answered":    {errBroken, nil},
		"refused for good":    {worker.Never(errBroken)},
		"failed, then killed": {errBroken, errBroken, errBroken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			q := open(t, Options{Dir: dir})
			e := question("1", 1)
			e.Via = canary
			hear(t, q, e)
			if len(holds(t, dir, canary)) == 0 {
				t.Fatal("the secret is nowhere to be found although the question waits")
			}
			seen := make(chan string, 4)
			n := 0
			consume(t, q, Work{MaxTries: 3, Backoff: []time.Duration{time.Second}, Handler: func(ctx context.Context, e bots.Question) error {
				rec, _ := Claimed(ctx)
				ref := bots.Ref{Channel: "C", Message: "1", Via: e.Via}
				if n > 0 {
					if err := json.Unmarshal(rec.Ref, &ref); err != nil {
						return err
					}
				}
				seen <- e.Via + " " + ref.Via
				verdict := verdicts[n]
				n++
				data, err := json.Marshal(ref)
				if err != nil {
					return err
				}
				rec.State, rec.Ref = worker.Open, data
				if _, err := q.Records().Save(ctx, e.ID, rec); err != nil {
					return err
				}
				return verdict
			}})
			for range verdicts {
				if got := receive(t, seen, "the question"); got != canary+" "+canary {
					t.Errorf("the handler saw %q", got)
				}
			}
			settledDown(t, q)
			if found := holds(t, dir, canary); len(found) > 0 {
				t.Errorf("the secret is still in %v", found)
			}
			hear(t, q, e) // a late repeat, of which the server may not know any more
			settledDown(t, q)
			if found := holds(t, dir, canary); len(found) > 0 {
				t.Errorf("after a repeat the secret is in %v", found)
			}
			if rec, err := q.Records().Load(t.Context(), e.ID); err != nil || rec.State != worker.Final && rec.State != worker.Dead {
				t.Errorf("record %+v, %v", rec, err)
			}
		})
	}
}
