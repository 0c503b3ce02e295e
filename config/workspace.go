package config

import (
	"fmt"
	"strings"
)

const slackWorkspaceHint = "write the address of the workspace as its people see it: team.slack.com"

// SlackWorkspace reads the address of a Slack workspace: team.slack.com, one of
// an organisation (team.enterprise.slack.com) or of a government
// (team.slack-gov.com), with or without https://. It returns the host in lower
// case. Links of citations go there, so no other host will do.
func SlackWorkspace(text string) (string, error) {
	host := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(text, "https://"), "/"))
	team, ok := strings.CutSuffix(host, ".slack.com")
	if !ok {
		team, ok = strings.CutSuffix(host, ".slack-gov.com")
	}
	plain := func(c rune) bool { return c == '-' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' }
	if !ok || team == "" || strings.ContainsFunc(team, func(c rune) bool { return !plain(c) }) || strings.HasPrefix(team, ".") {
		return "", fmt.Errorf("%q is no address of a Slack workspace", text)
	}
	return host, nil
}
