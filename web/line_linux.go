package web

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// giveUpAfter has the kernel give a connection up that has acknowledged nothing
// for d.
func giveUpAfter(conn *net.TCPConn, d time.Duration) {
	if raw, err := conn.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) {
			unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d/time.Millisecond))
		})
	}
}
