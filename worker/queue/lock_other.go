//go:build !unix && !windows

package queue

import "os"

// lockFile opens path; there is no lock to be had on this system.
func lockFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}
