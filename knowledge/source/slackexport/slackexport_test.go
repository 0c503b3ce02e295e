package slackexport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/archive"
	"github.com/tribunebot/tribune/knowledge/source/slackexport"
	"github.com/tribunebot/tribune/knowledge/source/ziptest"
)

// at is the ts of a minute of May 2024.
func at(day, hour, minute int) string {
	return fmt.Sprintf("%d.%06d", time.Date(2024, 5, day, hour, minute, 0, 0, time.UTC).Unix(), 100)
}

type object = map[string]any

func list(all ...object) string {
	out, err := json.Marshal(all)
	if err != nil {
		panic(err) // of maps of texts
	}
	return string(out)
}

func say(user, ts, text string, more ...any) object {
	m := object{"type": "message", "user": user, "ts": ts, "text": text}
	for i := 0; i+1 < len(more); i += 2 {
		m[fmt.Sprint(more[i])] = more[i+1]
	}
	return m
}

const canary = "canary-7f3a"

// workspace is a full export, with private channels and messages.
func workspace() map[string]string {
	edited := object{"user": "UADA", "ts": at(2, 9, 0)}
	return map[string]string{
		"users.json": list(
			object{"id": "UADA", "team_id": "T01", "name": "ada", "profile": object{"real_name": "Ada Lovelace", "display_name": "Ada"}},
			object{"id": "ULI", "team_id": "T01", "name": "lilei", "real_name": "李雷", "profile": object{"display_name": ""}},
			object{"id": "UBOT", "team_id": "T01", "name": "robot", "is_bot": true},
			object{"id": "UEXT", "team_id": "T99", "name": "guest", "profile": object{"real_name": "Guest"}},
		),
		"channels.json": list(
			object{"id": "C01", "name": "general"}, object{"id": "C02", "name": "hr-help"}, object{"id": "C03", "name": "odd", "is_private": true},
			object{"id": "C04", "name": "moved"},
		),
		"groups.json": list(object{"id": "G01", "name": "board"}, object{"id": "C04", "name": "moved-and-renamed"}),
		"dms.json":    list(object{"id": "D01", "members": []string{"UADA", "ULI"}}, object{"id": "D02"}),
		"mpims.json":  list(object{"id": "G02", "name": "mpdm-ada--lilei--guest-1"}),

		"general/2024-05-01.json": list(
			say("UADA", at(1, 8, 0), "How do I reset my <https://id.example.com|VPN> token? <@ULI> &amp; <@UEXT> might know", "thread_ts", at(1, 8, 0), "reply_count", 2),
			say("ULI", at(1, 8, 5), "<#G01|canary-7f3a> 在 <https://id.example.com/reset> 点“重置”，见 <#C02|hr-help>", "thread_ts", at(1, 8, 0), "edited", edited),
			say("UBOT", at(1, 8, 6), "I am a bot "+canary, "thread_ts", at(1, 8, 0)),
			say("UADA", at(1, 9, 0), "<@UADA> has joined the channel", "subtype", "channel_join"),
			say("UADA", at(1, 9, 1), "a build "+canary, "subtype", "bot_message", "bot_id", "B01"),
			say("ULI", at(1, 10, 0), "Lunch is at <!date^1714550400^{time}|noon>\nin the <mailto:canteen@example.com|canteen>", "files", []object{{"name": "menu.pdf", "title": "Menu 菜单"}, {"mode": "tombstone", "name": "gone"}}),
			say("ULI", at(1, 10, 1), "see you <!here>"),
			say("UADA", at(1, 15, 0), "The new printer is in room 5"),
			say("UADA", at(1, 15, 30), "this text was changed later"),
			say("UADA", at(1, 15, 31), "this one was deleted "+canary),
		),
		"general/2024-05-02.json": list(
			say("UEXT", at(2, 7, 0), "Thanks, that worked", "thread_ts", at(1, 8, 0), "subtype", "thread_broadcast"),
			object{"type": "message", "subtype": "message_changed", "ts": at(2, 9, 0), "message": say("UADA", at(1, 15, 30), "the final text")},
			object{"type": "message", "subtype": "message_deleted", "ts": at(2, 9, 1), "deleted_ts": at(1, 15, 31)},
			say("UADA", at(2, 11, 0), "nobody answered this", "thread_ts", at(2, 11, 0), "reply_count", 1),
		),
		"hr-help/2024-05-02.json": list(say("ULI", at(2, 8, 0), "年假怎么计算？")),

		"board/2024-05-01.json":                    list(say("UADA", at(1, 8, 0), "We sell the company "+canary)),
		"odd/2024-05-01.json":                      list(say("UADA", at(1, 8, 0), "listed as public, and private "+canary)),
		"moved/2024-05-01.json":                    list(say("UADA", at(1, 8, 0), "private by its id "+canary)),
		"unlisted/2024-05-01.json":                 list(say("UADA", at(1, 8, 0), "in no list "+canary)),
		"D01/2024-05-01.json":                      list(say("UADA", at(1, 8, 0), "between us "+canary)),
		"D02/2024-05-01.json":                      list(say("UADA", at(1, 8, 0), "between us too "+canary)),
		"mpdm-ada--lilei--guest-1/2024-05-01.json": list(say("UADA", at(1, 8, 0), "between the three of us "+canary)),
		"integration_logs.json":                    "[]",
		"general/notes.txt":                        canary,
	}
}

