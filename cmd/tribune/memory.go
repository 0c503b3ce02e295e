package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// A server waits for models most of the time, and memory is what small machines
// lack. So garbage is collected when the process nears leastMemory, and not
// sooner: a gateway with 32 calls at a time lives within that at a third of the
// collections that GOGC=50 takes, and one with 256 stays within it as well, which
// GOGC=100 does not (`make speed`). Where more is really in use the bound follows.
const (
	gcPercent   = 200
	leastMemory = 38 << 20
	memoryEvery = time.Second
)

// modest keeps the process small. GOGC and GOMEMLIMIT in the environment are the
// operator's word: with either of them nothing is done here.
func modest() {
	runtime.MemProfileRate = 0 // nobody reads the profile, and its records take memory
	if !ownMemory() {
		return
	}
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(leastMemory)
}

func ownMemory() bool {
	return os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" //nolint:forbidigo // the Go runtime's own variables, which are no settings of ours
}

// followMemory moves the bound with what is in use, until ctx is done: a bound
// below that would have the process collect garbage all the time.
func followMemory(ctx context.Context) error {
	if !ownMemory() {
		return nil
	}
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			debug.SetMemoryLimit(memoryBound(inUse()))
		case <-ctx.Done():
			return nil
		}
	}
}

// inUse is what the last collection found alive, and the stacks, in bytes.
func inUse() (live, stacks uint64) {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	for i, to := range []*uint64{&live, &stacks} {
		if samples[i].Value.Kind() == metrics.KindUint64 {
			*to = samples[i].Value.Uint64()
		}
	}
	return live, stacks
}

// memoryBound leaves as much again for garbage as is alive, as Go does by
// itself.
func memoryBound(live, stacks uint64) int64 {
	return max(leastMemory, int64(2*live+stacks)) //nolint:gosec // far below 2^63
}
