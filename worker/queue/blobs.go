package queue

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tribunebot/tribune/knowledge"
)

const (
	// blobsBucket names the object store and the bucket of the manifest.
	blobsBucket = "generations"
	manifestKey = "latest"
	// partBytes bounds what is under way to the server at a time: it takes 128 MB
	// of what it has not yet written, and then refuses.
	partBytes = 8 << 20
	// chunkBytes is a message's size, well below the server's limit of 1 MB.
	chunkBytes = 128 << 10
	// partWait is how long one part may take, in either direction.
	partWait = time.Minute
	// partMark stands between a blob's name and its parts': no name has it.
	partMark = "#"
)

var errManifest = fmt.Errorf("the manifest of the index takes more than %d bytes", knowledge.MaxManifest)

// Blobs opens the store in which workers share the files of the index, and makes
// it where there is none.
func (q *Queue) Blobs(ctx context.Context) (knowledge.Blobs, error) {
	objects, err := q.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket: blobsBucket, Description: "files of the index", Storage: jetstream.FileStorage, Replicas: q.replicas,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the store of the index: %w", err)
	}
	head, err := q.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: blobsBucket, Description: "which files make up the index", Storage: jetstream.FileStorage, Replicas: q.replicas,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the store of the index: %w", err)
	}
	messages, err := q.js.Stream(ctx, "OBJ_"+blobsBucket)
	if err != nil {
		return nil, fmt.Errorf("opening the store of the index: %w", err)
	}
	b := &blobs{objects: objects, head: head, js: q.js, messages: messages, now: q.now}
	if err := b.sweep(ctx); err != nil {
		q.log.WarnContext(ctx, "what broken-off uploads left in the store of the index could not be removed", "error", err)
	}
	return b, nil
}

// blobs keeps a blob as parts, each an object of its own, and an object without
// content that names them. The name appears when all parts are there.
type blobs struct {
	objects  jetstream.ObjectStore
	head     jetstream.KeyValue
	js       jetstream.JetStream
	messages jetstream.Stream // that the objects are made of
	now      func() time.Time
}

// The metadata of the object that stands for a blob.
const (
	metaParts = "parts" // how many there are
	metaID    = "id"    // what tells them from those of an earlier blob of the name
)

func partName(name, id string, n int) string {
	return name + partMark + id + partMark + strconv.Itoa(n)
}

// Put implements knowledge.Blobs.
func (b *blobs) Put(ctx context.Context, name string, r io.Reader) error {
	if err := checkBlobName(name); err != nil {
		return err
	}
	before, err := b.info(ctx, name)
	if err != nil && !errors.Is(err, knowledge.ErrNoBlob) {
		return err
	}
	id, parts := rand.Text(), 0
	in := bufio.NewReaderSize(r, chunkBytes)
	for {
		if _, err := in.Peek(1); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("storing %s: %w", name, err)
		}
		if err := b.putObject(ctx, jetstream.ObjectMeta{Name: partName(name, id, parts)}, io.LimitReader(in, partBytes)); err != nil {
			return fmt.Errorf("storing %s: %w", name, err)
		}
		parts++
	}
	meta := jetstream.ObjectMeta{Name: name, Metadata: map[string]string{metaID: id, metaParts: strconv.Itoa(parts)}}
	if err := b.putObject(ctx, meta, nil); err != nil {
		return fmt.Errorf("storing %s: %w", name, err)
	}
	if before != nil {
		return b.deleteParts(ctx, name, before)
	}
	return nil
}

func (b *blobs) putObject(ctx context.Context, meta jetstream.ObjectMeta, r io.Reader) error {
	ctx, cancel := context.WithTimeoutCause(ctx, partWait, fmt.Errorf("the store of the index took no %d bytes in %s", partBytes, partWait))
	defer cancel()
	meta.Opts = &jetstream.ObjectMetaOptions{ChunkSize: chunkBytes}
	_, err := b.objects.Put(ctx, meta, r)
	return withCause(ctx, err)
}

// info returns what stands for a blob, or knowledge.ErrNoBlob.
func (b *blobs) info(ctx context.Context, name string) (*jetstream.ObjectInfo, error) {
	info, err := b.objects.GetInfo(ctx, name)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil, fmt.Errorf("%s: %w", name, knowledge.ErrNoBlob)
	}
	if err != nil {
		return nil, fmt.Errorf("looking for %s: %w", name, err)
	}
	return info, nil
}

func partsOf(info *jetstream.ObjectInfo) (string, int, error) {
	n, err := strconv.Atoi(info.Metadata[metaParts])
	if err != nil || n < 0 {
		return "", 0, fmt.Errorf("%s was not stored by this program", info.Name)
	}
	return info.Metadata[metaID], n, nil
}

