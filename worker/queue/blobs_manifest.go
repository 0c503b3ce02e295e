package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tribunebot/tribune/knowledge"
)

// Latest implements knowledge.Blobs.
func (b *blobs) Latest(ctx context.Context) ([]byte, uint64, error) {
	entry, err := b.head.Get(ctx, manifestKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("asking for the latest index: %w", err)
	}
	return entry.Value(), entry.Revision(), nil
}

// Publish implements knowledge.Blobs.
func (b *blobs) Publish(ctx context.Context, manifest []byte, revision uint64) error {
	if len(manifest) > knowledge.MaxManifest {
		return errManifest
	}
	_, err := put(ctx, b.head, manifestKey, manifest, revision)
	if conflict(err) {
		return knowledge.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("publishing the index: %w", err)
	}
	return nil
}

// Watch implements knowledge.Blobs.
func (b *blobs) Watch(ctx context.Context, changed func()) error {
	watch, err := b.head.Watch(ctx, manifestKey, jetstream.UpdatesOnly())
	if err != nil {
		return fmt.Errorf("watching the index: %w", err)
	}
	defer func() { _ = watch.Stop() }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case entry, open := <-watch.Updates():
			if !open && ctx.Err() == nil {
				return errors.New("watching the index: the connection was closed")
			}
			if entry != nil {
				changed()
			}
		}
	}
}

// sweepAfter is how old what belongs to nothing must be to be removed: an upload
// that is under way looks like that, and none takes so long.
const sweepAfter = time.Hour

// sweep removes what uploads have left that were broken off.
func (b *blobs) sweep(ctx context.Context) error {
	all, err := b.all(ctx)
	if err != nil {
		return err
	}
	wanted, objects := map[string]bool{}, map[string]bool{}
	for _, info := range all {
		objects[info.NUID] = true
		if id, parts, err := partsOf(info); err == nil {
			for n := range parts {
				wanted[partName(info.Name, id, n)] = true
			}
		}
	}
	for _, info := range all {
		if strings.Contains(info.Name, partMark) && !wanted[info.Name] && b.now().Sub(info.ModTime) > sweepAfter {
			if err := b.deleteObject(ctx, info.Name); err != nil {
				return err
			}
		}
	}
	return b.sweepChunks(ctx, objects)
}

// sweepChunks removes the messages of objects that never came to be: the client
// writes an object's chunks first, and nothing else knows of them.
func (b *blobs) sweepChunks(ctx context.Context, objects map[string]bool) error {
	const prefix = "$O." + blobsBucket + ".C."
	stream, err := b.js.Stream(ctx, "OBJ_"+blobsBucket)
	if err != nil {
		return fmt.Errorf("looking at the store of the index: %w", err)
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(prefix+">"))
	if err != nil {
		return fmt.Errorf("looking at the store of the index: %w", err)
	}
	for subject := range info.State.Subjects {
		if objects[strings.TrimPrefix(subject, prefix)] {
			continue
		}
		last, err := stream.GetLastMsgForSubject(ctx, subject)
		if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && b.now().Sub(last.Time) <= sweepAfter {
			continue
		}
		if err == nil {
			err = stream.Purge(ctx, jetstream.WithPurgeSubject(subject))
		}
		if err != nil {
			return fmt.Errorf("removing what an upload left: %w", err)
		}
	}
	return nil
}
