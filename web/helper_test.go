package web

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"mayfly/rooms"
)

const (
	testPassword = "correct horse battery"
	patience     = 10 * time.Second // with what should come at once
)

// setup is what a test may change before its server starts.
type setup struct {
	limits  rooms.Limits
	options Options
	http    func(*http.Server)
	pipes   bool // connections are in-memory pipes, for synctest
}

// testServer is a server on a real listener.
type testServer struct {
	*Server
	url  string // http://host:port
	host string
	dial func() (net.Conn, error)
	stop func() // ends all rooms and the server, once

	mu      sync.Mutex
	clients []*http.Client
}

// newTestServer serves until the test ends, with generous limits and cheap
// hashing.
func newTestServer(t *testing.T, change ...func(*setup)) *testServer {
	t.Helper()
	set := setup{limits: rooms.Limits{
		Lifetime: time.Hour, Rooms: 1000, Participants: 200, People: 10_000, Connections: 5000,
		MessageBytes: 1024, Argon2Memory: 1024,
	}}
	for _, c := range change {
		c(&set)
	}
	reg := rooms.NewRegistry(set.limits)
	set.options.Registry = reg
	s := &testServer{Server: NewServer(set.options)}
	srv := s.HTTPServer()
	if set.http != nil {
		set.http(srv)
	}
	var listener net.Listener
	if set.pipes {
		p := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
		listener, s.dial, s.host = p, p.dial, "mayfly.test"
	} else {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener, s.host = l, l.Addr().String()
		s.dial = func() (net.Conn, error) { return net.Dial("tcp", s.host) }
	}
	s.url = "http://" + s.host
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { reg.Run(ctx) })
	running.Go(func() { srv.Serve(listener) })
	s.stop = sync.OnceFunc(func() {
		wiping, done := context.WithTimeout(context.Background(), 2*time.Second)
		defer done()
		reg.Close(wiping)
		srv.Close()
		cancel()
		running.Wait()
	})
	t.Cleanup(s.stop)
	return s
}

// newClient is a browser's HTTP: it keeps cookies, and shows redirects as they
// are.
func (s *testServer) newClient(t *testing.T) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{
		DialContext:        func(context.Context, string, string) (net.Conn, error) { return s.dial() },
		DisableCompression: true,
	}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{
		Transport: transport, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients = append(s.clients, client)
	return client
}

// pipeListener connects client and server in memory.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) dial() (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error { l.once.Do(func() { close(l.closed) }); return nil }
func (l *pipeListener) Addr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}
}

