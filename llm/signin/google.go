package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/jwt"

	"github.com/tribunebot/tribune/llm/edge"
)

const (
	// scope is what Vertex AI asks for (docs.cloud.google.com/vertex-ai,
	// "Authenticate" of the OpenAI library).
	scope = "https://www.googleapis.com/auth/cloud-platform"
	// tokenURL is where user credentials, which do not name it, get their tokens
	// (accounts.google.com/.well-known/openid-configuration).
	tokenURL = "https://oauth2.googleapis.com/token"
	// metadataURL is where a machine in Google's cloud gets its own
	// (docs.cloud.google.com/compute/docs/access/authenticate-workloads).
	metadataURL = "http://metadata.google.internal"
	// maxToken is how much of a token's answer is read.
	maxToken = 64 << 10
)

// GoogleOptions describe a sign-in to Google Cloud.
type GoogleOptions struct {
	// Credentials are a service account's key or a user's credentials: the
	// JSON itself, or the path of a file that holds it, which is read again
	// for every new token. Empty: those of Files that is there, else the
	// machine's own.
	Credentials string
	// Files are where application default credentials may lie, best first:
	// GOOGLE_APPLICATION_CREDENTIALS, the file that gcloud writes.
	Files []string

	TokenURL    string           // for user credentials; default Google's
	MetadataURL string           // default http://metadata.google.internal
	HTTPClient  *http.Client     // default one with net/http's transport
	Now         func() time.Time // default time.Now
}

// Google returns a Source of access tokens for Google Cloud. Credentials that
// are given are read at once, so that a mistake in them shows early; the
// machine's own are asked for at the first call.
func Google(o GoogleOptions) (*Source, error) {
	if o.Credentials != "" {
		if _, err := readKey(o.Credentials); err != nil {
			return nil, err
		}
	}
	if o.TokenURL == "" {
		o.TokenURL = tokenURL
	}
	if o.MetadataURL == "" {
		o.MetadataURL = metadataURL
	}
	return NewSource(o.fetch, o.Now), nil
}

// Project is the project that credentials belong to; empty where they do not
// say, or cannot be read.
func Project(credentials string) string {
	key, err := readKey(credentials)
	if err != nil {
		return ""
	}
	if key.Project != "" {
		return key.Project
	}
	return key.Quota
}

func (o GoogleOptions) fetch(ctx context.Context) (Token, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, boundTo(ctx, o.HTTPClient))
	said := o.Credentials
	if said == "" {
		said = firstFile(o.Files)
	}
	if said == "" {
		return o.machine(ctx)
	}
	key, err := readKey(said)
	if err != nil {
		return Token{}, err
	}
	// Each new token comes from a new source: the library's own keeps a token
	// until ten seconds before its end, which is later than ours.
	t, err := key.source(ctx, o.TokenURL).Token()
	if err != nil {
		return Token{}, refused("Google", err)
	}
	return Token{Value: t.AccessToken, Expires: t.Expiry}, nil
}

// source signs in with a key, whose type readKey has checked.
func (k key) source(ctx context.Context, users string) oauth2.TokenSource {
	if k.Type == serviceAccount {
		c := jwt.Config{
			Email: k.Email, PrivateKey: []byte(k.PrivateKey), PrivateKeyID: k.PrivateKeyID,
			Scopes: []string{scope}, TokenURL: k.TokenURL,
		}
		return c.TokenSource(ctx)
	}
	c := oauth2.Config{
		ClientID: k.ClientID, ClientSecret: k.ClientSecret,
		Endpoint: oauth2.Endpoint{TokenURL: users, AuthStyle: oauth2.AuthStyleInParams},
	}
	return c.TokenSource(ctx, &oauth2.Token{RefreshToken: k.RefreshToken})
}

// machine asks the metadata server, which is there on Google's own machines.
func (o GoogleOptions) machine(ctx context.Context) (Token, error) {
	address := strings.TrimRight(o.MetadataURL, "/") + "/computeMetadata/v1/instance/service-accounts/default/token"
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Token{}, fmt.Errorf("ask for the machine's Google token: %w", err)
	}
	r.Header.Set("Metadata-Flavor", "Google")
	resp, err := boundTo(ctx, o.HTTPClient).Do(r)
	if err != nil {
		return Token{}, fmt.Errorf("no Google credentials: set vertex_credentials or GOOGLE_APPLICATION_CREDENTIALS, or run gcloud auth application-default login (%w)", err)
	}
	defer resp.Body.Close()
	return o.read(resp)
}

func (o GoogleOptions) read(resp *http.Response) (Token, error) {
	if resp.StatusCode != http.StatusOK {
		return Token{}, fmt.Errorf("get the machine's Google token: its answer is %d", resp.StatusCode)
	}
	var answer struct {
		Token   string `json:"access_token"`
		Seconds int64  `json:"expires_in"`
	}
	if json.NewDecoder(io.LimitReader(resp.Body, maxToken)).Decode(&answer) != nil || answer.Seconds <= 0 {
		return Token{}, errors.New("get the machine's Google token: its answer holds none")
	}
	now := time.Now
	if o.Now != nil {
		now = o.Now
	}
	return Token{Value: answer.Token, Expires: now().Add(time.Duration(answer.Seconds) * time.Second)}, nil
}

// boundTo is a client whose requests end with ctx: the library gives those of a
// service account no context. A redirect would take a secret elsewhere.
func boundTo(ctx context.Context, base *http.Client) *http.Client {
	transport := http.DefaultTransport
	if base != nil && base.Transport != nil {
		transport = base.Transport
	}
	return edge.Straight(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		return transport.RoundTrip(r.WithContext(ctx))
	})})
}

type roundTrip func(r *http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
