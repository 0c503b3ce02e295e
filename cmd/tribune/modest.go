package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// gcPercent collects garbage twice as often as Go does by itself: a server waits
// for models most of the time, and memory is what small machines lack. It costs
// some 5 % of the processor time of a gateway under full load.
const gcPercent = 50

// modest keeps the process small. GOGC in the environment is the operator's word
// and stays as it is.
func modest() {
	if os.Getenv("GOGC") == "" { //nolint:forbidigo // the Go runtime's own variable, which is no setting of ours
		debug.SetGCPercent(gcPercent)
	}
	runtime.MemProfileRate = 0 // nobody reads the profile, and its records take memory
}