// answer is a response, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request and reads its answer.
func do(t *testing.T, client *http.Client, req *http.Request) answer {
	t.Helper()
	resp, err := client.Do(req)
	if err != nil {
		t.Fatalf("%s: %v", req.Method, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: reading the answer: %v", req.Method, req.URL.Path, err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

func (a answer) want(t *testing.T, status int) answer {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d; %.300q", a.status, status, strings.Join(strings.Fields(a.body), " "))
	}
	return a
}

// person is somebody with a browser.
type person struct {
	t      *testing.T
	s      *testServer
	client *http.Client
	path   string // of the room, once there is one
	header http.Header
}

func (s *testServer) person(t *testing.T) *person {
	return &person{t: t, s: s, client: s.newClient(t), header: http.Header{}}
}

func (p *person) request(method, path string, body io.Reader) *http.Request {
	p.t.Helper()
	req, err := http.NewRequest(method, p.s.url+path, body)
	if err != nil {
		p.t.Fatal(err)
	}
	for name, values := range p.header {
		req.Header[name] = values
	}
	return req
}

func (p *person) get(path string) answer {
	p.t.Helper()
	return do(p.t, p.client, p.request("GET", path, nil))
}

// post sends a form of names and values, in this order.
func (p *person) post(path string, fields ...string) answer {
	p.t.Helper()
	return p.postBody(path, "application/x-www-form-urlencoded", encodeForm(fields...))
}

func encodeForm(fields ...string) string {
	var pairs []string
	for i := 0; i < len(fields); i += 2 {
		pairs = append(pairs, url.QueryEscape(fields[i])+"="+url.QueryEscape(fields[i+1]))
	}
	return strings.Join(pairs, "&")
}

func (p *person) postBody(path, contentType, body string) answer {
	p.t.Helper()
	req := p.request("POST", path, strings.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	return do(p.t, p.client, req)
}

// create opens a room as alias and stays in it.
func (p *person) create(alias string, fields ...string) *person {
	p.t.Helper()
	a := p.post("/rooms", append([]string{"alias", alias, "room", "kitchen", "password", testPassword}, fields...)...)
	a.want(p.t, http.StatusSeeOther)
	p.path = a.header.Get("Location")
	return p
}

// join enters the room at path.
func (p *person) join(path, alias string) *person {
	p.t.Helper()
	p.post(path+"/join", "alias", alias, "password", testPassword).want(p.t, http.StatusSeeOther)
	p.path = path
	return p
}

// cookie is the person's session in the room at path, or "".
func (p *person) cookie(path string) string {
	u, _ := url.Parse(p.s.url + path)
	for _, c := range p.client.Jar.Cookies(u) {
		if c.Name == "mayfly" {
			return c.Value
		}
	}
	return ""
}

// room is the room the person is in, seen from inside the server.
func (p *person) room() *rooms.Room {
	p.t.Helper()
	r, err := p.s.registry.Get(strings.TrimPrefix(p.path, "/r/"))
	if err != nil {
		p.t.Fatalf("the room: %v", err)
	}
	return r
}

// object is one object of the wire as a stranger's client reads it.
type wireObject map[string]any

func parseWire(line []byte) (o wireObject, err error) { return o, json.Unmarshal(line, &o) }

func (o wireObject) seq() uint64 { n, _ := o["seq"].(float64); return uint64(n) }
func (o wireObject) text(field string) string {
	s, _ := o[field].(string)
	return s
}

// tab is an open WebSocket. It reads all the time and keeps what came.
type tab struct {
	t  *testing.T
	ws *websocket.Conn

	objects chan wireObject // closed when the connection is over
	err     error           // why; to be read after objects is closed

	welcome wireObject
	you     string
}

func (p *person) dial(query string, header http.Header) (*websocket.Conn, *http.Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return websocket.Dial(ctx, "ws"+strings.TrimPrefix(p.s.url, "http")+p.path+"/ws"+query,
		&websocket.DialOptions{HTTPClient: p.client, HTTPHeader: header})
}

// open opens the room's socket and reads the welcome.
func (p *person) open(after ...uint64) *tab {
	p.t.Helper()
	query := ""
	if len(after) > 0 {
		query = fmt.Sprint("?after=", after[0])
	}
	return p.openAt(query)
}

func (p *person) openAt(query string) *tab {
	p.t.Helper()
	ws, _, err := p.dial(query, nil)
	if err != nil {
		p.t.Fatalf("opening the socket: %v", err)
	}
	return newTab(p.t, ws)
}

func newTab(t *testing.T, ws *websocket.Conn) *tab {
	t.Helper()
	k := &tab{t: t, ws: ws, objects: make(chan wireObject, 100_000)}
	ws.SetReadLimit(-1)
	t.Cleanup(func() { ws.CloseNow() })
	go func() {
		defer close(k.objects)
		for {
			var frame []byte
			if _, frame, k.err = ws.Read(context.Background()); k.err != nil {
				return
			}
			for line := range bytes.Lines(frame) {
				o, err := parseWire(line)
				if err != nil {
					k.err = fmt.Errorf("not an object: %.100q", line)
					return
				}
				k.objects <- o
			}
		}
	}()
	k.welcome = k.next()
	if k.welcome.text("type") != "welcome" {
		t.Errorf("first object is %v, want a welcome", k.welcome)
	}
	k.you = k.welcome.text("you")
	return k
}

// next is the next object of any type.
func (k *tab) next() wireObject {
	k.t.Helper()
	select {
	case o, ok := <-k.objects:
		if !ok {
			k.t.Fatalf("the connection is over: %v", k.err)
		}
		return o
	case <-time.After(patience):
		k.t.Fatalf("nothing came")
	}
	return nil
}

// expect is the next object, passing states and leases aside, which must be of
// this type. A passing type is waited for, whatever else comes.
func (k *tab) expect(kind string) wireObject {
	k.t.Helper()
	for {
		o := k.next()
		switch got := o.text("type"); {
		case got == kind:
			return o
		case passingTypes[kind], passingTypes[got] && o["seq"] == nil, got == "seen":
		default:
			k.t.Fatalf("got %v, want type %q", o, kind)
		}
	}
}

var passingTypes = map[string]bool{"presence": true, "typing": true, "lease": true, "seen": true}

// say sends objects, one per line, as one frame.
func (k *tab) say(objects ...string) {
	k.t.Helper()
	k.frame(websocket.MessageText, []byte(strings.Join(objects, "\n")))
}

func (k *tab) frame(kind websocket.MessageType, frame []byte) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := k.ws.Write(ctx, kind, frame); err != nil {
		k.t.Fatalf("writing: %v", err)
	}
}

// ping wants a ping answered.
func (k *tab) ping() {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := k.ws.Ping(ctx); err != nil {
		k.t.Errorf("ping: %v", err)
	}
}

// send sends a message and waits for its confirmation.
func (k *tab) send(id, html string) wireObject {
	k.t.Helper()
	k.say(sendObject(id, html))
	for {
		if o := k.expect("message"); o.text("id") == id && o.text("from") == k.you {
			return o
		}
	}
}

func sendObject(id, html string) string {
	b, _ := json.Marshal(map[string]string{"type": "send", "id": id, "html": html})
	return string(b)
}

func ackObject(seq uint64) string { return fmt.Sprintf(`{"type":"ack","seq":%d}`, seq) }

// code waits for the end of the connection and is its close code.
func (k *tab) code() int {
	k.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case _, ok := <-k.objects:
			if !ok {
				return int(websocket.CloseStatus(k.err))
			}
		case <-timeout:
			k.t.Fatal("the connection goes on")
		}
	}
}

