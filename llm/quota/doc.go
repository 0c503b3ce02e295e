// Package quota keeps limits: requests and tokens a minute, places at the same
// time, money per day. What a call will need is reserved before it and settled
// after it, so that callers at the same moment never pass a limit together.
package quota
