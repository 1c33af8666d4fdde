//go:build !unix

package main

// eraseFreedMemory needs a system on which a program can replace itself.
func eraseFreedMemory() {}
