package export_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
	"github.com/tribunebot/tribune/knowledge/source"
	"github.com/tribunebot/tribune/knowledge/source/export"
	"github.com/tribunebot/tribune/knowledge/source/ziptest"
)

// inEachOrder reads two files, named and made in each order, and gives what
// their documents say.
func inEachOrder(t *testing.T, x, y export.File, check func(t *testing.T, got ziptest.Got)) {
	t.Helper()
	now := time.Now()
	for i, files := range [...][]export.File{{x, y}, {y, x}} {
		for j, f := range [...]export.File{x, y} {
			age := time.Duration(1+(i+j)%2) * time.Hour
			if err := os.Chtimes(f.Path, now, now.Add(-age)); err != nil {
				t.Fatal(err)
			}
		}
		for _, named := range [...][]export.File{files, {files[1], files[0]}} {
			s, err := export.Open(named, export.Options{})
			if err != nil {
				t.Fatal(err)
			}
			check(t, ziptest.Read(s.Documents(t.Context())))
		}
	}
}

// talk is an export with a message of a day in May in each of some channels.
func talk(team, public, private string, day int, channels ...string) map[string]string {
	files := map[string]string{
		"users.json":    `[{"id":"U1","team_id":"` + team + `","name":"ada"}]`,
		"channels.json": public, "groups.json": private,
	}
	at := time.Date(2024, 5, day, 8, 0, 0, 0, time.UTC)
	for _, name := range channels {
		files[name+"/"+at.Format(time.DateOnly)+".json"] = said(fmt.Sprintf("%d.000100", at.Unix()), fmt.Sprint(name, " of ", team, " on ", day))
	}
	return files
}

const (
	general = `{"id":"C01","name":"general"}`
	plans   = `{"id":"C05","name":"plans"}`
	hr      = `{"id":"G01","name":"hr"}`
)

// TestWhatBecamePrivate is private in the export of before too, beside whichever
// of them another channel is named.
func TestWhatBecamePrivate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ newer, older, want []string }{
		"none is named":               {nil, nil, nil},
		"one beside the newer":        {[]string{"hr"}, nil, []string{"hr of T01 on 1", "hr of T01 on 2"}},
		"one beside the older":        {nil, []string{"hr"}, []string{"hr of T01 on 1", "hr of T01 on 2"}},
		"what became private":         {[]string{"plans"}, nil, []string{"plans of T01 on 1", "plans of T01 on 2"}},
		"both, one beside each":       {[]string{"plans"}, []string{"#hr"}, []string{"hr of T01 on 1", "hr of T01 on 2", "plans of T01 on 1", "plans of T01 on 2"}},
		"the same beside both, by id": {[]string{"G01"}, []string{"G01"}, []string{"hr of T01 on 1", "hr of T01 on 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			older := export.File{Private: test.older, Path: ziptest.Write(t, dir, "old.zip",
				talk("T01", "["+general+","+plans+"]", "["+hr+"]", 1, "general", "plans", "hr"))}
			newer := export.File{Private: test.newer, Path: ziptest.Write(t, dir, "new.zip",
				talk("T01", "["+general+"]", "["+hr+","+plans+"]", 2, "general", "plans", "hr"))}
			inEachOrder(t, newer, older, func(t *testing.T, got ziptest.Got) {
				t.Helper()
				holds(t, got, append([]string{"general of T01 on 1", "general of T01 on 2"}, test.want...))
			})
		})
	}
}

// TestANameIsOneOfItsWorkspace: a channel of another one that is called the same
// stays private.
func TestANameIsOneOfItsWorkspace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ours := export.File{Private: []string{"hr"}, Path: ziptest.Write(t, dir, "ours.zip", talk("T01", "["+general+"]", "["+hr+"]", 1, "general", "hr"))}
	theirs := export.File{Path: ziptest.Write(t, dir, "theirs.zip", talk("T02", "["+general+"]", "["+hr+"]", 1, "general", "hr"))}
	inEachOrder(t, ours, theirs, func(t *testing.T, got ziptest.Got) {
		t.Helper()
		holds(t, got, []string{"general of T01 on 1", "general of T02 on 1", "hr of T01 on 1"})
	})
}

// TestAFileNamedTwice is what it is in both places.
func TestAFileNamedTwice(t *testing.T) {
	t.Parallel()
	at := ziptest.Write(t, t.TempDir(), "a.zip", talk("T01", "["+general+"]", "["+hr+"]", 1, "general", "hr"))
	inEachOrder(t, export.File{Path: at}, export.File{Path: at, Private: []string{"hr"}}, func(t *testing.T, got ziptest.Got) {
		t.Helper()
		holds(t, got, []string{"general of T01 on 1", "hr of T01 on 1"})
	})
}

