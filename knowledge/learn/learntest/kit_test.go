package learntest

import (
	"testing"

	"github.com/tribunebot/tribune/knowledge/learn"
)

func TestTheStoreInMemory(t *testing.T) {
	t.Parallel()
	TestStore(t, func(*testing.T) (learn.Store, learn.Store) {
		s := new(Store)
		return s, s
	})
}
