package web

import (
	"bufio"
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// writeStall is how long a line may take nothing at all before it is given
	// up. One that takes a little now and then is slow, not dead. Filling what the
	// kernel holds takes time as well, and 5 s after a reader has stopped all is over.
	writeStall = 4 * time.Second

	// sendBuffer is what the kernel is asked to hold for a reader that does not
	// read (it doubles it); left to itself it takes up to 4 MiB.
	sendBuffer = 64 << 10

	// readBuffer is what a line reads ahead; what browsers send at rest is an ack of
	// 40 bytes. Package websocket's own buffers are as small as they can be: it
	// writes control frames alone, which have 127 bytes at most (RFC 6455, section
	// 5.5), and writes them whole.
	readBuffer    = 256
	libraryReads  = 16
	libraryWrites = 128
)

// line is the network connection of one socket. Whatever is written to it, by us
// or by package websocket, is written whole under its lock, so that frames never
// mix. Who must not wait uses tryLock and writeNow.
type line struct {
	net.Conn
	raw  syscall.RawConn // to write without waiting; nil if that cannot be
	idle func()          // called when the line is free, after a tryLock that failed

	// Of the reader: what has been read ahead, by net/http or into buffer, and who
	// is told of an answered ping.
	ahead    []byte
	buffer   [readBuffer]byte
	library  *bufio.Reader // of package websocket, from this line
	answered func()

	waiting atomic.Bool // the reader waits for a frame to begin
	stopped atomic.Bool // it must not any more

	mu      sync.Mutex
	wanted  atomic.Bool // a tryLock has failed
	closing atomic.Bool // there is closeWait left, whatever the line takes
	lost    atomic.Bool // we gave it up
	broken  atomic.Bool // nothing more will arrive
	heard   atomic.Bool // something has arrived

	// Guarded by mu: what attempt has to write.
	attempt func(fd uintptr) bool
	rest    []byte
	failed  error
}

// newLine makes a line of a connection of which this much has been read already.
func newLine(conn net.Conn, ahead []byte) *line {
	l := &line{Conn: conn, ahead: ahead, idle: func() {}}
	if tcp := l.tcp(); tcp != nil {
		tcp.SetWriteBuffer(sendBuffer)
		l.raw, _ = tcp.SyscallConn()
	}
	l.attempt = func(fd uintptr) bool {
		for len(l.rest) > 0 {
			n, err := writeFD(fd, l.rest)
			if err != nil {
				l.failed = err
				break
			}
			l.rest = l.rest[n:]
		}
		return true // never to be waited for
	}
	return l
}

func (l *line) tcp() *net.TCPConn { return tcpBelow(l.Conn) }

// connKey is where a request's context has its connection.
type connKey struct{}

func withConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// boundSending bounds what the kernel holds for a stream whose reader does not
// read, and how long it waits for a reader that is silent.
func boundSending(r *http.Request) {
	conn, _ := r.Context().Value(connKey{}).(net.Conn)
	if tcp := tcpBelow(conn); tcp != nil {
		tcp.SetWriteBuffer(sendBuffer)
		giveUpAfter(tcp, 2*leaseEvery)
	}
}

// tcpBelow is the TCP connection below whatever wraps it, or nil.
func tcpBelow(conn net.Conn) *net.TCPConn {
	for {
		switch c := conn.(type) {
		case *net.TCPConn:
			return c
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}

// Read gives what was read ahead, then what the line brings.
func (l *line) Read(b []byte) (n int, err error) {
	if len(l.ahead) == 0 {
		if len(b) >= len(l.buffer) {
			return l.receive(b)
		}
		if err := l.fill(); err != nil {
			return 0, err
		}
	}
	n = copy(b, l.ahead)
	l.ahead = l.ahead[n:]
	return n, nil
}

func (l *line) fill() error {
	n, err := l.receive(l.buffer[:])
	l.ahead = l.buffer[:n]
	return err
}

func (l *line) receive(b []byte) (n int, err error) {
	n, err = l.Conn.Read(b)
	if n > 0 && !l.heard.Load() {
		l.heard.Store(true)
	}
	if n == 0 && err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		l.broken.Store(true)
	}
	return n, err
}

// await waits between two frames until another begins, and takes the answers to
// pings on the way: package websocket would make two contexts and a timer of
// each, four fifths of all garbage of people who are silent. stop ends it.
func (l *line) await() error {
	l.waiting.Store(true)
	defer l.waiting.Store(false)
	for {
		for n := pongLength(l.ahead); n > 0; n = pongLength(l.ahead) {
			l.ahead = l.ahead[n:]
			l.answered()
		}
		if len(l.ahead) > 0 {
			return nil
		}
		if l.stopped.Load() {
			return os.ErrDeadlineExceeded
		}
		if err := l.fill(); err != nil {
			return err
		}
	}
}

// drained reports whether nothing is left of what has been read ahead.
func (l *line) drained() bool { return len(l.ahead) == 0 && l.library.Buffered() == 0 }

// stop ends await, now and in future.
func (l *line) stop() {
	l.stopped.Store(true)
	if l.waiting.Load() {
		l.Conn.SetReadDeadline(time.Now())
	}
}

// Write writes b whole; it waits while the line takes some of it now and then.
func (l *line) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.unlock()
	rest, err := l.writeNow(b)
	if err == nil {
		err = l.finish(rest)
	}
	if err != nil {
		return 0, err
	}
	return len(b), nil
}

