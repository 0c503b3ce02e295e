package config

import "testing"

func TestSlackWorkspace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"team.slack.com":              "team.slack.com",
		"https://Team.slack.com/":     "team.slack.com",
		"acme.enterprise.slack.com":   "acme.enterprise.slack.com",
		"office.slack-gov.com":        "office.slack-gov.com",
		"team":                        "",
		"slack.com":                   "",
		".slack.com":                  "",
		"team.slack.com.evil.example": "",
		"evil.example/.slack.com":     "",
		"a@b.slack.com":               "",
		"http://team.slack.com":       "",
		"":                            "",
	} {
		if got, err := SlackWorkspace(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
		}
	}
}
