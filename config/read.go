package config

// readFile reads tribune.yaml; without one the defaults hold.
func (l *loader) readFile() {
	l.config.File = File{Collections: map[string]Collection{}, Default: defaultChannel(), Channels: map[string]Channel{}}
}
