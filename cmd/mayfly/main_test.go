package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

const (
	password = "correct horse battery"
	patience = 10 * time.Second
)

// TestMain lets the test binary be mayfly itself, in a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("MAYFLY_TEST_IS_MAYFLY") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// output is what a server prints, read while it writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// here waits for the start line and is the address in it.
func (o *output) here(t *testing.T) string {
	t.Helper()
	pattern := regexp.MustCompile(`here: +(http://\S+)\n[^$]*Ctrl\+C`)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if m := pattern.FindStringSubmatch(o.String()); m != nil {
			return m[1]
		}
	}
	t.Fatalf("no start line: %q", o.String())
	return ""
}

// noEnv is an empty environment.
func noEnv(string) string { return "" }

// start runs a server; stop ends it and returns its error.
func start(t *testing.T, args ...string) (here string, out, errOut *output, stop func() error) {
	t.Helper()
	out, errOut = &output{}, &output{}
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() {
		result <- run(ctx, append([]string{"-listen", "127.0.0.1:0", "-argon2-memory", "1024"}, args...), noEnv, out, errOut)
	}()
	stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-result:
			return err
		case <-time.After(patience):
			return errors.New("run goes on")
		}
	})
	t.Cleanup(func() { stop() })
	return out.here(t), out, errOut, stop
}

// browser keeps cookies and shows redirects as they are.
func browser(t *testing.T) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: transport, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// create opens a room and is its address.
func create(t *testing.T, b *http.Client, here string) string {
	t.Helper()
	resp, err := b.PostForm(here+"/rooms", url.Values{"alias": {"Ana"}, "room": {"kitchen"}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("creating a room: %s", resp.Status)
	}
	return here + resp.Header.Get("Location")
}

func open(t *testing.T, b *http.Client, room string) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(room, "http")+"/ws", &websocket.DialOptions{HTTPClient: b})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.CloseNow() })
	return ws
}

// wipe confirms the end when it comes, and is the close code.
func wipe(t *testing.T, ws *websocket.Conn, cause string) websocket.StatusCode {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ended := false
	for {
		_, frame, err := ws.Read(ctx)
		if err != nil {
			if !ended {
				t.Errorf("never ended: %v", err)
			}
			return websocket.CloseStatus(err)
		}
		if strings.Contains(string(frame), `{"type":"ended","cause":"`+cause+`"}`) {
			ended = true
			ws.Write(ctx, websocket.MessageText, []byte(`{"type":"wiped"}`))
		}
	}
}

