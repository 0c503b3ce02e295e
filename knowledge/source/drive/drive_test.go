package drive_test

import (
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge/format/formattest"
	"github.com/tribunebot/tribune/knowledge/source/drive"
	"github.com/tribunebot/tribune/knowledge/source/ziptest"
)

func TestAFolder(t *testing.T) {
	t.Parallel()
	a := ziptest.Open(t, map[string]string{
		"员工手册/合同 template.docx": string(formattest.DOCX("", formattest.Paragraph("", "The text of the contract"))),
		"员工手册/fees.html":        "<html><body><h1>Fees</h1><p>The fee is 12 EUR.</p>",
		"员工手册/old.doc":          "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
		"员工手册/plan.gdoc":        `{"doc_id":"x"}`,
		"员工手册/photo.png":        "png",
		"员工手册/more.zip":         string(ziptest.Make(t, map[string]string{"inside/a.txt": "text in an archive in it", "inside/b.zip": "no archive"})),
		"员工手册/.DS_Store":        "x",
		"__MACOSX/员工手册/._a.txt": "x",
	})
	if !drive.Is(a, "x.zip") {
		t.Error("a pointer of Drive's is in it")
	}
	e := drive.Open(a)
	ziptest.Read(e.Documents(t.Context())).Golden(t, "folder")
	for origin, want := range map[string]bool{
		"drive-export://员工手册/gone.docx": true, "drive-export://Other/x.docx": false, "/员工手册/x": false,
	} {
		if e.Covers(origin) != want {
			t.Errorf("covers %s: %v", origin, !want)
		}
	}
}

func TestTakeout(t *testing.T) {
	t.Parallel()
	for _, service := range []string{"Drive", "云端硬盘"} {
		a := ziptest.Open(t, map[string]string{
			"Takeout/archive_browser.html":                         "<html>",
			"Takeout/" + service + "/Handbook/leave.txt":           "25 days",
			"Takeout/" + service + "/Handbook/leave.txt-info.json": "{}",
			"Takeout/Mail/all.txt":                                 "private mail",
		})
		if !drive.Is(a, "takeout-20240501T080000Z-001.zip") {
			t.Error("it is a Takeout")
		}
		got := ziptest.Read(drive.Open(a).Documents(t.Context()))
		if len(got.Docs) != 1 || got.Docs[0].Origin != "drive-export://Handbook/leave.txt" || got.Docs[0].ID != "Handbook/leave.txt" || strings.Contains(got.All(), "private mail") || len(got.Skips) != 1 {
			t.Errorf("got\n%s", got)
		}
	}
}

func TestTheNameOfADownload(t *testing.T) {
	t.Parallel()
	a := ziptest.Open(t, map[string]string{"Handbook/a.txt": "x"})
	for name, want := range map[string]bool{
		"Handbook-20240501T083000Z-001.zip": true, "员工手册-20240501T083000Z-1-002.zip": true, "Handbook-20240501T083000Z-001 (1).zip": true,
		"Handbook.zip": false, "Handbook-20240501.zip": false,
	} {
		if drive.Is(a, name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}
