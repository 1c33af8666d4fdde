package e2e

import (
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"
)

// line is the network between a browser, or a client, and the server: a TCP
// proxy that can be cut, go silent, be late, and be mended.
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
	late            // bytes take up to lateMost, new connections as well
)

const lateMost = time.Second

// call is one connection over a line. Its flags are guarded by the line's mu.
type call struct {
	browser, server net.Conn
	spoilt          bool // bytes of it have vanished
	lost            bool // it stays as it is for ever, and carries nothing
	torn            bool // it ends in the middle of whatever it carries next
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
		go l.begin(browser)
	}
}

func (l *line) begin(browser net.Conn) {
	if l.is(late) {
		time.Sleep(rand.N(lateMost))
	}
	server, err := net.Dial("tcp", l.server)
	if err != nil || l.is(cut) {
		reset(browser)
		if err == nil {
			reset(server)
		}
		return
	}
	c := &call{browser: browser, server: server}
	l.mu.Lock()
	l.open[c] = true
	l.mu.Unlock()
	go l.carry(c, server, browser, dead)
	go l.carry(c, browser, server, dead, deaf)
}

func (l *line) is(state lineState) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state == state
}

// carry copies bytes in one direction; in some states they vanish.
func (l *line) carry(c *call, to, from net.Conn, lossy ...lineState) {
	b := make([]byte, 32<<10)
	vanish := false // once bytes have, what follows them must not arrive
	for {
		n, err := from.Read(b)
		if n > 0 && l.is(late) {
			time.Sleep(rand.N(lateMost))
		}
		l.mu.Lock()
		vanish = vanish || n > 0 && slices.Contains(lossy, l.state)
		c.spoilt = c.spoilt || vanish
		lost, torn := c.lost, c.torn
		l.mu.Unlock()
		switch {
		case lost && err != nil:
			return // and the other end will never know
		case lost || vanish:
		case torn && n > 0:
			to.Write(b[:rand.N(n)])
			err = io.ErrUnexpectedEOF
		case n > 0:
			if _, failed := to.Write(b[:n]); failed != nil {
				err = failed
			}
		}
		if err != nil {
			l.hangUp(c)
			return
		}
	}
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
		if state == cut || state == whole && c.spoilt && !c.lost {
			end = append(end, c)
		}
	}
	l.mu.Unlock()
	for _, c := range end {
		l.hangUp(c)
	}
}

// move is a switch of network: what was open is silent for ever at both ends,
// and new connections work.
func (l *line) move() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		c.lost = true
	}
}

// end ends what is open in good order, as a proxy does that was told to.
func (l *line) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		c.browser.(*net.TCPConn).CloseWrite()
	}
}

// tear resets what is open, in the middle of whatever it carries next.
func (l *line) tear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		c.torn = true
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
