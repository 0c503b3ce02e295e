package localdiscord

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// apiError is a refusal in Discord's form.
type apiError struct {
	Status  int    `json:"-"`
	Code    int    `json:"code"`
	Message string `json:"message"`
	Errors  any    `json:"errors,omitempty"`
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %d %s", e.Status, e.Code, e.Message) }

func refuse(status, code int, message string) *apiError {
	return &apiError{Status: status, Code: code, Message: message}
}

// The refusals that occur here (topics/opcodes-and-status-codes, "JSON").
func unknownChannel() *apiError { return refuse(http.StatusNotFound, 10003, "Unknown Channel") }
func unknownMessage() *apiError { return refuse(http.StatusNotFound, 10008, "Unknown Message") }
func unknownWebhook() *apiError { return refuse(http.StatusNotFound, 10015, "Unknown Webhook") }
func unauthorized() *apiError   { return refuse(http.StatusUnauthorized, 0, "401: Unauthorized") }
func invalidForm(field, why string) *apiError {
	e := refuse(http.StatusBadRequest, 50035, "Invalid Form Body")
	e.Errors = map[string]any{field: map[string]any{"_errors": []any{map[string]any{"message": why}}}}
	return e
}

// action answers one call: a value to send as JSON (nil: 204), or a refusal.
// It runs with the server's lock held.
type action func(r *http.Request) (any, *apiError)

// handler is everything under one address: the API and the gateway's socket.
func (s *Server) handler() http.Handler {
	api := http.NewServeMux()
	s.routes(func(pattern string, a action) { api.HandleFunc(pattern, s.serve(a)) })
	version := regexp.MustCompile(`^/api(/v\d+)?/`)
	top := http.NewServeMux()
	top.HandleFunc("/gateway", s.serveGateway)
	top.HandleFunc("/gateway/", s.serveGateway)
	top.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/" + version.ReplaceAllString(r.URL.Path, "")
		if r.URL.RawPath != "" {
			r.URL.RawPath = "/" + version.ReplaceAllString(r.URL.RawPath, "")
		}
		s.middle(w, r, api)
	})
	return top
}

func (s *Server) routes(handle func(pattern string, a action)) {
	handle("GET /gateway", s.getGateway)
	handle("GET /gateway/bot", s.getGateway)
	handle("GET /users/{user}", s.getUser)
	handle("POST /users/@me/channels", s.openDirect)
	handle("GET /applications/@me", s.getApplication)
	handle("GET /oauth2/applications/@me", s.getApplication)
	handle("GET /applications/{app}/commands", s.listCommands)
	handle("PUT /applications/{app}/commands", s.putCommands)
	handle("GET /applications/{app}/guilds/{guild}/commands", s.listCommands)
	handle("PUT /applications/{app}/guilds/{guild}/commands", s.putCommands)
	handle("GET /guilds/{guild}", s.getGuild)
	handle("GET /guilds/{guild}/channels", s.getGuildChannels)
	handle("GET /guilds/{guild}/roles", s.getGuildRoles)
	handle("GET /guilds/{guild}/threads/active", s.activeThreads)
	handle("GET /channels/{channel}/threads/archived/public", s.archivedThreads)
	handle("GET /channels/{channel}", s.getChannel)
	handle("POST /channels/{channel}/typing", s.showTyping)
	handle("GET /channels/{channel}/messages", s.listMessages)
	handle("POST /channels/{channel}/messages", s.createMessage)
	handle("GET /channels/{channel}/messages/{message}", s.getMessage)
	handle("PATCH /channels/{channel}/messages/{message}", s.editMessage)
	handle("DELETE /channels/{channel}/messages/{message}", s.deleteMessage)
	handle("PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me", s.react)
	handle("DELETE /channels/{channel}/messages/{message}/reactions/{emoji}/@me", s.unreact)
	handle("POST /channels/{channel}/messages/{message}/threads", s.startThread)
	handle("POST /interactions/{interaction}/{token}/callback", s.callback)
	handle("POST /webhooks/{app}/{token}", s.followUp)
	handle("GET /webhooks/{app}/{token}/messages/{message}", s.getReply)
	handle("PATCH /webhooks/{app}/{token}/messages/{message}", s.editReply)
	handle("DELETE /webhooks/{app}/{token}/messages/{message}", s.deleteReply)
}

