package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/tribunebot/tribune/"

// arrows says, folder by folder, which folders of ours it may import. A name
// ending in / stands for everything below it.
var arrows = [][2]string{
	{"config", ""},
	{"bots", "config"},
	{"bots/", "config bots bots/markdown"},
	{"llm", "config"},
	{"llm/", "config llm llm/"},
	{"knowledge", "config"},
	{"knowledge/", "config knowledge knowledge/"},
	{"worker", ""},
	{"worker/", "config bots llm knowledge knowledge/extract worker worker/"},
	{"cmd/", "config bots bots/ llm llm/ knowledge knowledge/ worker worker/"},
}

// homes says where each outside library may be imported.
var homes = map[string]string{
	"github.com/nats-io/":                    "worker/queue",
	"github.com/slack-go/slack":              "bots/slackbot bots/slackbot/",
	"github.com/bwmarrin/discordgo":          "bots/discordbot bots/discordbot/",
	"github.com/anthropics/anthropic-sdk-go": "", // for tests alone: see docs/decisions/0007-router-and-gateway.md
	"github.com/blevesearch/":                "knowledge/index",
	"github.com/go-git/":                     "knowledge/source/git",
	"github.com/ledongthuc/pdf":              "knowledge/format/pdf",
	"github.com/xuri/excelize/":              "knowledge/format/sheet",
	"codeberg.org/readeck/go-readability/":   "knowledge/format/html knowledge/source/web",
	"github.com/JohannesKaufmann/":           "knowledge/format/html",
	"github.com/temoto/robotstxt":            "knowledge/source/web",
	"golang.org/x/net/html":                  "knowledge/format/html knowledge/source/web",
	"github.com/weaviate/":                   "knowledge/weaviate",
	"github.com/kelseyhightower/envconfig":   "config",
	"github.com/sashabaranov/go-openai":      "llm llm/ knowledge/embed worker/answer",
	"database/sql":                           "worker/ledger",
	"github.com/joho/godotenv":               "config",
	"github.com/goccy/go-yaml":               "config llm/litellm knowledge/format/plain",
	"github.com/yuin/goldmark":               "bots/markdown knowledge/split",
	"github.com/alecthomas/kong":             "cmd/tribune",
	"github.com/fsnotify/fsnotify":           "cmd/tribune knowledge/source/folder",
	"github.com/prometheus/":                 "llm/report",
	"go.opentelemetry.io/":                   "llm/report",
	"charm.land/catwalk":                     "llm/price llm/litellm",
	"github.com/tiktoken-go/tokenizer":       "llm/price",
	"golang.org/x/oauth2":                    "llm/signin",
}

// files calls do for every Go file of the module that is no test.
func files(t *testing.T, do func(folder, path string, file *ast.File)) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		do(filepath.ToSlash(rel), path, file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestArrows(t *testing.T) {
	t.Parallel()

	files(t, func(folder, path string, file *ast.File) {
		for _, spec := range file.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			if to, ours := strings.CutPrefix(imp, module); ours && !mayImport(folder, to) {
				t.Errorf("%s imports %s, against the arrows", path, to)
			}
			for library, home := range homes {
				if strings.HasPrefix(imp, library) && !anyCovers(home, folder) {
					t.Errorf("%s imports %s, whose home is %s", path, imp, home)
				}
			}
		}
	})
}

func TestEveryPackageHasADocComment(t *testing.T) {
	t.Parallel()

	documented := map[string]bool{}
	files(t, func(folder, _ string, file *ast.File) {
		documented[folder] = documented[folder] || file.Doc != nil
	})
	for folder, ok := range documented {
		if !ok {
			t.Errorf("%s has no package comment", folder)
		}
	}
}

func mayImport(from, to string) bool {
	for _, a := range arrows {
		if covers(a[0], from) && anyCovers(a[1], to) {
			return true
		}
	}
	return false
}

func anyCovers(names, folder string) bool {
	for name := range strings.FieldsSeq(names) {
		if covers(name, folder) {
			return true
		}
	}
	return false
}

func covers(name, folder string) bool {
	if dir, below := strings.CutSuffix(name, "/"); below {
		return strings.HasPrefix(folder, dir+"/")
	}
	return name == folder
}
