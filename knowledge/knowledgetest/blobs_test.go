package knowledgetest_test

import (
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

func TestBlobsInMemory(t *testing.T) {
	t.Parallel()
	knowledgetest.TestBlobs(t, func(*testing.T) (knowledge.Blobs, knowledge.Blobs) {
		b := &knowledgetest.Blobs{}
		return b, b
	})
}
