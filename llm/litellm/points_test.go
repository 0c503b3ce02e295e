package litellm_test

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestPointsAt(t *testing.T) {
	t.Parallel()
	f, _ := read(t, `model_list:
- {model_name: a, litellm_params: {model: openai/m, api_base: "http://localhost:4000/v1"}}
- {model_name: b, litellm_params: {model: openai/m, api_base: "http://127.0.0.1:4000"}}
- {model_name: c, litellm_params: {model: openai/m, api_base: "http://[::1]:4000/v1"}}
- {model_name: d, litellm_params: {model: openai/m, api_base: "http://0.0.0.0:4000/v1"}}
- {model_name: e, litellm_params: {model: openai/m, api_base: "http://u:sesame@BOT.example:4000/v1"}}
- {model_name: f, litellm_params: {model: openai/m, api_base: "https://bot.example/v1"}}
- {model_name: g, litellm_params: {model: openai/m, api_base: "http://localhost:4001/v1"}}
- {model_name: h, litellm_params: {model: openai/m, api_base: "https://other.example/v1"}}
- {model_name: i, litellm_params: {model: openai/m, api_key: k}}
`, environ())
	for hosts, want := range map[string]string{
		"":                                     "",
		"127.0.0.1:4000":                       "2 3 4 5",
		":4000":                                "2 3 4 5",
		"bot.example:4000":                     "6",
		"bot.example:443":                      "7",
		"127.0.0.1:4001,bot.example:443":       "7 8",
		"api.openai.com:443,other.example:443": "9 10",
	} {
		var got []string
		for _, p := range f.PointsAt(strings.Split(hosts, ",")) {
			if strings.Contains(p.Error(), "sesame") || p.Warning {
				t.Error(p)
			}
			place, _, _ := strings.Cut(strings.TrimPrefix(p.Error(), filepath.Base(f.Path)+":"), ":")
			got = append(got, place)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: lines %v, want %s", hosts, got, want)
		}
	}
}
