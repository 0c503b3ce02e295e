package html

import (
	"strings"
	"testing"
)

func TestRowsThatHaveNames(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ page, want string }{
		"named rows": {
			"<table><tr><th>Help line</th><td>8077</td></tr><tr><th>Hours</th><td>8 to 18</td></tr></table>",
			"|  |  |\n|---|---|\n| Help line | 8077 |\n| Hours | 8 to 18 |",
		},
		"named columns": {
			"<table><tr><th>City</th><th>Fee</th></tr><tr><td>Lyon</td><td>12 EUR</td></tr></table>",
			"| City | Fee |\n|---|---|\n| Lyon | 12 EUR |",
		},
		"both": {
			"<table><tr><th>City</th><th>Fee</th></tr><tr><th>Lyon</th><td>12 EUR</td></tr></table>",
			"| City | Fee |\n|---|---|\n| Lyon | 12 EUR |",
		},
		"a corner": {
			"<table><tr><td></td><th>Fee</th></tr><tr><th>Lyon</th><td>12 EUR</td></tr></table>",
			"|  | Fee |\n|---|---|\n| Lyon | 12 EUR |",
		},
		"empty rows": {
			"<table><tr><th>City</th><th>Fee</th></tr><tr><td></td><td> </td></tr><tr><td>Lyon</td><td><img alt=\"none\"></td></tr></table>",
			"| City | Fee |\n|---|---|\n| Lyon | none |",
		},
		"neither": {
			"<table><tr><td>City</td><td>Fee</td></tr><tr><td>Lyon</td><td>12 EUR</td></tr></table>",
			"| City | Fee |\n|---|---|\n| Lyon | 12 EUR |",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Fragment(strings.NewReader(tt.page), nil)
			if err != nil || got != tt.want {
				t.Errorf("got %q, want %q (%v)", got, tt.want, err)
			}
		})
	}
}
