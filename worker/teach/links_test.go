package teach

import "testing"

// TestLinksTo: the address of another page that begins alike is no link to this.
func TestLinksTo(t *testing.T) {
	t.Parallel()
	const page = "https://wiki.example.com/vpn"
	for text, want := range map[string]bool{
		"See " + page: true, "See " + page + ".": true, "<" + page + "|VPN>": true, "[x](" + page + ")": true, page + "，谢谢": true, page + ", then": true,
		"See " + page + "-old-do-not-use": false, page + "/old": false, page + ".html": false, page + "?x=1": false, page + "#old": false, "": false,
		page + "-old and " + page: true,
	} {
		if got := linksTo(text, page); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
