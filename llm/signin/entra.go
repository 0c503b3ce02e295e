package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	// authority is where Entra ID, Azure's directory, gives tokens
	// (learn.microsoft.com/entra/identity-platform, client credentials).
	authority = "https://login.microsoftonline.com"
	// azureScope is what Azure OpenAI asks for (learn.microsoft.com/azure/
	// ai-services/openai, managed identity).
	azureScope = "https://cognitiveservices.azure.com/.default"
)

// EntraOptions describe an application that signs in to Azure by its secret.
type EntraOptions struct {
	Tenant, ClientID, Secret string
	Scope                    string           // default that of Azure's AI services
	Authority                string           // default https://login.microsoftonline.com
	HTTPClient               *http.Client     // default one with net/http's transport
	Now                      func() time.Time // default time.Now
}

// Entra returns a Source of access tokens for Azure.
func Entra(o EntraOptions) (*Source, error) {
	if o.Tenant == "" || o.ClientID == "" || o.Secret == "" {
		return nil, errors.New("sign in to Azure: set tenant_id, client_id and client_secret")
	}
	if o.Scope == "" {
		o.Scope = azureScope
	}
	if o.Authority == "" {
		o.Authority = authority
	}
	c := clientcredentials.Config{
		ClientID: o.ClientID, ClientSecret: o.Secret, Scopes: []string{o.Scope},
		TokenURL:  strings.TrimRight(o.Authority, "/") + "/" + url.PathEscape(o.Tenant) + "/oauth2/v2.0/token",
		AuthStyle: oauth2.AuthStyleInParams,
	}
	return NewSource(func(ctx context.Context) (Token, error) {
		t, err := c.Token(context.WithValue(ctx, oauth2.HTTPClient, boundTo(ctx, o.HTTPClient)))
		if err != nil {
			return Token{}, refused("Azure", err)
		}
		return Token{Value: t.AccessToken, Expires: t.Expiry}, nil
	}, o.Now), nil
}

// refused takes what matters from the library's error, whose text quotes the
// token endpoint's whole answer.
func refused(cloud string, err error) error {
	answer, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || answer.Response == nil {
		return fmt.Errorf("get a token from %s: %w", cloud, err)
	}
	return fmt.Errorf("get a token from %s: the credentials are refused (HTTP %d %.60q)", cloud, answer.Response.StatusCode, answer.ErrorCode)
}
