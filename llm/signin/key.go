package signin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// The types of credentials that are understood, as Google writes them.
const (
	serviceAccount = "service_account"
	authorizedUser = "authorized_user"
)

// maxKey is how much of a file of credentials is read: a service account's has
// 2.5 kB.
const maxKey = 64 << 10

// key is a file of credentials (google.aip.dev/auth/4112 and 4113).
type key struct {
	Type    string `json:"type"`
	Project string `json:"project_id"`
	Quota   string `json:"quota_project_id"`

	// a service account's
	Email        string `json:"client_email"`
	PrivateKey   string `json:"private_key"`
	PrivateKeyID string `json:"private_key_id"`
	TokenURL     string `json:"token_uri"`

	// a user's
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	RefreshToken string `json:"refresh_token"`
}

// readKey reads credentials, which are JSON or the path of a file with it.
func readKey(said string) (key, error) {
	said = strings.TrimSpace(said)
	data := []byte(said)
	if !strings.HasPrefix(said, "{") {
		var err error
		if data, err = readFile(said); err != nil {
			return key{}, fmt.Errorf("read Google's credentials: %w", err)
		}
	}
	var k key
	if json.Unmarshal(data, &k) != nil { // its error might quote the key
		return key{}, errors.New("google's credentials are no JSON object")
	}
	return k, k.check()
}

func (k *key) check() error {
	switch k.Type {
	case serviceAccount:
		if k.TokenURL == "" {
			k.TokenURL = tokenURL
		}
		if k.Email == "" || k.PrivateKey == "" {
			return errors.New("google's credentials lack client_email or private_key")
		}
	case authorizedUser:
		if k.ClientID == "" || k.RefreshToken == "" {
			return errors.New("google's credentials lack client_id or refresh_token")
		}
	default:
		return fmt.Errorf("google's credentials are of the type %.40q: give a service account's key (service_account), or what gcloud auth application-default login writes (authorized_user)", k.Type)
	}
	return nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return io.ReadAll(io.LimitReader(f, maxKey))
}

// firstFile is the first of these that can be read; empty where none can.
func firstFile(paths []string) string {
	for _, path := range paths {
		if info, err := os.Stat(path); path != "" && err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}
