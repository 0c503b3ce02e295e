//go:build linux || darwin || freebsd

package queue

import "syscall"

// freeBytes tells how much may still be written below dir; false where the
// system does not say.
func freeBytes(dir string) (int64, bool) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, false
	}
	return product(fs.Bavail, fs.Bsize), true
}

// product hides that the systems disagree about the types of these fields.
func product[A, B ~int32 | ~uint32 | ~int64 | ~uint64](blocks A, size B) int64 {
	return int64(blocks) * int64(size)
}
