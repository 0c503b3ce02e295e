// Package queue keeps questions safe between the moment they are heard and the
// moment they are answered. It is the only package that speaks NATS: nobody
// above it knows of streams, consumers, acknowledgements or buckets.
//
// What lies where, in JetStream:
//
//	QUESTIONS  every question of the last day, whether waiting, being worked on or done
//	WAITS      a pointer to a question, delivered again when its time has come
//	DEAD       letters: what was given up, and why
//	LEASES     (memory) which worker has which thread just now
//	records    (bucket) what exists already of each answer; see worker.Record
//	RATES      (memory) requests, tokens and places that the limits count; see Counters
//	MONEY      money that the budgets count
//	keys       (bucket) virtual keys of the gateway
//
// A question's way: Hear writes it to QUESTIONS and returns when it is on disk.
// Consume pulls it into the mailbox of its thread; one question of a thread
// runs at a time, threads run side by side. Before a question's handler is
// called its record is claimed by compare-and-set: who claims last is the only
// one who can save, so a worker that was cut off or frozen can do no harm. What
// the handler returns is turned into an acknowledgement, a return at a later
// time, or a dead letter. Whatever comes next is always stored before what was
// is acknowledged: a crash in between repeats a step, and never loses one.
//
// Waiting is done by pointers because the server does not let a stream that
// refuses messages when it is full hold scheduled ones too, and so that the
// question itself, and the secret it may carry, is stored in one place only.
package queue
