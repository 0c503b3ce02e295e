// Package drive reads what Google Drive gives as a zip file: a folder that was
// downloaded, and the Drive of a Takeout. Documents of Google's own kinds come
// as DOCX, XLSX and PPTX in it.
package drive

import (
	"context"
	"iter"
	"path"
	"regexp"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/archive"
	"github.com/tribunebot/tribune/knowledge/source/zipfiles"
)

// Scheme begins the origin of every document: drive-export://FOLDER/PATH.
const Scheme = "drive-export://"

// Export is one folder of a Drive, or a part of it.
type Export struct {
	a       *archive.Archive
	folders map[string]bool // the outermost ones
}

// Is reports whether an archive that is called so comes from Google Drive: by
// what Takeout puts into it, by pointers to documents that only Drive has, or by
// the name that Drive gives to a folder's archive, which may lie in another.
func Is(a *archive.Archive, name string) bool {
	for _, f := range a.Files() {
		if _, ok := inTakeout(within(f.Name)); ok || pointer(f.Name) || downloaded(f.Name) || wrapper.MatchString(f.Name) {
			return true
		}
	}
	return downloaded(name)
}

var download = regexp.MustCompile(`-20\d{6}T\d{6}Z(-\d+)?-\d{3}( ?\(\d+\))?\.zip$`)

// downloaded reports whether an archive is called as Drive does it:
// Handbook-20240501T083000Z-001.zip, with -1-001 since 2024.
func downloaded(name string) bool {
	return download.MatchString(path.Base(name))
}

// wrapper is a folder or an archive that is called as Drive calls a download:
// there is another for each.
var wrapper = regexp.MustCompile(`^[^/]*-20\d{6}T\d{6}Z(-\d+)?-\d{3}( ?\(\d+\))?(\.zip)?/`)

// within is a name below the folders of the download itself, so that the same
// file has the same name in every download.
func within(name string) string {
	for {
		found := wrapper.FindString(name)
		if found == "" || found == name {
			return name
		}
		name = name[len(found):]
	}
}

// Open opens an archive.
func Open(a *archive.Archive) *Export {
	e := &Export{a: a, folders: map[string]bool{}}
	for _, f := range a.Files() {
		e.place(f.Name)
	}
	return e
}

// place is the function place, and notes of which folder an entry is: those of
// archives inside are known when they were read.
func (e *Export) place(name string) (id, origin, reason string) {
	if id, origin, reason = place(name); reason == "" {
		folder, _, _ := strings.Cut(id, "/")
		e.folders[folder] = true
	}
	return id, origin, reason
}

// Documents yields the documents of the folder.
func (e *Export) Documents(ctx context.Context) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		zipfiles.Folder{Place: e.place}.Documents(ctx, e.a, "", yield)
	}
}

// Covers reports whether a document of this origin would be in this export, if
// it were still there: one of the same outermost folder.
func (e *Export) Covers(origin string) bool {
	rest, ok := strings.CutPrefix(origin, Scheme)
	folder, _, _ := strings.Cut(rest, "/")
	return ok && e.folders[folder]
}

// place says what an entry becomes.
func place(name string) (id, origin, reason string) {
	name = within(name)
	id = name
	if rest, ok := strings.CutPrefix(name, "Takeout/"); ok {
		inDrive, ok := inTakeout(name)
		switch {
		case !ok && strings.Count(rest, "/") > 0:
			return id, Scheme + id, "it is no file of Drive: only those of a Takeout are read"
		case !ok, strings.HasSuffix(name, "-info.json"): // what Takeout says of itself and of files
			return "", "", "nothing to read"
		}
		id = inDrive
	}
	if pointer(id) {
		reason = "it is only a pointer to a Google document: download that, or its folder from drive.google.com"
	}
	return id, Scheme + id, reason
}

// inTakeout is the path in the Drive that an entry of a Takeout has: the folder
// is called in the language of whoever asked for it.
func inTakeout(name string) (string, bool) {
	rest, ok := strings.CutPrefix(name, "Takeout/")
	service, file, below := strings.Cut(rest, "/")
	switch service {
	case "Drive", "Google Drive", "云端硬盘", "雲端硬碟", "Google 雲端硬碟", "ドライブ", "드라이브":
		return file, ok && below
	}
	return "", false
}

// pointer reports whether a file leads to a document of Google's, without its
// text: as the Drive client keeps them on a disk.
func pointer(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".gdoc", ".gsheet", ".gslides", ".gform", ".gdraw", ".gmap", ".gsite", ".gscript", ".gjam":
		return true
	}
	return false
}