func get(t *testing.T, address string) (status int, body string) {
	t.Helper()
	resp, err := browser(t).Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

func TestItRunsAndSaysWhere(t *testing.T) {
	here, out, errOut, stop := start(t)
	if status, body := get(t, here+"/healthz"); status != 200 || body != "ok\n" {
		t.Errorf("%d %q", status, body)
	}
	if status, body := get(t, here+"/"); status != 200 || !strings.Contains(body, "Create room") {
		t.Errorf("%d %q", status, body)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if !strings.HasSuffix(out.String(), "Mayfly has stopped. All rooms are gone.\n") || errOut.String() != "" {
		t.Errorf("printed %q and %q", out, errOut)
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(here, "http://")); err == nil {
		t.Error("it still listens")
	}
}

func TestTheStartLineNamesTheBaseURL(t *testing.T) {
	_, out, _, _ := start(t, "-base-url", "https://chat.example")
	if !strings.Contains(out.String(), "everywhere:               https://chat.example\n") || strings.Contains(out.String(), "set -base-url") {
		t.Errorf("printed %q", out)
	}
	_, out, _, _ = start(t, "-trusted-proxies", "127.0.0.1")
	if !strings.Contains(out.String(), "set -base-url") {
		t.Errorf("printed %q", out)
	}
}

func TestWrongSettingsStopTheStart(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for _, c := range []struct {
		args []string
		env  map[string]string
		says string
	}{
		{[]string{"-max-rooms", "many"}, nil, "flag -max-rooms"},
		{[]string{"-lifetime", "2h"}, nil, "flag -lifetime"},
		{[]string{"-debug-listen", "0.0.0.0:6060"}, nil, "flag -debug-listen"},
		{nil, map[string]string{"MAYFLY_JOIN_RATE": "-1"}, "environment variable MAYFLY_JOIN_RATE"},
		{[]string{"-colour", "red"}, nil, "colour"},
		{[]string{"serve"}, nil, "serve"},
		{[]string{"healthcheck", "-listen", "nowhere"}, nil, "flag -listen"},
		{[]string{"-listen", busy.Addr().String()}, nil, "cannot listen"},
		{[]string{"-listen", "127.0.0.1:0", "-debug-listen", busy.Addr().String()}, nil, "cannot listen for -debug-listen"},
	} {
		var out, errOut output
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err := run(ctx, c.args, func(name string) string { return c.env[name] }, &out, &errOut)
		cancel()
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: %v, want a sentence with %q", c.args, err, c.says)
		}
		if out.String()+errOut.String() != "" {
			t.Errorf("%v: printed %q and %q", c.args, &out, &errOut)
		}
	}
	var out output
	if err := run(t.Context(), []string{"-h"}, noEnv, &out, io.Discard); !errors.Is(err, flag.ErrHelp) || !strings.Contains(out.String(), "-max-rooms") {
		t.Errorf("-h: %v, %q", err, &out)
	}
}

func TestStoppingEndsRooms(t *testing.T) {
	here, _, errOut, stop := start(t)
	b := browser(t)
	ws := open(t, b, create(t, b, here))
	code := make(chan websocket.StatusCode, 1)
	go func() { code <- wipe(t, ws, "shutdown") }()
	time.Sleep(20 * time.Millisecond)
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := <-code; got != 4506 {
		t.Errorf("code %d", got)
	}
	if errOut.String() != "" {
		t.Errorf("printed %q", errOut)
	}
}

func TestStoppingWaitsForNobodyLong(t *testing.T) {
	t.Parallel()
	here, _, _, stop := start(t)
	b := browser(t)
	open(t, b, create(t, b, here)) // never confirms, never reads
	begun := time.Now()
	if err := stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > screensWait+requestsWait+time.Second {
		t.Errorf("took %v", took)
	}
}

func TestHealthcheck(t *testing.T) {
	here, _, _, stop := start(t)
	listen := strings.TrimPrefix(here, "http://")
	check := func(args ...string) error {
		var out output
		err := run(t.Context(), append([]string{"healthcheck"}, args...), noEnv, &out, &out)
		if out.String() != "" {
			t.Errorf("printed %q", &out)
		}
		return err
	}
	if err := check("-listen", listen); err != nil {
		t.Error(err)
	}
	stop()
	if err := check("-listen", listen); err == nil {
		t.Error("a stopped server is healthy")
	}
	sick := &http.Server{Handler: http.NotFoundHandler()}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go sick.Serve(l)
	defer sick.Close()
	if err := check("-listen", l.Addr().String()); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("another server is healthy: %v", err)
	}
}

