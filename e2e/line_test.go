package e2e

import (
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
)

// line is the network between a browser and the server: a TCP proxy that can
// be cut, go silent, and be mended.
type line struct {
	listener net.Listener
	server   string

	mu    sync.Mutex
	state lineState
	open  map[*call]bool
}

type lineState int

const (
	whole lineState = iota
	cut             // connections are reset, new ones too
	dead            // bytes vanish in both directions, silently
	deaf            // what the server says vanishes; the browser is still heard
)

// call is one connection over a line.
type call struct {
	browser, server net.Conn
	spoilt          bool // bytes of it have vanished
}

func newLine(t *testing.T, s *server) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{listener: listener, server: s.addr, open: map[*call]bool{}}
	go l.accept()
	t.Cleanup(func() {
		listener.Close()
		l.become(cut)
	})
	return l
}

// local is the address at which the browser finds the server over this line.
func (l *line) local() string { return origin("localhost", l.listener.Addr().String()) }

func (l *line) accept() {
	for {
		browser, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.mu.Lock()
		state := l.state
		l.mu.Unlock()
		if state == cut {
			reset(browser)
			continue
		}
		server, err := net.Dial("tcp", l.server)
		if err != nil {
			reset(browser)
			continue
		}
		c := &call{browser: browser, server: server}
		l.mu.Lock()
		l.open[c] = true
		l.mu.Unlock()
		go l.carry(c, server, browser, cut, dead)
		go l.carry(c, browser, server, cut, dead, deaf)
	}
}

// carry copies bytes in one direction; in some states they vanish.
func (l *line) carry(c *call, to, from net.Conn, lossy ...lineState) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if n > 0 {
			l.mu.Lock()
			for _, state := range lossy {
				c.spoilt = c.spoilt || l.state == state
			}
			vanish := false
			for _, state := range lossy {
				vanish = vanish || l.state == state
			}
			l.mu.Unlock()
			if !vanish {
				if _, err := to.Write(b[:n]); err != nil {
					break
				}
			}
		}
		if err != nil {
			break
		}
	}
	l.hangUp(c)
}

func (l *line) hangUp(c *call) {
	l.mu.Lock()
	delete(l.open, c)
	l.mu.Unlock()
	reset(c.browser)
	reset(c.server)
}

// become changes the state of the line. A call that has lost bytes does not
// survive the mending: no network goes on in the middle of a stream.
func (l *line) become(state lineState) {
	l.mu.Lock()
	l.state = state
	var end []*call
	for c := range l.open {
		if state == cut || state == whole && c.spoilt {
			end = append(end, c)
		}
	}
	l.mu.Unlock()
	for _, c := range end {
		l.hangUp(c)
	}
}

func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

// withoutCookies is a server as a browser meets it that keeps none: a proxy
// that takes every Cookie header away.
func withoutCookies(t *testing.T, s *server) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target := &url.URL{Scheme: "http", Host: s.addr}
	proxy := &http.Server{Handler: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		r.Out.Header.Del("Cookie")
	}}}
	go proxy.Serve(listener)
	t.Cleanup(func() { proxy.Close() })
	return origin("localhost", listener.Addr().String())
}
