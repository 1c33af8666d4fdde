package web

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/labstack/echo/v4"
)

// logBuffer is a log that a test reads while others write.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestAPanicIsLoggedWithoutWhatPeopleWrote injects panics whose values and
// requests hold a marker: before an answer, after it has begun, and in a
// socket.
func TestAPanicIsLoggedWithoutWhatPeopleWrote(t *testing.T) {
	const marker = "MARKER"
	var logged logBuffer
	s := newTestServer(t, func(s *setup) {
		s.options.Log = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	e := s.Server.handler.(*echo.Echo)
	e.POST("/panic/:where", func(c echo.Context) error { panic(marker + c.FormValue("x")) })
	e.POST("/late/:where", func(c echo.Context) error {
		c.String(http.StatusOK, "begun")
		panic(marker)
	})
	e.GET("/socket/:where", func(c echo.Context) error {
		if _, err := websocket.Accept(c.Response(), c.Request(), nil); err != nil {
			t.Error(err)
		}
		panic(marker)
	})
	e.GET("/abort", func(echo.Context) error { panic(http.ErrAbortHandler) })

	p := s.person(t)
	p.header = http.Header{"X-Marker": {marker}, "Cookie": {"mayfly=" + marker}, "User-Agent": {marker}}
	a := p.post("/panic/"+marker+"?q="+marker, "x", marker).want(t, 500)
	if !strings.Contains(a.body, "Something went wrong here") || strings.Contains(a.body, marker) || a.header.Get("Content-Security-Policy") == "" {
		t.Errorf("page: %s", a.body)
	}
	p.post("/late/"+marker, "x", marker).want(t, 200)
	ws, _, err := (&person{t: t, s: s, client: p.client, path: "/socket"}).dial("", nil) // adds /ws
	if err != nil {
		t.Fatal(err)
	}
	ws.CloseNow()
	if _, err := p.client.Do(p.request("GET", "/abort", nil)); err == nil {
		t.Error("an abort was answered")
	}
	// A socket's handler ends when it does, whatever its client waits for.
	for deadline := time.Now().Add(patience); strings.Count(logged.String(), "level=ERROR") < 3 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	got := logged.String()
	if n := strings.Count(got, "level=ERROR"); n != 3 || strings.Count(got, "panic of type string at mayfly/web.TestAPanic") != 3 {
		t.Errorf("%d errors in the log, want 3:\n%s", n, got)
	}
	for _, secret := range []string{marker, "127.0.0.1"} {
		if strings.Contains(got, secret) {
			t.Errorf("%q is in the log:\n%s", secret, got)
		}
	}
}

// TestNetHTTPComplainsToNobody lets net/http itself catch a panic, which it
// reports with the client's address and the panic's value.
func TestNetHTTPComplainsToNobody(t *testing.T) {
	const marker = "MARKER"
	var logged logBuffer
	s := newTestServer(t, func(s *setup) {
		s.options.Log = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
		s.http = func(srv *http.Server) {
			srv.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(marker) })
		}
	})
	if _, err := s.person(t).client.Get(s.url); err == nil {
		t.Error("a panic was answered")
	}
	for deadline := time.Now().Add(patience); logged.String() == "" && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	if got := logged.String(); !strings.Contains(got, "refused by net/http") || strings.Contains(got, marker) || strings.Contains(got, "127.0.0.1") || strings.Contains(got, "goroutine") {
		t.Errorf("log: %s", got)
	}
}
