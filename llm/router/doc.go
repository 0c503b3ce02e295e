// Package router chooses who answers: it is an llm.Model over many deployments.
//
// A request is decided in these steps:
//
//  1. It waits for a place in the process, where those are bounded, and its time
//     begins to run. While it waits for anything else it gives the place back
//     (run.go).
//  2. Routing rules see a request that names no group, and may choose one by what
//     is asked. The name that comes of it becomes a pool of deployments: a
//     group, a deployment's id, an alias, a pattern, a model as its provider
//     names it, or the first default fallback (names.go, pattern.go).
//  3. Deployments that cannot serve the request are left out: wrong tags, a
//     context window that is too small, cooling down, asked before while another
//     is left; of the rest only those with the lowest order count (choose.go).
//  4. The strategy picks one of them by their live statistics (strategy.go).
//  5. What the call will need at most is reserved, of the deployment's limits and
//     of the caller's together (bill.go). Of tokens that is the prompt's estimate
//     and max_tokens; without max_tokens the longest answer of late, or 4096 or
//     what the model writes at most if that is less. An answer that is longer
//     than what was reserved for it may pass a tpm limit by the difference, and
//     then the next calls wait. A deployment without room is passed
//     over for the next; where none has room, or all cool down, the request
//     waits for the first one, as long as its deadline allows, or briefly where
//     a fallback is left (limits.go).
//  6. The deployment is called. A stream is held back until it says something, so
//     that one that breaks before that is a failed try like any other
//     (attempt.go, whole.go, stream.go).
//  7. A failure may cool the deployment down (health.go, breaker.go), and its kind
//     says whether another deployment, the same one after a wait, or nobody of
//     this pool is asked next (retry.go).
//  8. When the pool is done, the fallbacks follow, each through steps 3 to 7: those
//     for requests that are too long or refused, or the ordinary ones
//     (fallbacks.go); and where a caller's money does not reach, the next
//     cheaper group (cheaper.go).
//  9. What was really used is settled, the observers are told, and the answer says
//     who gave it, after what (attempt.go, report.go, trail.go).
//
// Both kinds of call, whole and streamed, go the same way; only step 6 differs.
//
// The rules are LiteLLM's, so that its configuration does here what it does
// there. They differ where its users ask for it:
//
//   - Limits hold under every strategy, and order without pre-call checks.
//   - Weights, rpm or tpm count for simple-shuffle if any deployment has them, not
//     only if the first one does.
//   - No deployment is asked twice while another can be asked that was not.
//   - A deployment that cannot be reached cools down like one that answers 5xx;
//     one whose account is empty (402) like one whose key is wrong.
//   - A failure during a cool-down extends it. After it one call finds out
//     whether the deployment is back; each such probe that fails doubles the
//     time, up to five minutes.
//   - The last healthy deployment of a group is left alone only when all of its
//     calls in a minute have failed, five at least; and where all cool down,
//     requests wait for the first to be back instead of failing. Where
//     allowed_fails or its policy counts, two failures are the least for it, and
//     a request that has no other way does not wait: it is the probe.
package router
