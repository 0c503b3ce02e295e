package config

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// MasterKeyFile is the name, in the data directory, of the generated master key.
const MasterKeyFile = "master.key"

const (
	masterKeyBytes = 32  // random ones: no guessing
	maxMasterKey   = 512 // bytes of the file; a longer one is something else
)

// MasterKey returns LITELLM_MASTER_KEY where it is set, and otherwise the key
// that is kept in the data directory, generated when there is none yet. Only the
// user of this process can read its file. Of several processes that start at once
// all get the same key.
func MasterKey(c *Config) (Secret, error) {
	if c.Models.MasterKey.IsSet() {
		return c.Models.MasterKey, nil
	}
	dataDir := c.Server.DataDir
	key, err := readMasterKey(dataDir)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := writeMasterKey(dataDir); err != nil {
		return "", fmt.Errorf("keep a master key in the data directory (make it writable, or set LITELLM_MASTER_KEY): %w", err)
	}
	return readMasterKey(dataDir)
}

// readMasterKey returns an error that is fs.ErrNotExist where there is no key.
func readMasterKey(dataDir string) (Secret, error) {
	path := filepath.Join(dataDir, MasterKeyFile)
	text, err := readAtMost(path, maxMasterKey)
	if err != nil {
		return "", fmt.Errorf("read the master key: %w", err)
	}
	key := bytes.TrimSpace(text)
	if len(key) < minShown || bytes.ContainsFunc(key, unprintable) {
		return "", fmt.Errorf("%s holds no key: remove it and start again, or set LITELLM_MASTER_KEY", path)
	}
	return Secret(key), closeToOthers(path)
}

// closeToOthers takes the rights of group and others away, which copying a data
// directory may have given. The owner alone can do that; where a volume belongs
// to somebody else, its rights are that one's decision.
func closeToOthers(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read the master key: %w", err)
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	if err := os.Chmod(path, 0o600); err != nil && !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("protect the master key: %w", err)
	}
	return nil
}

// writeMasterKey writes a new key unless there is one by now. The file gets its
// name only once it is whole and on disk, and never takes the place of another.
func writeMasterKey(dataDir string) error {
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(dataDir, MasterKeyFile+".*") // mode 0600, whatever the umask
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // it has its other name by then
	_, err = file.WriteString(newMasterKey() + "\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	err = os.Link(file.Name(), filepath.Join(dataDir, MasterKeyFile))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// newMasterKey returns a key in the form that LiteLLM's clients expect.
func newMasterKey() string {
	key := make([]byte, masterKeyBytes)
	_, _ = rand.Read(key) // never fails: it ends the process instead
	return "sk-" + hex.EncodeToString(key)
}
