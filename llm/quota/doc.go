// Package quota keeps limits: requests and tokens a minute, places at the same
// time, money per day. What a call will need is reserved before it and settled
// after it, so that callers at the same moment never pass a limit together.
//
// A Book turns each llm.Quota into counters of an llm.Counters:
//
//	ID/rpm/N       requests of the UTC clock minute N (minutes since 1970)
//	ID/tpm/N       tokens of that minute
//	ID/parallel    places that are held just now
//	ID/usd/EVERY/T billionths of a dollar in the window of EVERY seconds that
//	               began at T (seconds since 1970)
//	ID/usd         the same, for ever
//
// All counters of a call are raised together or not at all. What a counter has
// reserved is corrected once the truth is known, in the window it was reserved
// in; that may push it past its limit, which then only makes others wait.
//
// A limit must not become an outage: counters that cannot be reached let calls
// through, but for budgets, which hold calls back once their counters have been
// out of reach for BudgetGrace, and at once where there is no room for a counter.
package quota
