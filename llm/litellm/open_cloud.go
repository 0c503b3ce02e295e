package litellm

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/tribunebot/tribune/llm/compat"
	"github.com/tribunebot/tribune/llm/signin"
)

// azureVersion is the api-version where none is given: the last one of Azure's
// deployments protocol that is no preview (learn.microsoft.com/azure/
// ai-services/openai/api-version-lifecycle). Later ones are paths, /openai/v1.
const azureVersion = "2024-10-21"

// azure has a path for each deployment and takes its version in the query; an
// address that ends in /openai/v1, or a version of "v1", "latest" or "preview",
// is Azure's newer protocol, which has neither.
func (c call) azure(o *compat.Options) error {
	version := c.spec.APIVersion
	if version == "" {
		version, _ = firstSet([]string{"AZURE_API_VERSION"}, c.Lookup)
	}
	base, given := cutQuery(c.base)
	reasons(o, c.spec)
	newer := version == "v1" || version == "latest" || version == "preview"
	switch {
	case strings.HasSuffix(base, "/openai/v1"):
		version = ""
	case strings.Contains(base, "/openai/deployments/"):
	case newer:
		base += "/openai/v1"
		if version != "preview" { // the others are what it is without
			version = ""
		}
	default:
		base += "/openai/deployments/" + url.PathEscape(o.Model)
	}
	o.BaseURL, o.Query, o.KeyHeader = base, given, "api-key"
	if version == "" && !strings.HasSuffix(base, "/openai/v1") {
		version = azureVersion
	}
	if version != "" && o.Query.Get("api-version") == "" {
		o.Query.Set("api-version", version)
	}
	return c.entra(o)
}

// reasons takes LiteLLM's marks of reasoning models off a deployment's name:
// those models refuse max_tokens, as OpenAI's own address does.
func reasons(o *compat.Options, s Spec) {
	name := o.Model
	for _, mark := range []string{"o_series/", "gpt5_series/"} {
		name = strings.TrimPrefix(name, mark)
	}
	_, base, _ := strings.Cut(s.BaseModel, "/")
	for _, start := range []string{"o1", "o3", "o4", "gpt-5", "gpt-6"} {
		if name != o.Model || strings.HasPrefix(name, start) || strings.HasPrefix(base, start) || strings.HasPrefix(s.BaseModel, start) {
			o.Quirks = &compat.Quirks{NewLimit: true}
			break
		}
	}
	o.Model = name
}

// cutQuery parts an address from its query.
func cutQuery(address string) (string, url.Values) {
	u, err := url.Parse(address)
	if err != nil {
		return address, url.Values{}
	}
	query := u.Query()
	u.RawQuery = ""
	base := strings.TrimSuffix(strings.TrimRight(u.String(), "/"), "/chat/completions")
	return base, query
}

// entra signs in with Azure's directory where there is no key.
func (c call) entra(o *compat.Options) error {
	p := c.spec.Params
	if c.key != "" {
		return nil
	}
	if token := p["azure_ad_token"]; token != "" {
		o.Key, o.KeyHeader = token, ""
		return nil
	}
	source, err := signin.Entra(signin.EntraOptions{
		Tenant: p["tenant_id"], ClientID: p["client_id"], Secret: p["client_secret"], Scope: p["azure_scope"],
		HTTPClient: c.HTTPClient, Now: c.Now,
	})
	if err != nil {
		return err
	}
	o.Sign, o.KeyHeader = source.Sign, ""
	return nil
}

// azureAI is Azure's address for other vendors' models: resources of their own
// have the path /models and take the key in a header, serverless ones are as
// they are (LiteLLM's llms/azure_ai/chat/transformation.py).
func (c call) azureAI(o *compat.Options) error {
	base, query := cutQuery(c.base)
	if base == "" {
		return errors.New("its address is not known: set api_base")
	}
	u, err := url.Parse(base)
	if err != nil {
		return errors.New("its address is no URL")
	}
	resource := strings.HasSuffix(u.Hostname(), ".services.ai.azure.com")
	if resource && u.Path == "" {
		base += "/models"
	}
	if resource || strings.HasSuffix(u.Hostname(), ".openai.azure.com") {
		o.KeyHeader = "api-key"
	}
	if c.spec.APIVersion != "" && query.Get("api-version") == "" {
		query.Set("api-version", c.spec.APIVersion)
	}
	o.BaseURL, o.Query = base, query
	return nil
}

// vertex names models with their publisher, and signs in with Google's tokens.
func (c call) vertex(o *compat.Options) error {
	if strings.HasPrefix(o.Model, "claude") {
		return errors.New("vertex_ai serves Claude only through a protocol of its own: use anthropic, azure_ai or bedrock for it")
	}
	if !strings.Contains(o.Model, "/") {
		o.Model = "google/" + o.Model
	}
	// The global endpoint's host has no location before it.
	o.BaseURL = strings.Replace(o.BaseURL, "https://global-aiplatform.", "https://aiplatform.", 1)
	if c.key != "" { // an express key, or a token that somebody else renews
		return nil
	}
	source, err := signin.Google(signin.GoogleOptions{
		Credentials: googleCredentials(c.spec, c.Lookup), Files: gcloudFiles(c.Lookup),
		HTTPClient: c.HTTPClient, Now: c.Now,
	})
	if err != nil {
		return err
	}
	o.Sign = func(ctx context.Context, r *http.Request) error { return source.Sign(ctx, r) }
	return nil
}

// googleCredentials are a deployment's own, or those that a variable points to.
func googleCredentials(s Spec, lookup func(string) (string, bool)) string {
	if own := s.Params["vertex_credentials"]; own != "" {
		return own
	}
	said, _ := firstSet([]string{"VERTEXAI_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS"}, lookup)
	return said
}

// googleProject is the project that the credentials belong to, for deployments
// that name none.
func googleProject(s Spec, lookup func(string) (string, bool)) string {
	if s.Provider.Kind != Vertex {
		return ""
	}
	if _, said := firstSet([]string{"VERTEXAI_PROJECT", "GOOGLE_CLOUD_PROJECT"}, lookup); said {
		return ""
	}
	return signin.Project(googleCredentials(s, lookup))
}

// gcloudFiles are where gcloud leaves a user's credentials
// (docs.cloud.google.com/docs/authentication/application-default-credentials).
func gcloudFiles(lookup func(string) (string, bool)) []string {
	var files []string
	for _, place := range [][2]string{{"CLOUDSDK_CONFIG", ""}, {"HOME", ".config/gcloud"}, {"APPDATA", "gcloud"}} {
		if dir, ok := lookup(place[0]); ok && dir != "" {
			files = append(files, filepath.Join(dir, filepath.FromSlash(place[1]), "application_default_credentials.json"))
		}
	}
	return files
}
