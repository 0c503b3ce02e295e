package generation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/sync/errgroup"
)

// verifyAtOnce is how many bytes are read before a generation is served: some
// tenth of a second where they are in the system's memory. What is beyond is
// checked by Run while it is served already.
const verifyAtOnce = 256 << 20

// errDamaged is returned for a file that is not what it was.
var errDamaged = errors.New("is damaged")

// verify checks the files of a generation, the small ones first, and returns
// those that it left for later. Sizes are checked of all.
func verify(ctx context.Context, folder string, files []file, budget int64) (late []file, err error) {
	for _, f := range files {
		if err := checkSize(folder, f); err != nil {
			return nil, err
		}
	}
	sorted := slices.SortedFunc(slices.Values(files), func(a, b file) int { return cmp.Compare(a.Size, b.Size) })
	now := 0
	for ; now < len(sorted) && sorted[now].Size <= budget; now++ {
		budget -= sorted[now].Size
	}
	return sorted[now:], checkAll(ctx, folder, sorted[:now])
}

func checkSize(folder string, f file) error {
	info, err := os.Stat(filepath.Join(folder, f.Name))
	if err != nil {
		return err
	}
	if info.Size() != f.Size {
		return fmt.Errorf("%s %w: it has %d bytes of %d", f.Name, errDamaged, info.Size(), f.Size)
	}
	return nil
}

// checkAll compares the checksums of several files side by side.
func checkAll(ctx context.Context, folder string, files []file) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, f := range slices.Backward(files) { // the largest take longest
		group.Go(func() error { return check(ctx, folder, f) })
	}
	return group.Wait()
}

// readBytes is how much of a file is read at a time.
const readBytes = 256 << 10

// check compares the checksum of one file.
func check(ctx context.Context, folder string, f file) error {
	in, err := os.Open(filepath.Join(folder, f.Name))
	if err != nil {
		return err
	}
	defer release(in)
	sum, buf := xxhash.New(), make([]byte, readBytes)
	for ctx.Err() == nil {
		n, err := in.Read(buf)
		_, _ = sum.Write(buf[:n]) // a checksum never fails
		if errors.Is(err, io.EOF) {
			if sum64(sum.Sum64()) != f.XXH64 {
				return fmt.Errorf("%s %w: its checksum is another", f.Name, errDamaged)
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
