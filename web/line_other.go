//go:build !unix

package web

import "syscall"

// writeFD never writes: the waiting way does all of it.
func writeFD(uintptr, []byte) (int, error) { return 0, syscall.EAGAIN }