func open(t *testing.T, o slackexport.Options, archives ...*archive.Archive) *slackexport.Export {
	t.Helper()
	var files []slackexport.File
	for _, a := range archives {
		files = append(files, slackexport.File{Archive: a})
	}
	return openFiles(t, o, files...)
}

func openFiles(t *testing.T, o slackexport.Options, files ...slackexport.File) *slackexport.Export {
	t.Helper()
	for _, f := range files {
		if !slackexport.Is(f.Archive) {
			t.Fatal("it is an export of Slack")
		}
	}
	e, err := slackexport.Open(t.Context(), files, o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestWorkspace(t *testing.T) {
	t.Parallel()
	e := openFiles(t, slackexport.Options{}, slackexport.File{Archive: ziptest.Open(t, workspace()), Workspace: "example.slack.com"})
	got := ziptest.Read(e.Documents(t.Context()))
	got.Golden(t, "workspace")
	if diff := cmp.Diff([]string{"general", "hr-help"}, e.Channels()); diff != "" {
		t.Error(diff)
	}
}

// TestPrivateTalkStaysOut: whatever an export has of private channels, messages,
// bots, and of what was deleted, nothing of it is in a document.
func TestPrivateTalkStaysOut(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]string){
		"as it is":           func(map[string]string) {},
		"in a folder":        func(m map[string]string) { into(m, "Team export/") },
		"listed as both":     func(m map[string]string) { m["channels.json"] = list(object{"id": "C09", "name": "board"}) },
		"private by id":      func(m map[string]string) { m["channels.json"] = list(object{"id": "G01", "name": "board"}) },
		"a direct one":       func(m map[string]string) { m["channels.json"] = list(object{"id": "D01", "name": "D01"}) },
		"no list of public":  func(m map[string]string) { delete(m, "channels.json") },
		"an id that is none": func(m map[string]string) { m["channels.json"] = list(object{"id": "../x", "name": "unlisted"}) },
		"no name": func(m map[string]string) {
			m["channels.json"] = list(object{"id": "C01"}, object{"name": "unlisted"}, object{"id": "C01", "name": "general"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := workspace()
			change(files)
			got := ziptest.Read(openFiles(t, slackexport.Options{}, slackexport.File{Archive: ziptest.Open(t, files), Private: []string{"", "#"}}).Documents(t.Context()))
			if strings.Contains(got.All(), canary) || got.Failed != nil {
				t.Errorf("it is in\n%s%v", got, got.Failed)
			}
		})
	}
}

func into(m map[string]string, folder string) {
	for name, text := range maps.Clone(m) {
		delete(m, name)
		m[folder+name] = text
	}
}

// TestPrivateChannelsThatAreAskedFor: one by name, one by id, and no other.
func TestPrivateChannelsThatAreAskedFor(t *testing.T) {
	t.Parallel()
	files := workspace()
	e := openFiles(t, slackexport.Options{}, slackexport.File{Archive: ziptest.Open(t, files), Private: []string{"#board", "D01"}})
	all := ziptest.Read(e.Documents(t.Context())).All()
	for text, want := range map[string]bool{"We sell the company": true, "between us " + canary: true, "between us too": false, "the three of us": false, "in no list": false} {
		if strings.Contains(all, text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// TestWhatIsAskedForBesideOneFile is read of all files of the workspace; where
// nobody can tell whether they are of one, each has to name it.
func TestWhatIsAskedForBesideOneFile(t *testing.T) {
	t.Parallel()
	const known, unknown = `[{"id":"UADA","team_id":"T01"}]`, `[{"id":"UADA"}]`
	board := []string{"board"}
	for name, test := range map[string]struct {
		users  string
		newer  []string
		older  []string
		said   bool
		listed string
	}{
		"beside none":                    {known, nil, nil, false, "board"},
		"beside the newer":               {known, board, nil, true, "board"},
		"beside the older":               {known, nil, board, true, "board"},
		"by its id":                      {known, nil, []string{"G01"}, true, "board"},
		"of nobody's, beside the newer":  {unknown, board, nil, false, "board"},
		"of nobody's, beside the older":  {unknown, nil, board, false, "board"},
		"of nobody's, twice beside one":  {unknown, nil, []string{"board", "#board"}, false, "board"},
		"of nobody's, beside each":       {unknown, board, []string{"#board"}, true, "board"},
		"by a name that it had":          {known, nil, board, false, "board-of-2023"},
		"by the name that it has by now": {known, nil, []string{"board-of-2023"}, true, "board-of-2023"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := func(private []string, name, day string, said object) slackexport.File {
				return slackexport.File{Private: private, Archive: ziptest.Open(t, map[string]string{
					"users.json": test.users, "channels.json": list(object{"id": "C01", "name": "general"}),
					"groups.json": list(object{"id": "G01", "name": name}), name + "/" + day + ".json": list(said),
				})}
			}
			older := file(test.older, "board", "2024-05-01", say("UADA", at(1, 8, 0), "older "+canary))
			newer := file(test.newer, test.listed, "2024-05-02", say("UADA", at(2, 8, 0), "newer "+canary))
			all := ziptest.Read(openFiles(t, slackexport.Options{}, newer, older).Documents(t.Context())).All()
			if strings.Contains(all, "newer") != test.said || strings.Contains(all, "older") != (test.said && test.listed == "board") && test.listed == "board" {
				t.Errorf("got %q", all)
			}
		})
	}
}

func TestSeveralExportsOfOneWorkspace(t *testing.T) {
	t.Parallel()
	base := workspace()
	part := func(days ...string) *archive.Archive {
		files := map[string]string{"users.json": base["users.json"], "channels.json": base["channels.json"]}
		for _, d := range days {
			files[d] = base[d]
		}
		return ziptest.Open(t, files)
	}
	may1, may2 := part("general/2024-05-01.json"), part("general/2024-05-02.json", "hr-help/2024-05-02.json")
	whole := ziptest.Read(open(t, slackexport.Options{}, part("general/2024-05-01.json", "general/2024-05-02.json", "hr-help/2024-05-02.json")).Documents(t.Context()))
	joined := ziptest.Read(open(t, slackexport.Options{}, may2, may1).Documents(t.Context()))
	if diff := cmp.Diff(whole.String(), joined.String()); diff != "" {
		t.Errorf("two parts are not the whole (-whole +joined):\n%s", diff)
	}
	// By itself the second one has a part of a thread, which is not the thread.
	second := openFiles(t, slackexport.Options{}, slackexport.File{Archive: may2, Workspace: "team.slack.com"})
	link := "https://team.slack.com/archives/C01/p" + strings.ReplaceAll(at(2, 7, 0), ".", "") + "?thread_ts=" + at(1, 8, 0) + "&cid=C01"
	for _, d := range ziptest.Read(second.Documents(t.Context())).Docs {
		if strings.Contains(d.Text, "that worked") && (d.Origin != "slack-export://T01/C01/"+at(1, 8, 0)+"/"+at(2, 7, 0) || d.URL != link) {
			t.Errorf("its origin is %s, its address %s, want %s", d.Origin, d.URL, link)
		}
	}
	for origin, want := range map[string]bool{
		"slack-export://T01/C01/" + at(2, 11, 0):                    true,
		"slack-export://T01/C01/" + at(1, 8, 0) + "/" + at(2, 7, 0): true,
		"slack-export://T01/C01/" + at(1, 8, 0):                     false, // before its days
		"slack-export://T01/C01/" + at(3, 8, 0):                     false, // after them
		"slack-export://T01/C07/" + at(1, 8, 0):                     true,  // a channel that is not there any more
		"slack-export://T02/C01/" + at(2, 11, 0):                    false, // another workspace
		"slack-export://T01/C01/x":                                  false,
		"/home/ada/notes.md":                                        false,
	} {
		if second.Covers(origin) != want {
			t.Errorf("covers %s: %v", origin, !want)
		}
	}
}

func TestALongHistoryIsReadFromItsEnd(t *testing.T) {
	t.Parallel()
	files := workspace()
	for d := 3; d < 20; d++ {
		files[fmt.Sprintf("general/2024-05-%02d.json", d)] = list(say("UADA", at(d, 8, 0), fmt.Sprint("day ", d)))
	}
	e := open(t, slackexport.Options{MaxMessages: 5}, ziptest.Open(t, files))
	got := ziptest.Read(e.Documents(t.Context()))
	all := got.All()
	if !strings.Contains(all, "day 19") || !strings.Contains(all, "day 15") || strings.Contains(all, "day 14") || !strings.Contains(got.String(), "those before 2024-05-15 are left out") {
		t.Errorf("got\n%s", got)
	}
	if e.Covers("slack-export://T01/C01/"+at(14, 8, 0)) || !e.Covers("slack-export://T01/C01/"+at(15, 9, 0)) {
		t.Error("it speaks for what it read alone")
	}
}

func TestBadExports(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(map[string]string)
		opens  string // the error of opening it
		skips  string
	}{
		"channels are no JSON": {func(m map[string]string) { m["channels.json"] = "<html>" }, "channels.json: it is not JSON as Slack", ""},
		"users are cut":        {func(m map[string]string) { m["users.json"] = m["users.json"][:50] }, "users.json: it is not JSON", ""},
		"a day is cut":         {func(m map[string]string) { m["general/2024-05-01.json"] = m["general/2024-05-01.json"][:700] }, "", "general/2024-05-01.json: it is not JSON"},
		"a day is a bomb": {func(m map[string]string) {
			m["general/2024-05-01.json"] = "[" + strings.Repeat(" ", 3<<20) + "]"
		}, "", "zip bomb"},
		"odd elements": {func(m map[string]string) {
			m["general/2024-05-01.json"] = `[1,null,"x",[],{"ts":5},{"ts":"x","user":"UADA","type":"message"},{"files":7}]`
		}, "", ""},
		"deep": {func(m map[string]string) { m["general/2024-05-01.json"] = strings.Repeat("[", 100_000) }, "", "not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := workspace()
			test.change(files)
			e, err := slackexport.Open(t.Context(), []slackexport.File{{Archive: ziptest.Open(t, files)}}, slackexport.Options{})
			if test.opens != "" {
				if err == nil || !strings.Contains(err.Error(), test.opens) {
					t.Errorf("opened: %v", err)
				}
				return
			}
			got := ziptest.Read(e.Documents(t.Context()))
			if got.Failed != nil || !strings.Contains(strings.Join(got.Skips, "\n"), test.skips) || !strings.Contains(got.All(), "年假怎么计算") {
				t.Errorf("got %v\n%s", got.Failed, got)
			}
		})
	}
}

// TestASkippedDayKeepsItsChannel: what was indexed of it is not taken for gone.
func TestASkippedDayKeepsItsChannel(t *testing.T) {
	t.Parallel()
	files := workspace()
	files["general/2024-05-01.json"] = "{"
	found := false
	for doc, err := range open(t, slackexport.Options{}, ziptest.Open(t, files)).Documents(t.Context()) {
		if s, ok := errors.AsType[*knowledge.Skipped](err); ok && s.Document == "general/2024-05-01.json" {
			found = doc.Origin == "slack-export://T01/C01" && !s.Foreign
		}
	}
	if !found {
		t.Error("its origin is the channel's")
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	e := open(t, slackexport.Options{}, ziptest.Open(t, workspace()))
	cancel()
	if got := ziptest.Read(e.Documents(ctx)); !errors.Is(got.Failed, context.Canceled) {
		t.Errorf("after cancel: %v", got.Failed)
	}
	for range e.Documents(t.Context()) {
		break // nothing more is given
	}
}

func TestWhatIsNoExport(t *testing.T) {
	t.Parallel()
	for _, files := range []map[string]string{
		{"readme.md": "x"},
		{"users.json": "[]"},
		{"channels.json": "[]"},
		{"a/b/users.json": "[]", "a/b/channels.json": "[]"},
		{"myusers.json": "[]", "mychannels.json": "[]"},
	} {
		if slackexport.Is(ziptest.Open(t, files)) {
			t.Errorf("%v is none", files)
		}
	}
}