// ended waits for the last object and confirms that the screen is wiped.
func (k *tab) ended(cause string, code int) {
	k.t.Helper()
	o := k.next()
	for o.text("type") != "ended" {
		o = k.next()
	}
	if o.text("cause") != cause {
		k.t.Errorf("cause %v, want %s", o, cause)
	}
	k.say(`{"type":"wiped"}`)
	for o := range k.objects {
		k.t.Errorf("after ended came %v", o)
	}
	if got := int(websocket.CloseStatus(k.err)); got != code {
		k.t.Errorf("close code %d (%v), want %d", got, k.err, code)
	}
}

// raw is a WebSocket made by hand.
type raw struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

// raw opens the room's socket by hand.
func (p *person) raw() *raw {
	p.t.Helper()
	conn, err := p.s.dial()
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(3 * patience))
	fmt.Fprintf(conn, "GET %s/ws HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nCookie: mayfly=%s\r\n\r\n",
		p.path, p.s.host, p.cookie(p.path))
	w := &raw{p.t, conn, bufio.NewReader(conn)}
	resp, err := http.ReadResponse(w.r, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		p.t.Fatalf("handshake: %v, %v", resp, err)
	}
	return w
}

// Opcodes of RFC 6455, section 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// frameBytes is a masked frame.
func frameBytes(fin bool, opcode byte, payload []byte) []byte {
	b := []byte{opcode, 0x80}
	if fin {
		b[0] |= 0x80
	}
	switch n := len(payload); {
	case n < 126:
		b[1] |= byte(n)
	case n < 1<<16:
		b[1] |= 126
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b[1] |= 127
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	var mask [4]byte
	rand.Read(mask[:])
	b = append(b, mask[:]...)
	for i, c := range payload {
		b = append(b, c^mask[i%4])
	}
	return b
}

func (w *raw) write(b []byte) {
	w.t.Helper()
	if _, err := w.conn.Write(b); err != nil {
		w.t.Fatalf("raw write: %v", err)
	}
}

// read is the next frame, or an error when the connection is over.
func (w *raw) read() (opcode byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(w.r, head[:]); err != nil {
		return 0, nil, err
	}
	n := uint64(head[1])
	switch n {
	case 126:
		var b [2]byte
		io.ReadFull(w.r, b[:])
		n = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		var b [8]byte
		io.ReadFull(w.r, b[:])
		n = binary.BigEndian.Uint64(b[:])
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(w.r, payload)
	return head[0] & 0xF, payload, err
}

// until reads frames until one has this opcode and contains part; a close
// frame's payload starts with its code.
func (w *raw) until(opcode byte, part string) []byte {
	w.t.Helper()
	for {
		op, payload, err := w.read()
		if err != nil {
			w.t.Fatalf("waiting for opcode %d with %q: %v", opcode, part, err)
		}
		if op == opcode && bytes.Contains(payload, []byte(part)) {
			return payload
		}
	}
}

// code waits for the close frame and is its code; 0 if the line was reset.
func (w *raw) code() int {
	w.t.Helper()
	for {
		op, payload, err := w.read()
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			w.t.Fatal("the connection goes on")
		case err != nil:
			return 0
		case op == opClose && len(payload) >= 2:
			return int(binary.BigEndian.Uint16(payload))
		}
	}
}

// goroutines is how many run besides those of idle HTTP connections, once those
// that are ending have ended.
func (s *testServer) goroutines() int {
	s.mu.Lock()
	for _, c := range s.clients {
		c.CloseIdleConnections()
	}
	s.mu.Unlock()
	for n := runtime.NumGoroutine(); ; {
		time.Sleep(50 * time.Millisecond)
		now := runtime.NumGoroutine()
		if now >= n {
			return n
		}
		n = now
	}
}

// waitFor waits until what is so, or fails.
func waitFor(t *testing.T, what string, isSo func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !isSo(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// nothingStays waits until the registry counts nothing and as many goroutines
// run as before.
func nothingStays(t *testing.T, s *testServer, before int) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		stats, now := s.registry.Stats(), s.goroutines()
		if stats == (rooms.Stats{}) && now <= before {
			return
		}
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Fatalf("left behind: %+v, %d goroutines, %d before\n%s", stats, now, before, buf[:runtime.Stack(buf, true)])
		}
	}
}
