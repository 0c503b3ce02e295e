package discord

import (
	"fmt"
	"net/url"
	"strings"
)

// Scheme begins the address of a channel, discord://CHANNEL, and the origin of
// every document: discord://GUILD/CHANNEL/MESSAGE.
const Scheme = "discord://"

// Is reports whether an address is that of a Discord channel.
func Is(address string) bool {
	if strings.HasPrefix(address, Scheme) {
		return true
	}
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && isDiscord(u.Hostname()) && strings.HasPrefix(u.Path, "/channels/")
}

func isDiscord(host string) bool {
	switch strings.ToLower(host) {
	case "discord.com", "www.discord.com", "ptb.discord.com", "canary.discord.com", "discordapp.com":
		return true
	}
	return false
}

// parse is the id of the channel that an address names.
func parse(address string) (string, error) {
	id := ""
	if rest, ok := strings.CutPrefix(address, Scheme); ok {
		id = strings.TrimSuffix(rest, "/")
		if guild, channel, ok := strings.Cut(id, "/"); ok && isID(guild) {
			id = channel
		}
	} else if u, err := url.Parse(address); err == nil && Is(address) {
		parts := strings.Split(strings.Trim(u.Path, "/"), "/") // channels, guild, channel, perhaps a message
		if len(parts) >= 3 && len(parts) <= 4 {
			id = parts[2]
		}
	}
	if !isID(id) {
		return "", fmt.Errorf("%q names no channel: write discord://CHANNEL_ID, or the address that Discord's \"Copy Link\" gives", address)
	}
	return id, nil
}

// isID reports whether a text is an id of Discord's: a number of 64 bits.
func isID(id string) bool {
	return id != "" && len(id) <= 20 && id[0] != '0' && !strings.ContainsFunc(id, func(r rune) bool { return r < '0' || r > '9' })
}

// older reports whether one id was given before another.
func older(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}
