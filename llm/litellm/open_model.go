package litellm

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/claude"
	"github.com/tribunebot/tribune/llm/compat"
)

// open makes the model of a Spec whose provider and name are known, and tells
// its address.
func (op opener) open(s Spec) (llm.Model, string, error) {
	key, base, missing := Resolve(s.Provider, op.lookup(s))
	key = cmp.Or(s.Key, key)
	if s.APIBase != "" {
		base = normal(s.Provider, s.APIBase)
	}
	if err := lacks(s, key, missing); err != nil {
		return nil, "", err
	}
	c := call{opener: op, spec: s, key: key, base: base}
	if c.isClaude() {
		return c.anthropic()
	}
	o, err := c.options()
	if err != nil {
		return nil, "", err
	}
	m, err := compat.New(o)
	return m, o.BaseURL, err
}

// lookup finds variables, and a deployment's own params by their names in small
// letters.
func (op opener) lookup(s Spec) func(string) (string, bool) {
	project := googleProject(s, op.Lookup)
	return func(name string) (string, bool) {
		if name == strings.ToLower(name) {
			value, ok := s.Params[name]
			if !ok && name == "vertex_project" {
				return project, project != ""
			}
			return value, ok
		}
		return op.Lookup(name)
	}
}

// lacks is an error where something is missing that the Spec does not have
// itself. Whoever writes an address of their own may need no key there.
func lacks(s Spec, key string, missing []string) error {
	var left []string
	for _, m := range missing {
		isKey := m == strings.Join(s.Provider.KeyEnv, " or ")
		switch {
		case isKey && (key != "" || s.APIBase != "" && s.Provider.Kind == OpenAI || otherSignIn(s)):
		case !isKey && s.APIBase != "":
		default:
			left = append(left, m)
		}
	}
	if len(left) == 0 {
		return nil
	}
	return fmt.Errorf("%s: set %s", s.Provider.Prefix, strings.Join(left, ", and "))
}

// otherSignIn tells whether a deployment has something instead of a key.
func otherSignIn(s Spec) bool {
	return s.Provider.Kind == Azure && (s.Params["azure_ad_token"] != "" || s.Params["client_id"] != "")
}

// call is what there is to know of one model before it is opened.
type call struct {
	opener

	spec      Spec
	key, base string
}

// options are those of llm/compat for all kinds but Anthropic's.
func (c call) options() (compat.Options, error) {
	s := c.spec
	o := compat.Options{
		ID: s.ID, Provider: s.Provider.Prefix, Model: s.Name, BaseURL: c.base, Key: c.key,
		Header: s.Header.Clone(), Fields: s.Fields, HTTPClient: c.HTTPClient,
		Timeout: cmp.Or(s.Timeout, c.Timeout), FirstToken: cmp.Or(s.FirstToken, c.FirstToken), Idle: c.Idle,
		MaxBytes: c.MaxBytes, Room: c.Room, Log: c.Log, Now: c.Now,
	}
	o.Drop = c.drop()
	if s.Provider.Prefix == "openai" && !ownHost(s.Provider, c.base) {
		o.Quirks = &compat.Quirks{} // somebody else's server by OpenAI's prefix
	}
	if like := s.Provider.Like; like != "" {
		o.Quirks = new(compat.QuirksOf(like))
	}
	if header := s.Provider.KeyAlso; header != "" && c.key != "" {
		o.Header = withHeader(o.Header, header, c.key)
	}
	return o, c.kind(&o)
}

// kind adds what the provider's kind asks for.
func (c call) kind(o *compat.Options) error {
	switch c.spec.Provider.Kind {
	case Azure:
		return c.azure(o)
	case AzureAI:
		return c.azureAI(o)
	case Vertex:
		return c.vertex(o)
	case Snowflake:
		c.snowflake(o)
	case Bedrock:
		o.Model = strings.TrimPrefix(o.Model, "converse/")
	case OpenAI, Anthropic:
	}
	return nil
}

// snowflake says what sort of token the key is, as LiteLLM does: one that begins
// with pat/ is a programmatic access token (docs.snowflake.com, SQL API,
// "Authenticating to the server").
func (c call) snowflake(o *compat.Options) {
	sort := "KEYPAIR_JWT"
	if token, found := strings.CutPrefix(c.key, "pat/"); found {
		o.Key, sort = token, "PROGRAMMATIC_ACCESS_TOKEN"
	}
	o.Header = withHeader(o.Header, "X-Snowflake-Authorization-Token-Type", sort)
}

// isClaude tells whether a model is called by Anthropic's protocol: at
// Anthropic's own address, and where clouds serve Claude by no other.
func (c call) isClaude() bool {
	name := strings.ToLower(c.spec.Name)
	switch c.spec.Provider.Kind {
	case Anthropic:
		return true
	case AzureAI:
		return strings.HasPrefix(name, "claude")
	case Bedrock:
		return strings.Contains(name, "anthropic.claude")
	case OpenAI, Azure, Vertex, Snowflake:
	}
	return false
}

// anthropic opens a model that speaks Anthropic's protocol. The clouds have it
// at a path of its own: docs.litellm.ai, Azure Anthropic; docs.aws.amazon.com/
// bedrock, "Inference using Anthropic Messages API", whose keys go into the
// header of all of Bedrock's.
func (c call) anthropic() (llm.Model, string, error) {
	s := c.spec
	if s.Provider.Kind != Anthropic && !strings.HasSuffix(c.base, "/anthropic") {
		c.base = strings.TrimSuffix(c.base, "/openai/v1") + "/anthropic"
	}
	if s.Provider.Kind == Bedrock {
		s.Header = withHeader(s.Header.Clone(), "Authorization", "Bearer "+c.key)
		s.Name = strings.TrimPrefix(s.Name, "converse/")
	}
	if c.base == "" {
		return nil, "", errors.New("its address is not known: set api_base")
	}
	m, err := claude.New(claude.Options{
		ID: s.ID, Provider: s.Provider.Prefix, Model: s.Name, BaseURL: c.base, Key: c.key, Header: s.Header.Clone(),
		Fields: s.Fields, HTTPClient: c.HTTPClient,
		Timeout: cmp.Or(s.Timeout, c.Timeout), FirstToken: cmp.Or(s.FirstToken, c.FirstToken), Idle: c.Idle,
		MaxBytes: c.MaxBytes, Room: c.Room, Log: c.Log, Now: c.Now,
	})
	return m, c.base, err
}

// ownHost tells whether an address is at the provider's own host.
func ownHost(p Provider, address string) bool {
	own, err := url.Parse(p.Base)
	at, wrong := url.Parse(address)
	return err == nil && wrong == nil && own.Host == at.Host
}

func withHeader(h http.Header, name, value string) http.Header {
	if h == nil {
		h = http.Header{}
	}
	if h.Get(name) == "" {
		h.Set(name, value)
	}
	return h
}
