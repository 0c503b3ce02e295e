package router

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// TestTokensWithoutMaxTokens holds that many callers at once who say nothing of
// how long their answers may be do not pass a limit of tokens, as long as the
// answers are no longer than what is reserved for such.
func TestTokensWithoutMaxTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const limit, answer = 10_000, 3_600
		step := yes()
		step.Usage = &llm.Usage{Prompt: 2, Completion: answer}
		d := deployment("a", "g", llmtest.NewScript(step))
		d.Quota.TPM = limit
		r := newRouter(t, Options{Deployments: []Deployment{d}, Settings: Settings{Timeout: time.Hour}})
		perMinute := map[int64]int64{}
		var mu sync.Mutex
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				resp, err := r.Complete(t.Context(), ask(t, "g"))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				perMinute[time.Now().Unix()/60] += int64(resp.Usage.Prompt + resp.Usage.Completion)
			})
		}
		group.Wait()
		for minute, used := range perMinute {
			if used > limit {
				t.Errorf("%d tokens of %d in the minute %d", used, limit, minute)
			}
		}
		if len(perMinute) < 5 {
			t.Errorf("20 answers in %d minutes", len(perMinute))
		}
	})
}
