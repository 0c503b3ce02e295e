package config

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/template"

	"github.com/kelseyhightower/envconfig"
)

//go:generate go test -run ^TestEnvironmentDoc$ . -update

const docHead = `# Settings

<!-- Generated from package config by ` + "`go generate ./config`" + `; a test fails when this page is stale. -->

Settings come from the command line, the environment and a ` + "`.env`" + ` in the working directory; the first that has a value wins.
A variable that is empty counts as unset. ` + "`tribune config`" + ` shows what is set, from where, and what is wrong with it, with secrets hidden.
Times are written as ` + "`30s`, `12h` or `90d`" + `; a day has 24 hours. In a ` + "`.env`" + `, put a value with ` + "`$`, `#`" + ` or blanks in it into single quotes.
`

const docProviders = `
Any other provider's key and address are read as ` + "`<PROVIDER>_API_KEY` and `<PROVIDER>_API_BASE`" + `, as in ` + "`OPENAI_API_BASE`" + `.
`

const docFile = `
## ` + "`tribune.yaml`" + `

The file of channels and collections. Its keys are ` + "`collections`, `channels`, `trusted`" + ` (%s)
and ` + "`words`" + ` (%s).
Under ` + "`channels`, `default`" + ` is what every other channel inherits from, key by key; the others are named ` + "`platform:team:channel`" + `.
A mistake in the file is reported with its line and column.
`

const docRows = "{{range .}}| `{{.Key}}` | {{with .Tags.Get \"default\"}}`{{.}}`{{else}}{{.Tags.Get \"shown\"}}{{end}} | {{.Tags.Get \"desc\"}} |\n{{end}}"

// WriteDoc writes docs/environment.md: every setting, its default and what it
// means, from the structs' tags.
func WriteDoc(w io.Writer) error {
	rows, err := template.New("rows").Parse(docRows)
	if err != nil {
		return fmt.Errorf("write the page of settings: %w", err)
	}
	var page strings.Builder
	page.WriteString(docHead)
	config := reflect.ValueOf(&Config{}).Elem()
	for i := range config.NumField() {
		title, ok := config.Type().Field(i).Tag.Lookup("title")
		if !ok {
			continue
		}
		page.WriteString("\n## " + title + "\n\n| name | default | meaning |\n| --- | --- | --- |\n")
		section := config.Field(i).Addr().Interface()
		if err := envconfig.Usaget("", section, &page, rows); err != nil {
			return fmt.Errorf("write the page of settings: %w", err)
		}
		if _, ok := section.(*Providers); ok {
			page.WriteString(docProviders)
		}
	}
	fmt.Fprintf(&page, docFile, trustedDesc, wordsDesc)
	defaults := channelValues(defaultChannel())
	writeKeys(&page, "key of a channel", channelKeys(), defaults)
	writeKeys(&page, "key of a collection", collectionKeys(), nil)
	if _, err := io.WriteString(w, page.String()); err != nil {
		return fmt.Errorf("write the page of settings: %w", err)
	}
	return nil
}

// writeKeys writes the table of some keys of tribune.yaml.
func writeKeys(page *strings.Builder, title string, keys []key, defaults map[string]string) {
	page.WriteString("\n| " + title + " | default | meaning |\n| --- | --- | --- |\n")
	for _, k := range keys {
		value := defaults[k.name]
		if value != "" {
			value = "`" + value + "`"
		}
		fmt.Fprintf(page, "| `%s` | %s | %s |\n", k.name, value, k.desc)
	}
}
