package main

import (
	"runtime"
	"testing"
)

func TestMemoryBound(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		live, stacks uint64
		want         int64
	}{
		{0, 0, leastMemory},
		{10 << 20, 2 << 20, leastMemory},
		{100 << 20, 5 << 20, 205 << 20},
	} {
		if got := memoryBound(test.live, test.stacks); got != test.want {
			t.Errorf("%d and %d: %d", test.live, test.stacks, got)
		}
	}
	runtime.GC()
	if live, stacks := inUse(); live == 0 || stacks == 0 {
		t.Errorf("%d bytes alive, %d of stacks", live, stacks)
	}
}
