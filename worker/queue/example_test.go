package queue_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker/queue"
)

func Example() {
	dir, err := os.MkdirTemp("", "queue")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	q, err := queue.Open(ctx, queue.Options{Dir: dir})
	if err != nil {
		fmt.Println(err)
		return
	}
	// The adapter's side: nil means that the question is on disk. The platform
	// sends some things twice.
	question := bots.Question{
		ID:     "slack:T01:C42:1700000000.000100",
		Thread: bots.Thread{Platform: "slack", Team: "T01", Channel: "C42", Root: "1700000000.000100"},
		Text:   "Can my employer refuse to pay overtime?", AskedAt: time.Now(),
	}
	for range 2 {
		if err := q.Hear(ctx, question); err != nil {
			fmt.Println(err)
		}
	}
	// The worker's side.
	working, stop := context.WithCancel(ctx)
	err = q.Consume(working, queue.Work{Handler: func(ctx context.Context, asked bots.Question) error {
		record, _ := queue.Claimed(ctx)
		fmt.Printf("try %d, %s: %s\n", record.Tries, record.State, asked.Text)
		stop()
		return nil
	}})
	if err != nil {
		fmt.Println(err)
	}
	if err := q.Close(ctx); err != nil {
		fmt.Println(err)
	}
	// Output: try 1, opening: Can my employer refuse to pay overtime?
}