// open tells whether a route works without the bot's token: the interaction's
// own token is in its path.
func open(path string) bool {
	return strings.HasPrefix(path, "/interactions/") || strings.HasPrefix(path, "/webhooks/") || path == "/gateway"
}

// serve runs an action under the lock and writes what it says.
func (s *Server) serve(a action) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		var v any
		var refusal *apiError
		if token, bot := strings.CutPrefix(r.Header.Get("Authorization"), "Bot "); !open(r.URL.Path) && (!bot || !s.authentic(token)) {
			refusal = unauthorized()
		} else {
			v, refusal = a(r)
		}
		body, err := json.Marshal(v) // under the lock: v may point into the state
		s.mu.Unlock()
		switch {
		case refusal != nil:
			writeError(w, refusal)
		case err != nil:
			writeError(w, refuse(http.StatusInternalServerError, 0, err.Error()))
		case v == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(body)
		}
	}
}

func writeError(w http.ResponseWriter, e *apiError) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.Status)
	body, err := json.Marshal(e)
	if err != nil {
		return // the status says enough
	}
	_, _ = w.Write(body)
}

func (s *Server) gatewayURL() string {
	return "ws" + strings.TrimSuffix(strings.TrimPrefix(s.base, "http"), "/api/") + "/gateway/"
}

func (s *Server) getGateway(*http.Request) (any, *apiError) {
	return map[string]any{
		"url": s.gatewayURL(), "shards": 1,
		"session_start_limit": map[string]any{"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1},
	}, nil
}

func (s *Server) getUser(r *http.Request) (any, *apiError) {
	id := r.PathValue("user")
	if id == "@me" {
		return s.me, nil
	}
	if u := s.users[id]; u != nil {
		return *u, nil
	}
	return nil, refuse(http.StatusNotFound, 10013, "Unknown User")
}

func (s *Server) getApplication(*http.Request) (any, *apiError) {
	return map[string]any{"id": s.app, "name": s.me.Username, "bot": s.me, "verify_key": s.PublicKey()}, nil
}

func (s *Server) openDirect(r *http.Request) (any, *apiError) {
	var in struct {
		RecipientID string `json:"recipient_id"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil || s.users[in.RecipientID] == nil {
		return nil, invalidForm("recipient_id", "Unknown user.")
	}
	return *s.direct(in.RecipientID), nil
}

func (s *Server) getGuild(r *http.Request) (any, *apiError) {
	g := s.guilds[r.PathValue("guild")]
	if g == nil {
		return nil, refuse(http.StatusNotFound, 10004, "Unknown Guild")
	}
	return map[string]any{"id": g.ID, "name": g.Name, "owner_id": g.OwnerID, "roles": g.Roles}, nil
}

func (s *Server) getGuildChannels(r *http.Request) (any, *apiError) {
	g := s.guilds[r.PathValue("guild")]
	if g == nil {
		return nil, refuse(http.StatusNotFound, 10004, "Unknown Guild")
	}
	return s.visible(g).Channels, nil
}

func (s *Server) getGuildRoles(r *http.Request) (any, *apiError) {
	g := s.guilds[r.PathValue("guild")]
	if g == nil {
		return nil, refuse(http.StatusNotFound, 10004, "Unknown Guild")
	}
	return g.Roles, nil
}

func (s *Server) getChannel(r *http.Request) (any, *apiError) {
	c, refusal := s.channel(r, ViewChannel)
	if refusal != nil {
		return nil, refusal
	}
	return *c, nil
}