// TestAnExportThatCantBeRead may be the one that says what became private: none
// of Slack is read without it, and all else is.
func TestAnExportThatCantBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	older := export.File{Path: ziptest.Write(t, dir, "old.zip", talk("T01", "["+general+","+plans+"]", "[]", 1, "general", "plans"))}
	notes := export.File{Path: ziptest.Write(t, dir, "notes.zip", map[string]string{"a.md": "# Notes\n\nof the team"})}
	whole := talk("T01", "["+general+"]", "["+plans+"]", 2, "plans")
	for name, raw := range map[string][]byte{
		"cut.zip":    []byte("PK\x03\x04 cut"),
		"people.zip": ziptest.Make(t, map[string]string{"users.json": "[{", "channels.json": "[]"}),
		"lists.zip":  ziptest.Make(t, map[string]string{"users.json": whole["users.json"], "channels.json": whole["channels.json"], "groups.json": "[{"}),
	} {
		at := filepath.Join(dir, name)
		if err := os.WriteFile(at, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		inEachOrder(t, export.File{Path: at}, older, func(t *testing.T, got ziptest.Got) {
			t.Helper()
			if got.Failed == nil || !strings.Contains(got.Failed.Error(), ".json") && !strings.Contains(got.Failed.Error(), "what is private can't be told while "+at) || len(got.Docs) > 0 {
				t.Errorf("%s: %v\n%s", name, got.Failed, got)
			}
		})
		s, err := export.Open([]export.File{older, notes, {Path: at}}, export.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := ziptest.Read(s.Documents(t.Context()))
		if len(got.Docs) != 1 || !strings.Contains(got.All(), "of the team") || got.Failed == nil {
			t.Errorf("%s: %v\n%s", name, got.Failed, got)
		}
	}
}

// holds reports what documents say that they should not, and what they don't.
func holds(t *testing.T, got ziptest.Got, want []string) {
	t.Helper()
	all := got.All()
	for _, team := range [...]string{"T01", "T02"} {
		for _, channel := range [...]string{"general", "plans", "hr"} {
			for day := 1; day <= 2; day++ {
				text := fmt.Sprint(channel, " of ", team, " on ", day)
				if strings.Contains(all, text) != slices.Contains(want, text) {
					t.Errorf("%q is in it: %v", text, strings.Contains(all, text))
				}
			}
		}
	}
	if got.Failed != nil {
		t.Error(got.Failed)
	}
}

// TestWhatNobodyAsksForAnyMore is removed at once, though nothing is pruned;
// what is public stays.
func TestWhatNobodyAsksForAnyMore(t *testing.T) {
	t.Parallel()
	at := ziptest.Write(t, t.TempDir(), "slack.zip", talk("T01", "["+general+"]", "["+hr+"]", 1, "general", "hr"))
	x, err := index.Open(t.TempDir(), index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	feed := func(private ...string) knowledge.Report {
		s, err := export.Open([]export.File{{Path: at, Private: private}}, export.Options{})
		if err != nil {
			t.Fatal(err)
		}
		report, err := x.Ingest(t.Context(), "team", source.Join(s, &knowledgetest.Source{}), knowledge.IngestOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	if r := feed("hr"); r.Added != 2 {
		t.Errorf("with hr: %+v", r)
	}
	if r := feed("hr"); r.Removed != 0 || r.Unchanged != 2 {
		t.Errorf("again: %+v", r)
	}
	if r := feed(); r.Removed != 1 || r.Unchanged != 1 || !strings.Contains(r.Skipped[0].Reason, "removed where it was fed before") {
		t.Errorf("without: %+v", r)
	}
	if r := feed(); r.Removed != 0 || r.Unchanged != 1 {
		t.Errorf("without, again: %+v", r)
	}
}

// TestLinksToAWorkspace: each workspace has an address of its own, and what two
// are said to share is of neither.
func TestLinksToAWorkspace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ours := export.File{Workspace: "ours.slack.com", Path: ziptest.Write(t, dir, "ours.zip", talk("T01", "["+general+"]", "[]", 1, "general"))}
	theirs := export.File{Path: ziptest.Write(t, dir, "theirs.zip", talk("T02", "["+general+"]", "[]", 1, "general"))}
	inEachOrder(t, ours, theirs, func(t *testing.T, got ziptest.Got) {
		t.Helper()
		for _, d := range got.Docs {
			if linked := strings.HasPrefix(d.URL, "https://ours.slack.com/archives/"); linked != strings.Contains(d.Text, "T01") {
				t.Errorf("%q leads to %q", d.Text, d.URL)
			}
		}
	})
	theirs.Workspace = ours.Workspace
	inEachOrder(t, ours, theirs, func(t *testing.T, got ziptest.Got) {
		t.Helper()
		if got.Failed == nil || !strings.Contains(got.Failed.Error(), "both can't have one address") {
			t.Errorf("got %v", got.Failed)
		}
	})
}
