package webchat

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// errorBody is the body of every refusal:
// {"error":{"code":"bad_json","message":"..."}}.
type errorBody struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`          // in the language of the request
		Detail  string `json:"detail,omitempty"` // for whoever writes a client
	} `json:"error"`
}

// refuse answers with p.
func (c *Chat) refuse(w http.ResponseWriter, r *http.Request, p *problem) {
	if p.err != nil {
		c.o.Log.WarnContext(r.Context(), "a request was refused", "status", p.status, "code", p.code, "error", p.err)
	}
	if p.after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(p.after/time.Second)))
	}
	var body errorBody
	body.Error.Code = p.code
	body.Error.Message = c.texts.say(preferred(r), "error_"+p.code)
	body.Error.Detail = p.detail
	writeJSON(w, p.status, body)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil { // none of our bodies can fail
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(append(data, '\n'))
}
