package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// in makes a Config whose data directory is dir.
func in(dir string) *Config { return &Config{Server: Server{DataDir: dir}} }

func TestMasterKey(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "data")
	key, err := MasterKey(in(dir))
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^sk-[0-9a-f]{64}$`).MatchString(key.Reveal()) {
		t.Errorf("key %s of %d characters", key, len(key))
	}
	again, err := MasterKey(in(dir))
	if err != nil || again != key {
		t.Errorf("the second start gets another key: %v", err)
	}
	other, err := MasterKey(in(t.TempDir()))
	if err != nil || other == key {
		t.Errorf("two data directories share a key: %v", err)
	}
	files := must(os.ReadDir(dir))
	if len(files) != 1 || files[0].Name() != MasterKeyFile {
		t.Errorf("files left: %v", files)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, MasterKeyFile): 0o600} {
		if got := must(os.Stat(path)).Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}

func TestMasterKeyFromTheEnvironment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := in(dir)
	c.Models.MasterKey = "sk-own"
	if key, err := MasterKey(c); err != nil || key != "sk-own" {
		t.Errorf("got %v, %v", key, err)
	}
	if files := must(os.ReadDir(dir)); len(files) > 0 {
		t.Errorf("a key was generated all the same: %v", files)
	}
}

// TestMasterKeyOfManyStarts: processes that start at once must agree.
func TestMasterKeyOfManyStarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keys := make([]Secret, 16)
	errs := make([]error, len(keys))
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() { keys[i], errs[i] = MasterKey(in(dir)) })
	}
	all.Wait()
	for i := range keys {
		if errs[i] != nil || keys[i] != keys[0] || !keys[i].IsSet() {
			t.Errorf("start %d: %v, %v, the first got %v", i, keys[i], errs[i], keys[0])
		}
	}
}

func TestMasterKeyIsClosedToOthers(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{MasterKeyFile: "  sk-0123456789abcdef\n"})
	path := filepath.Join(dir, MasterKeyFile)
	if err := os.Chmod(path, 0o664); err != nil {
		t.Fatal(err)
	}
	key, err := MasterKey(in(dir))
	if err != nil || key != "sk-0123456789abcdef" {
		t.Errorf("got %v, %v", key, err)
	}
	if mode := must(os.Stat(path)).Mode().Perm(); mode != 0o600 {
		t.Errorf("the file still has mode %o", mode)
	}
}

func TestMasterKeyRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"empty": "", "blank": " \n", "short": "sk-1", "two lines": "sk-0123456789abcdef\nmore", "binary": "sk-0123456789abcdef\x00", "large": strings.Repeat("k", 10_000)} {
		key, err := MasterKey(in(folder(t, map[string]string{MasterKeyFile: text})))
		if err == nil || key.IsSet() {
			t.Errorf("%s: got %v, %v, want an error", name, key, err)
		} else if text != "" && strings.Contains(err.Error(), text) && text != " \n" {
			t.Errorf("%s: the error shows the file: %v", name, err)
		}
	}
}

func TestMasterKeyWithoutADataDirectory(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"data": "a file"})
	_, err := MasterKey(in(filepath.Join(dir, "data")))
	if err == nil {
		t.Fatal("no error where the data directory is a file")
	}
	_, err = MasterKey(in(filepath.Join(dir, "data", "deeper")))
	if err == nil {
		t.Fatal("no error where the data directory cannot be made")
	}
	if _, err := os.Stat("/proc/self"); err == nil {
		if _, err := MasterKey(in("/proc/tribune")); err == nil || !strings.Contains(err.Error(), "LITELLM_MASTER_KEY") {
			t.Errorf("got %v, want what to do", err)
		}
	}
}
