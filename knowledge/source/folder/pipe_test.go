//go:build unix

package folder

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
)

// TestAFolderThatChangesWhileItIsRead changes it between two documents: what
// was listed and is gone, or is something else now, is left out.
func TestAFolderThatChangesWhileItIsRead(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"a.md": "a", "b.md": "b", "c.md": "c", "d.md": "d", "e.md": "e", "sub/f.md": "f"})
	change := func() error {
		return errors.Join(
			os.Remove(filepath.Join(dir, "b.md")),
			os.Remove(filepath.Join(dir, "c.md")), syscall.Mkfifo(filepath.Join(dir, "c.md"), 0o600),
			os.Remove(filepath.Join(dir, "d.md")), os.Mkdir(filepath.Join(dir, "d.md"), 0o700),
			os.RemoveAll(filepath.Join(dir, "sub")),
		)
	}
	src, err := New([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	reasons := map[string]string{}
	for doc, err := range src.Documents(t.Context()) {
		if s, ok := errors.AsType[*knowledge.Skipped](err); ok {
			reasons[s.Document] = s.Reason
			same(t, "origin", filepath.ToSlash(dir)+"/"+s.Document, doc.Origin)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, doc.ID); doc.ID == "a.md" {
			if err := change(); err != nil {
				t.Fatal(err)
			}
		}
	}
	same(t, "read", []string{"a.md", "e.md"}, got)
	const gone = "it was removed while the folder was read"
	same(t, "left out", map[string]string{"b.md": gone, "c.md": otherThing, "d.md": otherThing, "sub": gone}, reasons)
}

func TestThingsThatAreNoFiles(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"folder.md/a.md": "in a folder that is called like a file", "b.md": "b"})
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.md"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("pipe.md", filepath.Join(dir, "z.md")); err != nil {
		t.Fatal(err)
	}
	docs, skipped := read(t, dir)
	same(t, "ids", []string{"b.md", "folder.md/a.md"}, ids(docs))
	same(t, "skipped", []knowledge.Skipped{
		{Document: "pipe.md", Reason: otherThing, Foreign: true}, {Document: "z.md", Reason: otherLink, Foreign: true},
	}, skipped)
}
