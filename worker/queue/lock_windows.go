package queue

import (
	"errors"
	"os"
	"syscall"
)

// sharingViolation is what Windows says of a file that somebody else opened
// without sharing it (ERROR_SHARING_VIOLATION).
const sharingViolation = syscall.Errno(32)

// lockFile opens path for this process alone. The lock goes with the process,
// however that ends.
func lockFile(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, sharingViolation) {
		return nil, ErrInUse
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}
