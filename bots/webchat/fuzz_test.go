package webchat

import (
	"encoding/json"
	"testing"
)

// FuzzBlocks: no text makes anything but the page's own elements and links to
// the sources' hosts, finished or not.
func FuzzBlocks(f *testing.F) {
	for _, s := range naughty() {
		f.Add(s, true)
	}
	f.Add(chineseAnswer().Text, false)
	f.Add(englishAnswer().Text, false)
	f.Fuzz(func(t *testing.T, s string, final bool) {
		content := naughtyContent(s)
		content.Final = final
		content.Sources = content.Sources[1:]
		content = bound(content)
		nodes := blocks(content)
		for _, n := range nodes {
			checkNode(t, s, n)
		}
		if _, err := json.Marshal(nodes); err != nil {
			t.Error(err)
		}
	})
}
