package e2e

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"mayfly/rooms"
	"mayfly/web"
)

// server is the real server on a real port, in this process.
type server struct {
	t        *testing.T
	registry *rooms.Registry
	http     *http.Server
	addr     string // 127.0.0.1:port
}

// newServer starts a server with limits that do not stand in the way of a test;
// change may set others.
func newServer(t *testing.T, change func(*rooms.Limits)) *server {
	t.Helper()
	requireChrome(t)
	limits := rooms.Limits{
		Lifetime:     time.Hour,
		Rooms:        100,
		Participants: 50,
		People:       1000,
		Connections:  500,
		MessageBytes: 16384,
		Argon2Memory: 1024, // the least there is: the tests wait for it
	}
	if change != nil {
		change(&limits)
	}
	registry := rooms.NewRegistry(limits)
	s := &server{t: t, registry: registry, http: web.NewServer(web.Options{
		Registry: registry,
		Log:      quietOrFail(t),
	}).HTTPServer()}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	var jobs sync.WaitGroup
	jobs.Go(func() { registry.Run(ctx) })
	jobs.Go(func() { s.http.Serve(listener) })
	t.Cleanup(func() {
		cancel()
		s.stop()
		jobs.Wait()
	})
	return s
}

// stop ends all rooms and takes the server off the network.
func (s *server) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	s.registry.Close(ctx)
	s.http.Close()
}

// acknowledged waits until everybody has acknowledged everything: nothing is
// held any more.
func (s *server) acknowledged() {
	s.t.Helper()
	waitFor(s.t, "all acknowledgements", func() bool { return s.registry.Stats().BufferBytes == 0 })
}

// local is the server's address on this computer, and insecure the one that the
// browser takes for plain http from elsewhere.
func (s *server) local() string    { return origin("localhost", s.addr) }
func (s *server) insecure() string { return origin(insecureHost, s.addr) }

// origin is host at the port of addr, over plain http.
func origin(host, addr string) string {
	_, port, _ := strings.Cut(addr, ":")
	return "http://" + host + ":" + port
}

// eachOrigin tells a story on localhost, which browsers trust, and on plain http
// from elsewhere, where they have no clipboard and send no Sec-Fetch headers.
func eachOrigin(t *testing.T, story func(t *testing.T, s *server, origin string)) {
	for _, c := range []struct {
		name   string
		origin func(*server) string
	}{{"localhost", (*server).local}, {"plain http", (*server).insecure}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, nil)
			story(t, s, c.origin(s))
		})
	}
}
