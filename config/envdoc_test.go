package config

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated files anew")

// TestEnvironmentDoc fails when docs/environment.md is stale.
func TestEnvironmentDoc(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "docs", "environment.md")
	var page bytes.Buffer
	if err := WriteDoc(&page); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, page.Bytes()) {
		t.Errorf("%s is stale: run go generate ./config", path)
	}
}

// TestDocIsWhole: every setting has a row of three cells with a meaning in it.
func TestDocIsWhole(t *testing.T) {
	t.Parallel()
	var page bytes.Buffer
	if err := WriteDoc(&page); err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for line := range strings.Lines(page.String()) {
		if name, ok := strings.CutPrefix(line, "| `"); ok {
			rows[name[:strings.IndexByte(name, '`')]] = strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		}
	}
	wanted := append(names(&Config{}), keyNames(channelKeys())...)
	for _, name := range append(wanted, keyNames(collectionKeys())...) {
		if cells := rows[name]; len(cells) != 3 || len(strings.TrimSpace(cells[2])) < 4 {
			t.Errorf("%s has the row %q", name, cells)
		}
	}
	if len(wanted) < 50 {
		t.Errorf("only %d settings are documented", len(wanted))
	}
}

// refusing is a writer on a full disk.
type refusing struct{}

func (refusing) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestWriteDocReportsTheWriter(t *testing.T) {
	t.Parallel()
	if err := WriteDoc(refusing{}); err == nil {
		t.Error("no error")
	}
}
