package main

import "testing"

func TestOwnPages(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		"00400000-01d04000 r-xp 00000000 fd:00 42     /usr/bin/tribune": true,
		"01d04000-045f3000 r--p 01904000 fd:00 42     /usr/bin/tribune": true,
		"045f3000-047a0000 rw-p 041f3000 fd:00 42     /usr/bin/tribune": false, // what was written would be lost
		"7f0000000000-7f0000021000 r--s 00000000 fd:00 7 /data/index/1": false, // not ours
		"c000000000-c004000000 rw-p 00000000 00:00 0":                   false,
		"045f3000-00400000 r--p 00000000 fd:00 42     /usr/bin/tribune": false,
		"zz-01d04000 r--p 00000000 fd:00 42           /usr/bin/tribune": false,
		"": false,
	} {
		from, size, ok := ownPages(line, "/usr/bin/tribune")
		if ok != want || ok && (from%4096 != 0 || size%4096 != 0 || size == 0) {
			t.Errorf("%q: %x %x %t", line, from, size, ok)
		}
	}
	trimProgram() // the test goes on afterwards
}