// Get implements knowledge.Blobs.
func (b *blobs) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := checkBlobName(name); err != nil {
		return nil, err
	}
	info, err := b.info(ctx, name)
	if err != nil {
		return nil, err
	}
	id, parts, err := partsOf(info)
	if err != nil {
		return nil, err
	}
	return &partsReader{left: parts, open: func(left int) (io.ReadCloser, error) {
		return b.openPart(ctx, partName(name, id, parts-left))
	}}, nil
}

func (b *blobs) openPart(ctx context.Context, name string) (io.ReadCloser, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, partWait, fmt.Errorf("the store of the index gave no %d bytes in %s", partBytes, partWait))
	part, err := b.objects.Get(ctx, name)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		err = fmt.Errorf("%s: %w", name, knowledge.ErrNoBlob)
	}
	if err != nil {
		err = withCause(ctx, err)
		cancel()
		return nil, err
	}
	return &timedReader{part, cancel}, nil
}

// timedReader lets its time limit go when it is closed.
type timedReader struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close implements io.Closer.
func (r *timedReader) Close() error {
	defer r.cancel()
	return r.ReadCloser.Close()
}

// partsReader reads one part after the other.
type partsReader struct {
	left int
	open func(left int) (io.ReadCloser, error)
	part io.ReadCloser
}

// Read implements io.Reader.
func (r *partsReader) Read(p []byte) (int, error) {
	for {
		if r.part == nil {
			if r.left == 0 {
				return 0, io.EOF
			}
			part, err := r.open(r.left)
			if err != nil {
				return 0, err
			}
			r.part = part
			r.left--
		}
		n, err := r.part.Read(p)
		if errors.Is(err, io.EOF) {
			err = r.closePart()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

func (r *partsReader) closePart() error {
	if r.part == nil {
		return nil
	}
	err := r.part.Close()
	r.part = nil
	return err
}

// Close implements io.Closer.
func (r *partsReader) Close() error { return r.closePart() }

// List implements knowledge.Blobs.
func (b *blobs) List(ctx context.Context) ([]string, error) {
	all, err := b.all(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, info := range all {
		if !strings.Contains(info.Name, partMark) {
			names = append(names, info.Name)
		}
	}
	return names, nil
}

// all lists all objects, blobs and parts.
func (b *blobs) all(ctx context.Context) ([]*jetstream.ObjectInfo, error) {
	all, err := b.objects.List(ctx)
	if errors.Is(err, jetstream.ErrNoObjectsFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing the store of the index: %w", err)
	}
	return all, nil
}

// Delete implements knowledge.Blobs. The name goes first: what is left of a
// delete that is broken off is never taken for a blob.
func (b *blobs) Delete(ctx context.Context, name string) error {
	if err := checkBlobName(name); err != nil {
		return err
	}
	info, err := b.info(ctx, name)
	if errors.Is(err, knowledge.ErrNoBlob) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := b.deleteObject(ctx, name); err != nil {
		return err
	}
	return b.deleteParts(ctx, name, info)
}

func (b *blobs) deleteParts(ctx context.Context, name string, info *jetstream.ObjectInfo) error {
	id, parts, err := partsOf(info)
	if err != nil {
		return err
	}
	for n := range parts {
		if err := b.deleteObject(ctx, partName(name, id, n)); err != nil {
			return err
		}
	}
	return nil
}

func (b *blobs) deleteObject(ctx context.Context, name string) error {
	err := b.objects.Delete(ctx, name)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil
	}
	if err == nil {
		err = b.unmark(ctx, name)
	}
	if err != nil {
		return fmt.Errorf("deleting %s: %w", name, err)
	}
	return nil
}

// unmark removes the message that the client leaves in the place of an object:
// names are never used again but by chance, and lists would read all of them for
// ever. What somebody has stored meanwhile comes later and stays.
func (b *blobs) unmark(ctx context.Context, name string) error {
	subject := "$O." + blobsBucket + ".M." + base64.URLEncoding.EncodeToString([]byte(name))
	last, err := b.messages.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var info jetstream.ObjectInfo
	if err := json.Unmarshal(last.Data, &info); err != nil || !info.Deleted {
		return err
	}
	return b.messages.Purge(ctx, jetstream.WithPurgeSubject(subject), jetstream.WithPurgeSequence(last.Sequence+1))
}

// checkBlobName refuses what is no name of a blob.
func checkBlobName(name string) error {
	odd := func(r rune) bool { return r > 127 || !plain(byte(r)) && r != '.' && r != '/' }
	if name == "" || strings.ContainsFunc(name, odd) {
		return fmt.Errorf("a blob's name is made of letters, digits, '-', '_', '.' and '/', not %q", name)
	}
	return nil
}
