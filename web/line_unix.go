//go:build unix

package web

import "syscall"

// writeFD writes to a non-blocking descriptor; EAGAIN says that it takes nothing
// now.
func writeFD(fd uintptr, b []byte) (int, error) {
	for {
		n, err := syscall.Write(int(fd), b)
		if err != syscall.EINTR {
			return max(0, n), err
		}
	}
}
