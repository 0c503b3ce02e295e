// Package router chooses who answers: it is an llm.Model over many deployments.
//
// A request is decided in these steps, each of them one file:
//
//  1. It waits for a place in the process, where those are bounded, and its time
//     begins to run (run.go).
//  2. Routing rules see a request that names no group, and may choose one by what
//     is asked. The name that comes of it becomes a pool of deployments: a
//     group, a deployment's id, an alias, a pattern, a model as its provider
//     names it, or the first default fallback (names.go).
//  3. Deployments that cannot serve the request are left out: wrong tags, a
//     context window that is too small, cooling down, tried before while another
//     is left; of the rest only those with the lowest order count (choose.go).
//  4. The strategy picks one of them by their live statistics (strategy.go).
//  5. What the call will need at most is reserved, of the deployment's limits and
//     of the caller's together. A deployment without room is passed over for
//     the next; where none has room the request waits (limits.go).
//  6. The deployment is called. A stream is held back until it says something, so
//     that one that breaks before that is a failed try like any other
//     (attempt.go, whole.go, stream.go).
//  7. A failure may cool the deployment down (health.go), and its kind says
//     whether another deployment, the same one after a wait, or nobody of this
//     pool is tried next (retry.go).
//  8. When the pool is done, the fallbacks follow, each through steps 3 to 7: those
//     for requests that are too long or refused, or the ordinary ones; and where
//     a caller's money does not reach, the next cheaper group (fallbacks.go,
//     cheaper.go).
//  9. What was really used is settled, the observers are told, and the answer says
//     who gave it, after what (attempt.go, report.go, trail.go).
//
// Both kinds of call, whole and streamed, go the same way; only step 6 differs.
package router
