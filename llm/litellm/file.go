package litellm

import (
	"cmp"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/llm/router"
)

// File is a litellm_config.yaml, read and checked. However it is printed, no
// secret appears.
type File struct {
	Path string
	// Deployments are the entries of model_list in their order, also those that
	// cannot be used: see Enabled.
	Deployments []Spec
	Settings    router.Settings
	General     General
	Callbacks   Callbacks
	Langfuse    Langfuse
	// Environment are environment_variables. Those that the file refers to
	// with os.environ/ are in their places already; nothing else is set.
	Environment map[string]string `json:"-"`
	Warnings    config.Problems
}

// General is what the file says beside deployments and routing.
type General struct {
	MasterKey   config.Secret // master_key, or LITELLM_MASTER_KEY of environment_variables
	DatabaseURL config.URL    // database_url, or DATABASE_URL of environment_variables

	Debug bool // set_verbose, debug_level: DEBUG
	JSON  bool // json_logs

	// DropParams takes from requests what their provider does not know; nil: not
	// said.
	DropParams *bool
	// Redact keeps questions and answers out of reports
	// (turn_off_message_logging), RedactKeys who held the key
	// (redact_user_api_key_info).
	Redact, RedactKeys bool
	// ForwardHeaders passes a client's x- headers on to the provider
	// (forward_client_headers_to_llm_api).
	ForwardHeaders bool
	// RequireUser refuses requests without a "user" (enforce_user_param).
	RequireUser bool
	// HealthChecks calls each deployment every HealthEvery
	// (background_health_checks); 0 means DefaultHealthEvery.
	HealthChecks bool
	HealthEvery  time.Duration
	// HideHealth keeps details out of /health (health_check_details: false).
	HideHealth bool
	// MaxRequest and MaxResponse are bytes; 0: the gateway's own.
	MaxRequest, MaxResponse int64
	// KeyHeader is another header that may carry the key
	// (litellm_key_header_name); empty: none.
	KeyHeader string
}

// DefaultHealthEvery is LiteLLM's health_check_interval.
const DefaultHealthEvery = 300 * time.Second

// Probes is how often each deployment is to be called; 0: never.
func (g General) Probes() time.Duration {
	if !g.HealthChecks {
		return 0
	}
	return cmp.Or(g.HealthEvery, DefaultHealthEvery)
}

// Callbacks are who is told of calls: of those that ended well, and of those
// that failed. The names are those of KnownCallbacks.
type Callbacks struct {
	Success, Failure []string
}

// Langfuse is where calls are reported to: langfuse_params, or else the
// variables LANGFUSE_PUBLIC_KEY, LANGFUSE_SECRET_KEY and LANGFUSE_HOST.
type Langfuse struct {
	PublicKey string
	SecretKey config.Secret
	Host      string // empty: Langfuse's own cloud
}

// Enabled returns the deployments that can be used.
func (f *File) Enabled() []Spec {
	var list []Spec
	for _, s := range f.Deployments {
		if s.Disabled == "" {
			list = append(list, s)
		}
	}
	return list
}

// PointsAt returns a mistake for every deployment whose address is one of hosts
// ("127.0.0.1:4000"): those that our own listener answers at, so that a request
// would go round in circles. Names of this machine's loopback are the same host.
func (f *File) PointsAt(hosts []string) config.Problems {
	own := make(map[string]bool, len(hosts))
	for _, host := range hosts {
		own[sameHost(host)] = true
	}
	var list config.Problems
	for _, s := range f.Deployments {
		u, err := url.Parse(s.APIBase)
		if err != nil || s.APIBase == "" || !own[sameHost(withPort(u))] {
			continue
		}
		list = append(list, problemAt(f.Path, place{s.Line, 1},
			"the api_base of "+named(s.ID)+" is this program's own address", "write the address of the provider, or of another proxy"))
	}
	return list
}

// withPort returns host:port of an address.
func withPort(u *url.URL) string {
	if port := u.Port(); port != "" {
		return net.JoinHostPort(u.Hostname(), port)
	}
	if strings.EqualFold(u.Scheme, "https") {
		return net.JoinHostPort(u.Hostname(), "443")
	}
	return net.JoinHostPort(u.Hostname(), "80")
}

// sameHost brings the many names of this machine to one.
func sameHost(hostport string) string {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return strings.ToLower(hostport)
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	ip := net.ParseIP(host)
	if host == "localhost" || host == "" || strings.HasSuffix(host, ".localhost") || ip != nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
