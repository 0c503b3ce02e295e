package main

import (
	"bufio"
	"math/bits"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// trimProgram gives back the pages of the program's own file that starting up
// has touched: of some 70 MB of code and tables a running server needs a part,
// which the kernel maps again, out of its cache, as it is used. Only pages that
// nobody can write to are given back: they hold what the file holds.
func trimProgram() {
	self, err := os.Executable()
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer func() { _ = maps.Close() }() // only read
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		if from, size, ok := ownPages(lines.Text(), self); ok {
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, from, size, syscall.MADV_DONTNEED)
		}
	}
}

// ownPages reads a line of /proc/self/maps; false for one that is not a
// read-only part of the program's file.
func ownPages(line, self string) (from, size uintptr, ok bool) {
	f := strings.Fields(line)
	if len(f) < 6 || f[5] != self || !strings.HasPrefix(f[1], "r") || f[1][1] == 'w' {
		return 0, 0, false
	}
	low, high, _ := strings.Cut(f[0], "-")
	a, err1 := strconv.ParseUint(low, 16, bits.UintSize)
	b, err2 := strconv.ParseUint(high, 16, bits.UintSize)
	return uintptr(a), uintptr(b - a), err1 == nil && err2 == nil && b > a
}
