package bots_test

import (
	"testing"

	"github.com/tribunebot/tribune/bots"
)

func TestApproves(t *testing.T) {
	t.Parallel()
	for emoji, want := range map[string]bool{
		"white_check_mark": true, ":heavy_check_mark:": true, "\u2705": true, "\u2714\uFE0F": true, "ballot_box_with_check": true,
		"": false, "+1": false, "x": false, "thumbsup": false, "white_check_mark2": false, "\u274C": false,
	} {
		if bots.Approves(emoji) != want {
			t.Errorf("Approves(%q) is not %t", emoji, want)
		}
	}
}

func TestWho(t *testing.T) {
	t.Parallel()
	r := bots.Reacted{Thread: bots.Thread{Platform: "slack", Team: "T01", Channel: "C1"}, Person: "U07"}
	if got := r.Who(); got != "slack:T01:U07" {
		t.Errorf("got %q", got)
	}
}
