package generation

import "time"

// WithLink replaces how files are linked.
func (o Options) WithLink(link func(from, to string) error) Options {
	o.link = link
	return o
}

// Grace is how long blobs are kept that nobody needs.
const Grace = grace

// MaxTombs is how many removed documents are told one by one.
const MaxTombs = maxTombs

// CheckAtOnce replaces how much Open checks before it serves.
func (o Options) CheckAtOnce(bytes int64) Options {
	o.verifyAtOnce = bytes
	return o
}

// SpoolAtMost replaces how much of a distant source is read at a time.
func (o Options) SpoolAtMost(bytes int64) Options {
	o.maxSpool = bytes
	return o
}

// AskEvery replaces how often it is asked whether a state is still the latest.
func (o Options) AskEvery(d time.Duration) Options {
	o.fenceEvery = d
	return o
}
