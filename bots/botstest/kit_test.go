package botstest_test

import (
	"testing"

	"github.com/tribunebot/tribune/bots/botstest"
)

func TestRoom(t *testing.T) {
	t.Parallel()
	botstest.TestPlatform(t, func(*testing.T) botstest.Harness {
		room := botstest.NewRoom()
		return botstest.Harness{Platform: room, World: room}
	})
}