func TestHealthcheckOfAllAddresses(t *testing.T) {
	var out output
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{"-listen", ":0"}, noEnv, &out, io.Discard) }()
	_, port, err := net.SplitHostPort(strings.TrimPrefix(out.here(t), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	for _, listen := range []string{":" + port, "0.0.0.0:" + port, "[::]:" + port} {
		if err := checkHealth(t.Context(), listen); err != nil {
			t.Errorf("%s: %v", listen, err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestTheDebugListenerCounts(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	here, out, errOut, stop := start(t, "-debug-listen", address)
	b := browser(t)
	room := create(t, b, here)
	ws := open(t, b, room)
	ws.Read(t.Context())
	_, metrics := get(t, "http://"+address+"/metrics")
	for _, line := range []string{"mayfly_rooms 1", "mayfly_participants 1", "mayfly_connections 1", "mayfly_buffer_bytes "} {
		if !strings.Contains(metrics, line) {
			t.Errorf("no %q in %q", line, metrics)
		}
	}
	for _, secret := range []string{"Ana", "kitchen", strings.TrimPrefix(room, here+"/r/")} {
		if strings.Contains(metrics, secret) {
			t.Errorf("metrics name %q", secret)
		}
	}
	for path, want := range map[string]int{"/debug/pprof/": 200, "/debug/pprof/goroutine": 200, "/debug/pprof/cmdline": 404, "/": 404} {
		if status, _ := get(t, "http://"+address+path); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
		if status, _ := get(t, here+path); path != "/" && status != 404 {
			t.Errorf("%s is on the public address", path)
		}
	}
	if conn, err := net.Dial("tcp", address); err == nil {
		fmt.Fprint(conn, "GARBAGE\r\n\r\n")
		io.ReadAll(conn)
		conn.Close()
	}
	go wipe(t, ws, "shutdown")
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("the debug listener goes on")
	}
	if errOut.String() != "" || strings.Contains(out.String(), "GARBAGE") {
		t.Errorf("printed %q and %q", out, errOut)
	}
}

// TestAProcessIsQuiet drives every address and every error of mayfly in a
// process of its own, with a marker in every place that people or their
// browsers fill, and reads all that it prints.
func TestAProcessIsQuiet(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out, errOut output
	cmd := exec.Command(self, "-listen", "127.0.0.1:0", "-argon2-memory", "1024", "-message-bytes", "1024", "-max-rooms", "3", "-trusted-proxies", "127.0.0.1")
	cmd.Env = append(os.Environ(), "MAYFLY_TEST_IS_MAYFLY=1")
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	here := out.here(t)
	started := out.String()

	drive(t, here)

	b := browser(t)
	ws := open(t, b, create(t, b, here))
	code := make(chan websocket.StatusCode, 1)
	go func() { code <- wipe(t, ws, "shutdown") }()
	time.Sleep(50 * time.Millisecond)
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	if got := <-code; got != 4506 {
		t.Errorf("code %d", got)
	}
	if got, want := out.String(), started+"Mayfly has stopped. All rooms are gone.\n"; got != want {
		t.Errorf("stdout: %q, want %q", got, want)
	}
	if errOut.String() != "" {
		t.Errorf("stderr: %q", &errOut)
	}
	if strings.Contains(started, marker) {
		t.Error("a marker is in the start line")
	}
}

const marker = "MARKER"

// drive makes every request there is, and many that there are not.
func drive(t *testing.T, here string) {
	t.Helper()
	statuses := map[int]int{}
	send := func(b *http.Client, method, address, contentType, body string) *http.Response {
		t.Helper()
		req, err := http.NewRequest(method, address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{
			"Content-Type": {contentType}, "X-" + marker: {marker}, "User-Agent": {marker}, "Referer": {"http://" + marker + ".example/"},
			"X-Forwarded-For": {"203.0.113.77"}, "Accept-Language": {marker}, "Cookie": {marker + "=" + marker},
		}
		resp, err := b.Do(req)
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		statuses[resp.StatusCode]++
		return resp
	}
	const form = "application/x-www-form-urlencoded"
	post := func(b *http.Client, path string, fields url.Values) *http.Response {
		t.Helper()
		return send(b, "POST", here+path+"?q="+marker, form, fields.Encode())
	}
	good := func(alias string) url.Values {
		return url.Values{"alias": {alias}, "room": {marker + " room"}, "password": {marker + " password"}, "html": {"<b>" + marker}, "id": {marker},
			"url": {"https://" + marker + ".example/" + marker}}
	}
	with := func(v url.Values, name string, values ...string) url.Values { v[name] = values; return v }

	ana, bob, eve := browser(t), browser(t), browser(t)
	room := post(ana, "/rooms", good(marker+" Ana")).Header.Get("Location")
	if room == "" {
		t.Fatal("no room")
	}
	post(eve, "/rooms", url.Values{"alias": {marker + "\x00"}, "room": {marker + "\u202e"}, "password": {marker[:5]}, "minutes": {marker}, "lease": {marker}})
	post(eve, "/rooms", with(good(marker), "alias", marker, marker))
	post(eve, "/rooms", with(good(marker), "alias", marker+"\xff"))
	post(eve, "/rooms", with(good(marker), "check", marker))
	send(eve, "POST", here+"/rooms", "multipart/form-data; boundary="+marker, marker)
	send(eve, "POST", here+"/rooms", form, "alias="+marker+"%zz")
	send(eve, "POST", here+"/rooms", form, strings.Repeat(marker, 10_000))
	post(bob, room+"/join", good(marker+" Bob"))
	post(eve, room+"/join", good(marker+" Ana"))
	for range 12 {
		post(eve, room+"/join", with(good(marker), "password", marker+" wrong"))
	}
	for _, path := range []string{"/", "/healthz", "/" + marker, "/static/" + marker + "/" + marker, "/receipt/" + marker, "/r/" + marker, "/r/%4d" + marker + "%00",
		room, room + "/session", room + "/ws", room + "/ws?after=" + marker, room + "/" + marker, room + "/join", "/rooms"} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "OPTIONS", marker} {
			for _, b := range []*http.Client{ana, eve} {
				send(b, method, here+path, form, "x="+marker)
			}
		}
	}
	for range 2 {
		post(bob, room+"/messages", good(""))
	}
	post(bob, room+"/messages", with(good(""), "html", strings.Repeat(marker, 1000)))
	post(bob, room+"/messages", with(good(""), "id", marker+" "+marker))
	post(bob, room+"/media", good(""))
	post(bob, room+"/media", with(good(""), "url", marker))
	post(eve, room+"/messages", good(""))
	for range 40 {
		post(bob, room+"/messages", with(good(""), "id", marker+fmt.Sprint(time.Now().UnixNano())))
	}

	// The socket, with everything that can be wrong.
	for _, say := range []struct {
		kind  websocket.MessageType
		frame string
	}{
		{websocket.MessageText, `{"type":"send","id":"` + marker + `","html":"<script>` + marker + `</script><b>x"}`},
		{websocket.MessageText, `{"type":"send","id":"` + marker + ` ","html":"` + marker + `","to":"` + marker + `"}`},
		{websocket.MessageText, `{"type":"ack","seq":"` + marker + `"}`},
		{websocket.MessageText, marker},
		{websocket.MessageBinary, marker},
		{websocket.MessageText, marker + "\xff"},
		{websocket.MessageText, strings.Repeat(marker, 20_000)},
	} {
		ws := open(t, ana, here+room)
		ws.Write(t.Context(), say.kind, []byte(say.frame))
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		for {
			if _, _, err := ws.Read(ctx); err != nil {
				break
			}
		}
		cancel()
		ws.CloseNow()
	}
	for _, origin := range []string{"http://" + marker + ".example", marker, "null"} {
		_, resp, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(here+room, "http")+"/ws",
			&websocket.DialOptions{HTTPClient: ana, HTTPHeader: http.Header{"Origin": {origin}}})
		if err == nil {
			t.Error("a foreign origin was let in")
		} else if resp != nil {
			statuses[resp.StatusCode]++
		}
	}
	cross, _ := http.NewRequest("POST", here+room+"/purge", nil)
	cross.Header.Set("Origin", "http://"+marker+".example")
	if resp, err := ana.Do(cross); err == nil {
		resp.Body.Close()
		statuses[resp.StatusCode]++
	}

	// What net/http itself complains about.
	host := strings.TrimPrefix(here, "http://")
	for _, say := range []string{
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + marker, // a TLS handshake
		marker + "\r\n\r\n",
		"GET /" + marker + " HTTP/9.9\r\nHost: " + marker + "\r\n\r\n",
		"GET /" + marker + " HTTP/1.1\r\n\r\n",
		"GET /" + marker + " HTTP/1.1\r\nHost: " + marker + " x\r\n\r\n",
		"GET http://%zz" + marker + "/ HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\n" + marker + " : " + marker + "\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat(marker, 10_000) + "\r\n\r\n",
		"POST /rooms HTTP/1.1\r\nHost: x\r\nContent-Length: " + marker + "\r\n\r\n",
		"POST /rooms HTTP/1.1\r\nHost: x\r\nContent-Type: " + form + "\r\nContent-Length: 100\r\n\r\nalias=" + marker,
		"POST /rooms HTTP/1.1\r\nHost: x\r\nContent-Type: " + form + "\r\nTransfer-Encoding: chunked\r\n\r\nzz" + marker + "\r\n",
		"POST /rooms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: " + marker + "\r\n\r\n",
		"POST /rooms HTTP/1.1\r\nHost: x\r\nExpect: " + marker + "\r\nContent-Length: 1\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + marker,
		"OPTIONS * HTTP/1.1\r\nHost: " + marker + "\r\n\r\n",
		"CONNECT " + marker + ":443 HTTP/1.1\r\nHost: " + marker + "\r\n\r\n",
		"GET " + room + "/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: " + marker + "\r\nSec-WebSocket-Key: " + marker + "\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, say)
		conn.(*net.TCPConn).CloseWrite()
		conn.SetReadDeadline(time.Now().Add(patience))
		io.Copy(io.Discard, conn)
		conn.Close()
	}

	// The server is full; then the ways out.
	for range 3 {
		post(eve, "/rooms", good(marker))
	}
	post(bob, room+"/logout", nil)
	post(bob, room+"/logout", nil)
	post(eve, room+"/purge", good(""))
	ws := open(t, ana, here+room)
	go func() { wipe(t, ws, "purged") }()
	receipt := post(ana, room+"/purge", nil).Header.Get("Location")
	send(ana, "GET", here+receipt, "", "")
	post(ana, room+"/purge", nil)

	for _, status := range []int{200, 204, 303, 400, 401, 403, 404, 405, 409, 413, 415, 422, 426, 429, 503} {
		if statuses[status] == 0 {
			t.Errorf("no answer had status %d", status)
		}
	}
}