// tryLock takes the lock if that needs no waiting. If not, idle will be called.
func (l *line) tryLock() bool {
	if l.mu.TryLock() {
		return true
	}
	l.wanted.Store(true)
	return l.mu.TryLock() // or whoever has it will see that it is wanted
}

func (l *line) unlock() {
	l.mu.Unlock()
	if l.wanted.Swap(false) {
		l.idle()
	}
}

// writeNow writes what the line takes at once and returns the rest, which
// finish has to write before the lock is given back. The lock must be held.
//
// It costs 3 µs for 200 bytes on loopback, nearly all of it the kernel's; a
// Write of package net with a deadline for each call costs 0.5 µs more.
func (l *line) writeNow(b []byte) (rest []byte, err error) {
	if l.raw == nil {
		return b, nil
	}
	l.rest, l.failed = b, nil
	err = l.raw.Write(l.attempt)
	rest, l.rest = l.rest, nil
	if err == nil && !errors.Is(l.failed, syscall.EAGAIN) {
		err = l.failed
	}
	return rest, err
}

// finish writes the rest of a frame, waiting. The lock must be held.
func (l *line) finish(rest []byte) error {
	if len(rest) == 0 {
		return nil
	}
	for {
		wait := writeStall
		if l.closing.Load() {
			wait = closeWait
		}
		l.Conn.SetWriteDeadline(time.Now().Add(wait))
		n, err := l.Conn.Write(rest)
		if err == nil {
			l.Conn.SetWriteDeadline(time.Time{})
			return nil
		}
		rest = rest[n:]
		if n == 0 || l.closing.Load() || !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
	}
}

// SetReadDeadline is for who reads a frame; closeSoon has the last word.
func (l *line) SetReadDeadline(t time.Time) error {
	if l.closing.Load() {
		return nil
	}
	return l.Conn.SetReadDeadline(t)
}

// closeSoon leaves the line closeWait for whatever is being written and read.
func (l *line) closeSoon() {
	if !l.closing.Swap(true) {
		l.Conn.SetDeadline(time.Now().Add(closeWait))
	}
}

// reset gives the line up: what it has not taken is dropped.
func (l *line) reset() {
	l.lost.Store(true)
	if tcp := l.tcp(); tcp != nil {
		tcp.SetLinger(0)
	}
	l.Conn.Close()
}

// hijacker hands package websocket a line in place of the connection that
// net/http gives away, with small buffers.
type hijacker struct {
	http.ResponseWriter
	line *line
}

// WriteHeader leaves of the headers that every answer has only what a handshake
// needs: no document comes of it, and they would cost 5 % of a resume.
func (h *hijacker) WriteHeader(status int) {
	if status == http.StatusSwitchingProtocols {
		maps.DeleteFunc(h.Header(), func(name string, _ []string) bool {
			return name != "Upgrade" && name != "Connection" && !strings.HasPrefix(name, "Sec-Websocket-")
		})
	}
	h.ResponseWriter.WriteHeader(status)
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	ahead := make([]byte, rw.Reader.Buffered())
	rw.Reader.Read(ahead)
	h.line = newLine(conn, ahead)
	h.line.library = bufio.NewReaderSize(h.line, libraryReads)
	return h.line, bufio.NewReadWriter(h.line.library, bufio.NewWriterSize(h.line, libraryWrites)), nil
}
