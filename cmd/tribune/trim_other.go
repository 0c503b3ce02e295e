//go:build !linux

package main

// trimProgram does nothing where the kernel's advice is another.
func trimProgram() {}
