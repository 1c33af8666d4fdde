package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"
)

// link is one connection to a server, over which lines come and go: as they
// are, or in WebSocket messages. It knows as much of RFC 6455 as the load
// generator needs, because whatever that burns the servers lack on the same
// cores: it reads many frames with one read and copies none.
type link struct {
	conn      net.Conn
	websocket bool
	buf       []byte // buf[from:to] is read and not yet received
	from, to  int
}

// The frames of RFC 6455, all of them final.
const (
	frameText  = 0x81
	frameClose = 0x88
	framePing  = 0x89
	framePong  = 0x8a
)

// A link's buffer has linkBytes at first and is doubled whenever one read has
// filled it, so that those of idle people stay small.
const linkBytes = 1 << 10

var errFrame = errors.New("not a frame that a server here sends")

// closedError is the code a WebSocket was closed with.
type closedError int

func (e closedError) Error() string { return fmt.Sprintf("closed with code %d", int(e)) }

// dial connects to a server. The other ends of 15,000 connections need more
// than one address to have ports enough; from chooses among several.
func dial(ctx context.Context, s *server, from int) (*link, error) {
	dialer := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+from%8))}}
	conn, err := dialer.DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return nil, err
	}
	return &link{conn: conn, websocket: s.websocket, buf: make([]byte, linkBytes)}, nil
}

// upgrade asks for a WebSocket at this path.
func (l *link) upgrade(host, path, cookie string) error {
	_, err := fmt.Fprintf(l.conn, "GET %s HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nCookie: %s\r\n"+
		"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n",
		path, host, host, cookie)
	for err == nil {
		if head, _, ok := bytes.Cut(l.buf[:l.to], []byte("\r\n\r\n")); ok {
			l.from = len(head) + 4
			if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
				status, _, _ := bytes.Cut(head, []byte("\r\n"))
				err = fmt.Errorf("no WebSocket: %s", status)
			}
			return err
		}
		err = l.fill()
	}
	return err
}

// fill reads once.
func (l *link) fill() error {
	if l.to == len(l.buf) {
		l.buf = append(l.buf, make([]byte, len(l.buf))...)
	}
	if l.from > 0 {
		l.to = copy(l.buf, l.buf[l.from:l.to])
		l.from = 0
	}
	n, err := l.conn.Read(l.buf[l.to:])
	l.to += n
	if n > 0 {
		return nil
	}
	return err
}

// receive waits for lines. They are valid until the next call.
func (l *link) receive() ([]byte, error) {
	for {
		kind, payload, size := l.peek()
		if size == 0 {
			if err := l.fill(); err != nil {
				return nil, err
			}
			continue
		}
		l.from += size
		switch kind {
		case frameText:
			return payload, nil
		case framePing:
			if _, err := l.conn.Write(appendFrame(nil, framePong, payload)); err != nil {
				return nil, err
			}
		case frameClose:
			code := 1005 // none was given
			if len(payload) >= 2 {
				code = int(binary.BigEndian.Uint16(payload))
			}
			return nil, closedError(code)
		case framePong:
		default:
			return nil, errFrame
		}
	}
}

// peek is the next whole frame and its size on the line; 0 if it has not
// arrived yet. Without WebSocket it is all whole lines.
func (l *link) peek() (kind byte, payload []byte, size int) {
	b := l.buf[l.from:l.to]
	if !l.websocket {
		size = bytes.LastIndexByte(b, '\n') + 1
		return frameText, b[:size], size
	}
	if len(b) < 2 {
		return 0, nil, 0
	}
	head, n := 2, int(b[1]) // a server masks nothing, so the high bit is 0
	switch {
	case n == 126 && len(b) >= 4:
		head, n = 4, int(binary.BigEndian.Uint16(b[2:]))
	case n == 127 && len(b) >= 10:
		head, n = 10, int(binary.BigEndian.Uint64(b[2:]))
	case n >= 126:
		return 0, nil, 0
	}
	if len(b) < head+n {
		return 0, nil, 0
	}
	return b[0], b[head : head+n], head + n
}

// frame appends lines to b as they go over this link.
func (l *link) frame(b, lines []byte) []byte {
	if !l.websocket {
		return append(b, lines...)
	}
	return appendFrame(b, frameText, lines)
}

// appendFrame appends a frame as clients send it. Its mask is four zeros, which
// saves masking; the server's work is the same.
func appendFrame(b []byte, kind byte, payload []byte) []byte {
	const masked = 0x80
	b = append(b, kind)
	switch n := len(payload); {
	case n < 126:
		b = append(b, masked|byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, masked|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, masked|127), uint64(n))
	}
	b = append(b, 0, 0, 0, 0)
	return append(b, payload...)
}

// reset drops the connection without a word, and leaves no port waiting.
func (l *link) reset() {
	l.conn.(*net.TCPConn).SetLinger(0)
	l.conn.Close()
}

// limit makes everything on this link fail that takes longer than d; 0 ends that.
func (l *link) limit(d time.Duration) {
	var t time.Time
	if d > 0 {
		t = time.Now().Add(d)
	}
	l.conn.SetDeadline(t)
}
