package rank

import (
	"strings"
	"testing"
)

func TestCheckWords(t *testing.T) {
	t.Parallel()
	if err := CheckWords("[synonyms]\nPTO; 倒休 -> annual leave\n[fillers]\n亲\n[authority]\n章程 1\n"); err != nil {
		t.Error(err)
	}
	err := CheckWords("[synonyms]\nPTO -> leave\n休 -> 补休\n[authority]\n章程 much\n[nothing]\nx\n")
	if err == nil {
		t.Fatal("three mistakes were taken")
	}
	for _, want := range []string{`"休 -> 补休"`, `"章程 much"`, "nothing"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}
