// Package e2e tells stories that people live, in a real browser against the
// real server: what the promises of design.md mean on a screen.
//
// It needs Chromium; MAYFLY_CHROMIUM names another binary than the first one
// found. Without a browser the tests fail: a promise that nobody looked at is
// not kept.
package e2e

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Hosts that exist only in the tests' browser. All of them are this computer,
// but the browser does not know: a page from them is plain http from elsewhere.
const (
	insecureHost  = "mayfly.test"
	elsewhereHost = "elsewhere.test" // media from elsewhere, answered by the test
	thirdHost     = "third.test"     // where elsewhere redirects to
)

// chrome is the one browser process of the test binary. Everybody in a story
// has a browser context of their own in it: cookies, cache and storage apart.
var chrome struct {
	ctx  context.Context
	trap *trap
	err  error
}

func TestMain(m *testing.M) {
	os.Exit(func() int {
		stop := startChrome()
		defer stop()
		return m.Run()
	}())
}

func startChrome() (stop func()) {
	path, err := chromePath()
	if err != nil {
		chrome.err = err
		return func() {}
	}
	if chrome.trap, err = newTrap(); err != nil {
		chrome.err = err
		return func() {}
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path),
		chromedp.Headless,
		chromedp.NoSandbox,
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-default-apps", true),
		chromedp.Flag("disable-extensions", true),
		chromedp.Flag("disable-breakpad", true),
		chromedp.Flag("disable-features", "Translate,MediaRouter,OptimizationHints,AutofillServerCommunication"),
		// Everybody's window counts as seen, although only one can be in front.
		chromedp.Flag("disable-background-timer-throttling", true),
		chromedp.Flag("disable-backgrounding-occluded-windows", true),
		chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("password-store", "basic"),
		// Whatever host a page might ask, it is here: the known ones answer, what
		// Chromium asks for by itself finds nobody (also where it opens a second
		// connection and says nothing), and all others are the trap.
		chromedp.Flag("host-resolver-rules", fmt.Sprintf(
			"MAP localhost 127.0.0.1,MAP %s 127.0.0.1,MAP %s 127.0.0.1,MAP %s 127.0.0.1,"+
				"MAP *.google.com ^NOTFOUND,MAP *.googleapis.com ^NOTFOUND,MAP *.gstatic.com ^NOTFOUND,MAP *.gvt1.com ^NOTFOUND,"+
				"MAP * %s,EXCLUDE 127.0.0.1",
			insecureHost, elsewhereHost, thirdHost, chrome.trap.addr())),
	)
	ctx, cancel := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		chrome.err = fmt.Errorf("Chromium at %s does not start: %w", path, err)
	}
	chrome.ctx = ctx
	return func() {
		cancel()
		stopAllocator()
	}
}

func chromePath() (string, error) {
	if path := os.Getenv("MAYFLY_CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("the browser tests need Chromium: install it (apt install chromium) or name the binary in MAYFLY_CHROMIUM")
}

// trap takes every connection the browser makes to a host that no test serves.
type trap struct {
	listener net.Listener
	mu       sync.Mutex
	caught   []string
}

func newTrap() (*trap, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	tr := &trap{listener: listener}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go tr.note(conn)
		}
	}()
	return tr, nil
}

func (tr *trap) addr() string { return tr.listener.Addr().String() }

// note remembers which host a connection is for: from the greeting of TLS, or
// from the request.
func (tr *trap) note(conn net.Conn) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	reader := bufio.NewReader(conn)
	host := ""
	if first, err := reader.Peek(1); err != nil {
		host = "nobody, and said nothing"
	} else if first[0] == tlsHandshake {
		tls.Server(peekedConn{conn, reader}, &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			host = "https://" + hello.ServerName
			return nil, errors.New("this is a trap")
		}}).Handshake()
	} else if r, err := http.ReadRequest(reader); err == nil {
		host = r.Method + " http://" + r.Host + r.URL.Path
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.caught = append(tr.caught, host)
}

const tlsHandshake = 0x16 // the first byte of a TLS connection

// peekedConn reads what was peeked at again.
type peekedConn struct {
	net.Conn
	reader *bufio.Reader
}

func (c peekedConn) Read(b []byte) (int, error) { return c.reader.Read(b) }

func (tr *trap) list() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(tr.caught)))
}

// requireChrome fails the test if there is no browser to see it with.
func requireChrome(t *testing.T) {
	t.Helper()
	if chrome.err != nil {
		t.Fatal(chrome.err)
	}
}
