package generation

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
)

// manifestFile says what a generation is made of. It is written last.
const manifestFile = "manifest.json"

// manifest is a generation's list of contents.
type manifest struct {
	ID          string                 `json:"id"`
	Number      uint64                 `json:"number"`
	Parent      string                 `json:"parent,omitempty"` // the ID of the one it was made from
	MadeAt      time.Time              `json:"made_at"`
	Format      int                    `json:"format"`   // of the index
	Revision    uint64                 `json:"revision"` // of the index
	Collections []knowledge.Collection `json:"collections"`
	Files       []file                 `json:"files"`

	// Shared says that it was made to be shared. What follows is for such only: the blobs that are needed for the one before, and
	// since when others are not needed any more.
	Shared   bool                 `json:"shared,omitempty"`
	Previous []string             `json:"previous,omitempty"`
	Retired  map[string]time.Time `json:"retired,omitempty"`
}

// file is one file of a generation. One checksum is quick, and finds damage; the
// other names the content among workers.
type file struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	XXH64  string `json:"xxh64"`
	SHA256 string `json:"sha256"`
}

func (m manifest) bytes() (sum int64) {
	for _, f := range m.Files {
		sum += f.Size
	}
	return sum
}

func (m manifest) names() []string {
	out := make([]string, len(m.Collections))
	for i, c := range m.Collections {
		out[i] = c.Name
	}
	return out
}

var errName = errors.New("the manifest has an odd name of a file")

// validFile reports whether a file of a generation may be called so. A manifest
// may come from elsewhere: its names never lead out of a folder.
func validFile(name string) bool {
	ok, err := regexp.MatchString(`^([0-9a-f]{12,16}\.zap|root\.bolt|format\.json)$`, name)
	return ok && err == nil
}

func validID(id string) bool {
	ok, err := regexp.MatchString(`^[A-Z2-7]{26}$`, id) // crypto/rand.Text
	return ok && err == nil
}

// parseManifest reads a manifest and checks that it can be one.
func parseManifest(raw []byte) (manifest, error) {
	var m manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, fmt.Errorf("its manifest: %w", err)
	}
	if !validID(m.ID) || len(m.Files) == 0 {
		return m, errors.New("its manifest is not one of an index")
	}
	for _, f := range m.Files {
		if !validFile(f.Name) || f.Size < 0 {
			return m, fmt.Errorf("%w: %q", errName, f.Name)
		}
	}
	return m, nil
}

// readManifest reads the manifest in a folder, which must have that sum; any,
// where it is "".
func readManifest(folder, sum string) (manifest, error) {
	raw, err := os.ReadFile(filepath.Join(folder, manifestFile))
	if err != nil {
		return manifest{}, err
	}
	if sum != "" && sumOf(raw) != sum {
		return manifest{}, errors.New("its manifest was changed")
	}
	return parseManifest(raw)
}

// write writes the manifest to a folder and returns its sum.
func (m manifest) write(folder string) (string, error) {
	raw, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return "", err
	}
	return sumOf(raw), writeFile(filepath.Join(folder, manifestFile), raw)
}

func sumOf(raw []byte) string { return sum64(xxhash.Sum64(raw)) }

func sum64(n uint64) string { return fmt.Sprintf("%016x", n) }

// list completes the manifest of a sealed index. Files that are those of the
// parent have its checksums; any other is read, and made sure to be on disk.
func (m *manifest) list(folder, parentFolder string, parent manifest) error {
	m.ID, m.Parent, m.Format = rand.Text(), parent.ID, index.Format
	names, err := index.Files(folder)
	if err != nil {
		return err
	}
	if err := removeOthers(folder, names); err != nil {
		return err
	}
	for _, name := range names {
		f, known := inherited(folder, parentFolder, parent, name)
		if !known {
			if f, err = measure(folder, name); err != nil {
				return err
			}
		}
		m.Files = append(m.Files, f)
	}
	return nil
}

// removeOthers removes the files of an index that a state it had once was made of.
func removeOthers(folder string, names []string) error {
	all, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range all {
		if strings.HasSuffix(e.Name(), ".zap") && !slices.Contains(names, e.Name()) {
			if err := os.Remove(filepath.Join(folder, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// inherited returns what the parent's manifest says of a file, where it is one
// and the same.
func inherited(folder, parentFolder string, parent manifest, name string) (file, bool) {
	i := slices.IndexFunc(parent.Files, func(f file) bool { return f.Name == name })
	if i < 0 {
		return file{}, false
	}
	a, errA := os.Stat(filepath.Join(folder, name))
	b, errB := os.Stat(filepath.Join(parentFolder, name))
	if errA != nil || errB != nil || !os.SameFile(a, b) {
		return file{}, false
	}
	return parent.Files[i], true
}

// measure reads a file whole.
func measure(folder, name string) (file, error) {
	in, err := os.OpenFile(filepath.Join(folder, name), os.O_RDWR, 0)
	if err != nil {
		return file{}, err
	}
	defer release(in)
	quick, strong := xxhash.New(), sha256.New()
	size, err := io.Copy(io.MultiWriter(quick, strong), in)
	if err != nil {
		return file{}, err
	}
	return file{name, size, sum64(quick.Sum64()), hex.EncodeToString(strong.Sum(nil))}, in.Sync()
}
