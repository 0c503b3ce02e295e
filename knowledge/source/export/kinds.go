package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/tribunebot/tribune/knowledge/archive"
	"github.com/tribunebot/tribune/knowledge/source/confluence"
	"github.com/tribunebot/tribune/knowledge/source/discordexport"
	"github.com/tribunebot/tribune/knowledge/source/drive"
	"github.com/tribunebot/tribune/knowledge/source/notion"
	"github.com/tribunebot/tribune/knowledge/source/slackexport"
)

// pending is an export that is to be read.
type pending struct {
	reader
	name string
}

// opened is the zip files of one run.
type opened struct {
	o     Options
	files []io.Closer
	list  []pending
	slack map[string][]slackexport.File // by workspace
	order []string                      // of workspaces
	named map[string]string             // the path of a workspace's newest export
	lost  string                        // the path of a file that may be an export of any workspace
}

// close closes what was only read from.
func (o *opened) close() {
	for _, f := range o.files {
		f.Close()
	}
}

// readers are those of all exports.
func (o *opened) readers() (out []reader) {
	for _, p := range o.list {
		out = append(out, p.reader)
	}
	return out
}

// all opens zip files, and returns what was wrong with those that can't be.
func (o *opened) all(ctx context.Context, zips []zipFile) (failed []error) {
	o.slack, o.named = map[string][]slackexport.File{}, map[string]string{}
	for _, z := range zips {
		if ctx.Err() != nil {
			return nil
		}
		if err := o.one(ctx, z); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", z.named, err))
		}
	}
	for _, team := range o.order {
		if err := o.workspace(ctx, team); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", o.named[team], err))
		}
	}
	return failed
}

// workspace opens the exports of one workspace of Slack.
func (o *opened) workspace(ctx context.Context, team string) error {
	if o.lost != "" {
		// It may say what became private since the others were made.
		return fmt.Errorf("what is private can't be told while %s can't be read: get that again, or take it out", o.lost)
	}
	if other := o.sameAddress(team); other != "" {
		return fmt.Errorf("it is of another workspace than %s, and both can't have one address: give each its own in tribune.yaml, or feed them one after the other", o.named[other])
	}
	e, err := slackexport.Open(ctx, o.slack[team], o.o.Slack)
	if err == nil {
		o.list = append(o.list, pending{e, o.named[team]})
	}
	return err
}

// sameAddress is another workspace that is said to have the address of this one,
// "" for none.
func (o *opened) sameAddress(team string) string {
	for _, other := range o.order {
		if other == team {
			continue
		}
		for _, f := range o.slack[other] {
			if f.Workspace != "" && slices.ContainsFunc(o.slack[team], func(own slackexport.File) bool { return own.Workspace == f.Workspace }) {
				return other
			}
		}
	}
	return ""
}

// one opens one zip file.
func (o *opened) one(ctx context.Context, z zipFile) error {
	a, err := o.archive(z)
	if err != nil {
		o.lost = z.named
		return err
	}
	if slackexport.Is(a) {
		return o.slackFile(ctx, a, z)
	}
	r, err := open(ctx, a, z)
	if err == nil {
		o.list = append(o.list, pending{r, z.named})
	}
	return err
}

// archive opens a zip file, whatever is in it.
func (o *opened) archive(z zipFile) (*archive.Archive, error) {
	f, err := os.Open(z.real)
	if err != nil {
		return nil, err
	}
	o.files = append(o.files, f)
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return archive.Open(f, info.Size())
}

// slackFile puts an export of Slack to those of the same workspace.
func (o *opened) slackFile(ctx context.Context, a *archive.Archive, z zipFile) error {
	team, err := slackexport.Team(ctx, a)
	if err != nil {
		o.lost = z.named
		return err
	}
	if o.named[team] == "" {
		o.named[team], o.order = z.named, append(o.order, team)
	}
	o.slack[team] = append(o.slack[team], slackexport.File{Archive: a, Private: z.private, Workspace: z.workspace})
	return nil
}

// open tells by its content what an archive is.
func open(ctx context.Context, a *archive.Archive, z zipFile) (reader, error) {
	name := filepath.Base(z.real)
	switch {
	case confluence.Is(a):
		return confluence.Open(ctx, a)
	case notion.Is(a):
		return notion.Open(ctx, a)
	case drive.Is(a, name):
		return drive.Open(a), nil
	case discordexport.Is(a):
		return discordexport.Open(a), nil
	case a.File("word/document.xml") != nil, a.File("xl/workbook.xml") != nil, a.File("ppt/presentation.xml") != nil:
		return nil, errors.New("it is an Office file: give it the ending .docx, .xlsx or .pptx")
	}
	return &plain{a: a, at: z.real}, nil
}
