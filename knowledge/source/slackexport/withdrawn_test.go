package slackexport_test

import (
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/source/slackexport"
	"github.com/tribunebot/tribune/knowledge/source/ziptest"
)

var _ knowledge.Withdrawer = (*slackexport.Export)(nil)

// TestWithdrawn holds what of an earlier feeding may not be shown any more: by
// what this export says, and by what was asked for beside it.
func TestWithdrawn(t *testing.T) {
	t.Parallel()
	may, later := at(1, 8, 0), at(30, 8, 0)
	withoutGroups, nobody := workspace(), workspace()
	for _, name := range []string{"groups.json", "dms.json", "mpims.json"} {
		delete(withoutGroups, name)
	}
	nobody["users.json"] = "[]"
	for name, test := range map[string]struct {
		files   map[string]string
		private []string
		want    map[string]bool // by channel and ts
	}{
		"nothing is asked for": {workspace(), nil, map[string]bool{
			"G01/" + may: true, "G01/" + later: true, "C03/" + may: true, "C04/" + may: true, "D01/" + may: true, "G02/" + may: true,
			"C01/" + may: false, "C01/" + later: false, "C02/" + may: false,
			"C98/" + may: true, "C98/" + later: false, // in no list: made since, or deleted
		}},
		"by its name":           {workspace(), []string{"#board"}, map[string]bool{"G01/" + may: false, "C04/" + may: true, "D01/" + may: true}},
		"by its id":             {workspace(), []string{"G01"}, map[string]bool{"G01/" + may: false, "C98/" + may: true}},
		"lists without private": {withoutGroups, nil, map[string]bool{"G01/" + may: true, "C01/" + may: false}},
		"asked, and in no list": {withoutGroups, []string{"board"}, map[string]bool{"G01/" + may: false, "C01/" + may: false}},
		"of no known workspace": {nobody, nil, map[string]bool{"G01/" + may: false}},
	} {
		e := openFiles(t, slackexport.Options{}, slackexport.File{Archive: ziptest.Open(t, test.files), Private: test.private})
		for origin, want := range test.want {
			if got := e.Withdrawn(slackexport.Scheme + "T01/" + origin); got != want {
				t.Errorf("%s: %s is withdrawn: %v", name, origin, got)
			}
		}
		for _, other := range []string{"slack-export://T02/G01/" + may, "zip:///a.zip/G01", "/docs/G01", ""} {
			if e.Withdrawn(other) {
				t.Errorf("%s: %q is another's", name, other)
			}
		}
	}
}
