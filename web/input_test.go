package web

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// hostileTexts are for every field that takes text.
var hostileTexts = map[string]string{
	"empty": "", "blank": " \t\u00a0", "NUL": "a\x00b", "newline": "a\nb", "escape": "\x1b[31mred", "delete": "a\x7f",
	"C1": "a\u0085b", "not UTF-8": "caf\xe9", "half a character": "\xc3", "surrogate": "\xed\xa0\x80", "overlong": "\xc0\xaf",
	"direction": "a\u202eb", "zero width": "a\u200bb", "line separator": "a\u2028b", "BOM": "\ufeff", "private": "\ue000",
	"not a character": "\uffff", "marks": "a" + strings.Repeat("\u0301", 40), "oversized": strings.Repeat("a", 7000),
}

func TestHostileTextInEveryField(t *testing.T) {
	s := newTestServer(t)
	ana := s.person(t).create("Ana")
	for name, text := range hostileTexts {
		for _, field := range []string{"alias", "room", "password"} {
			fields := map[string]string{"alias": "Bob", "room": "attic", "password": testPassword}
			fields[field] = text
			a := s.person(t).post("/rooms", "alias", fields["alias"], "room", fields["room"], "password", fields["password"])
			if a.status != 422 || !strings.Contains(a.body, "<h1>") {
				t.Errorf("create with %s in %s: status %d", name, field, a.status)
			}
		}
		if a := s.person(t).post(ana.path+"/join", "alias", text, "password", testPassword); a.status != 422 {
			t.Errorf("join with %s alias: status %d", name, a.status)
		}
		if a := s.person(t).post(ana.path+"/join", "alias", "Bob", "password", text); a.status != 401 && a.status != 422 {
			t.Errorf("join with %s password: status %d", name, a.status)
		}
		for _, field := range []string{"minutes", "lease"} {
			if text == "" {
				continue // these may be
			}
			if a := s.person(t).post("/rooms", "alias", "Bob", "room", "attic", "password", testPassword, field, text); a.status != 422 {
				t.Errorf("create with %s in %s: status %d", name, field, a.status)
			}
		}
		if a := ana.post(ana.path+"/messages", "html", "x", "id", text); a.status != 422 {
			t.Errorf("message with %s id: status %d", name, a.status)
		}
		if a := ana.post(ana.path+"/media", "url", text); a.status != 422 {
			t.Errorf("media with %s address: status %d", name, a.status)
		}
		if a := ana.post(ana.path+"/media", "url", "https://a.example/"+text); a.status != 422 && a.status != 200 {
			t.Errorf("media with %s in the path: status %d", name, a.status)
		}
		// A message may hold anything readable.
		if a := ana.post(ana.path+"/messages", "html", text, "id", "m"); a.status != 303 && a.status != 422 {
			t.Errorf("message with %s: status %d", name, a.status)
		}
	}
	if got := s.registry.Stats(); got.Rooms != 1 || got.Participants != 1 {
		t.Errorf("something was let in: %+v", got)
	}
}

func TestBrokenForms(t *testing.T) {
	s := newTestServer(t)
	ana := s.person(t).create("Ana")
	const urlencoded = "application/x-www-form-urlencoded"
	good := map[string]string{
		"/rooms":                 encodeForm("alias", "Bob", "room", "attic", "password", testPassword),
		ana.path + "/join":       encodeForm("alias", "Bob", "password", testPassword),
		ana.path + "/purge":      encodeForm("password", testPassword),
		ana.path + "/messages":   encodeForm("html", "hello", "id", "i"),
		ana.path + "/media":      encodeForm("url", "https://a.example/"),
		ana.path + "/messages?x": encodeForm("html", "hello", "id", "i", "id2", ""),
	}
	first := map[string]string{"/rooms": "alias", ana.path + "/join": "alias", ana.path + "/purge": "password",
		ana.path + "/messages": "html", ana.path + "/media": "url", ana.path + "/messages?x": "id"}
	for path, form := range good {
		largest := 8 << 10
		if strings.Contains(path, "/messages") {
			largest = 3*1024 + 8<<10
		}
		pad := func(n int) string { return form + "&x=" + strings.Repeat("a", n-len(form)-3) }
		for _, c := range []struct {
			name, contentType, body string
			status                  int // 0: as if good, so nothing is tried that would succeed
		}{
			{"no type", "", form, 415},
			{"JSON", "application/json", `{"alias":"Bob"}`, 415},
			{"text", "text/plain", form, 415},
			{"multipart", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"alias\"\r\n\r\nBob\r\n--x--", 415},
			{"broken type", ";;;", form, 415},
			{"broken escape", urlencoded, form + "&x=%zz", 400},
			{"half an escape", urlencoded, form + "&x=%", 400},
			{"semicolon", urlencoded, form + ";x=1", 400},
			{"doubled", urlencoded, form + "&" + first[path] + "=again", 422},
			{"doubled alike", urlencoded, form + "&" + strings.SplitN(form, "&", 2)[0], 422},
			{"one byte too long", urlencoded, pad(largest + 1), 413},
			{"far too long", urlencoded, pad(1 << 20), 413},
		} {
			who := ana
			if !strings.HasPrefix(path, ana.path+"/me") {
				who = s.person(t)
			}
			want := c.status
			if want == 415 && strings.HasSuffix(path, "/purge") {
				want = 401 // nothing was said that could stand for a session
			}
			if got := who.postBody(path, c.contentType, c.body).status; got != want {
				t.Errorf("%s, %s: status %d, want %d", path, c.name, got, want)
			}
		}
	}
	// At the bound, with thousands of fields, in any order, with a charset: all that is a form.
	bob := s.person(t)
	form := encodeForm("password", testPassword, "alias", "Bob")
	bob.postBody(ana.path+"/join", "Application/X-WWW-Form-URLencoded; charset=utf-8", form+strings.Repeat("&", 8<<10-len(form))).want(t, 303)
	s.person(t).postBody(ana.path+"/join", urlencoded, encodeForm("password", testPassword, "alias", "Cy")+strings.Repeat("&a", 4000)).want(t, 303)
	big := encodeForm("html", strings.Repeat("é", 512), "id", "big")
	ana.postBody(ana.path+"/messages", urlencoded, big+"&x="+strings.Repeat("a", 3*1024+8<<10-len(big)-3)).want(t, 303)
	// Missing fields are empty fields.
	s.person(t).postBody("/rooms", urlencoded, "").want(t, 422)
	s.person(t).postBody(ana.path+"/join", urlencoded, "").want(t, 401)
	ana.postBody(ana.path+"/messages", urlencoded, "").want(t, 422)
	ana.postBody(ana.path+"/media", urlencoded, "").want(t, 422)
	ana.get(ana.path).want(t, 200)
}

func TestOtherSitesCannotPost(t *testing.T) {
	ana, _, _, _ := two(t)
	for _, path := range []string{"/rooms", ana.path + "/join", ana.path + "/messages", ana.path + "/media", ana.path + "/logout", ana.path + "/purge", "/r/unknown/purge", "/nothing"} {
		for _, header := range []http.Header{
			{"Origin": {"http://evil.example"}},
			{"Origin": {"null"}},
			{"Origin": {"http://127.0.0.1:1"}},
			{"Sec-Fetch-Site": {"cross-site"}},
			{"Sec-Fetch-Site": {"same-site"}},
			{"Sec-Fetch-Site": {"cross-site"}, "Origin": {ana.s.url}},
		} {
			ana.header = header
			a := ana.post(path, "alias", "Eve", "password", testPassword, "html", "x", "id", "i")
			if a.want(t, 403); !strings.Contains(a.body, "another site") || len(a.header.Values("Set-Cookie")) > 0 {
				t.Errorf("%s with %v: %v", path, header, a.header)
			}
		}
	}
	for _, header := range []http.Header{
		{"Origin": {ana.s.url}},
		{"Sec-Fetch-Site": {"same-origin"}},
		{"Sec-Fetch-Site": {"none"}},
		{},
	} {
		ana.header = header
		ana.post(ana.path+"/messages", "html", "x", "id", "i").want(t, 303)
	}
}

func TestSlowRequestsAreNotWaitedFor(t *testing.T) {
	const short = 300 * time.Millisecond
	s := newTestServer(t, func(s *setup) {
		s.http = func(srv *http.Server) {
			for name, d := range map[string]time.Duration{
				"header": srv.ReadHeaderTimeout, "read": srv.ReadTimeout, "write": srv.WriteTimeout, "idle": srv.IdleTimeout,
			} {
				if d <= 0 || d > time.Minute {
					t.Errorf("%s timeout is %v", name, d)
				}
			}
			if srv.MaxHeaderBytes <= 0 || srv.MaxHeaderBytes > 64<<10 {
				t.Errorf("headers of %d bytes", srv.MaxHeaderBytes)
			}
			srv.ReadHeaderTimeout, srv.ReadTimeout, srv.IdleTimeout = short, 2*short, short
		}
	})
	ana := s.person(t).create("Ana")
	post := "POST " + ana.path + "/join HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	for name, say := range map[string]string{
		"nothing":       "",
		"half a header": "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"half a body":   post + "Content-Length: 100\r\n\r\nalias=",
		"half a chunk":  post + "Transfer-Encoding: chunked\r\n\r\nff\r\nalias=",
		"idle":          "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := s.dial()
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			begun := time.Now()
			io.WriteString(conn, say)
			conn.SetReadDeadline(begun.Add(patience))
			answer, err := io.ReadAll(conn)
			if err != nil && strings.Contains(err.Error(), "timeout") {
				t.Errorf("held for %v", time.Since(begun))
			}
			if body := strings.Contains(say, "alias="); body && !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") {
				t.Errorf("answered %.40q", answer)
			}
			if took := time.Since(begun); took > 10*short {
				t.Errorf("held for %v", took)
			}
		})
	}
}

func TestLongHeadersAndAddresses(t *testing.T) {
	s := newTestServer(t)
	p := s.person(t)
	for n, status := range map[int]int{8 << 10: 404, 64 << 10: 431} {
		p.get("/"+strings.Repeat("a", n)).want(t, status)
		p.header.Set("X-Long", strings.Repeat("a", n))
		p.get("/nothing").want(t, status)
		p.header.Del("X-Long")
	}
}

func TestOnlyATrustedProxyNamesTheSource(t *testing.T) {
	source := func(trusted []netip.Prefix, remote string, forwarded ...string) string {
		r, _ := http.ReadRequest(bufio.NewReader(strings.NewReader("GET / HTTP/1.1\r\nHost: x\r\n\r\n")))
		r.RemoteAddr = remote
		r.Header["X-Forwarded-For"] = forwarded
		r.Header.Set("X-Real-Ip", "9.9.9.9")
		r.Header.Set("Forwarded", "for=9.9.9.9")
		s := newSources(trusted)
		s.key = [32]byte{}
		return fmt.Sprintf("%x", s.of(r))
	}
	direct := func(remote string) string { return source(nil, remote) }
	proxy := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:1::/48")}
	for _, c := range []struct {
		name      string
		trusted   []netip.Prefix
		remote    string
		forwarded []string
		same      string // the remote address that would have the same source
	}{
		{"no proxy is trusted", nil, "10.0.0.1:1", []string{"1.1.1.1"}, "10.0.0.1:1"},
		{"loopback is not trusted by itself", proxy, "127.0.0.1:1", []string{"1.1.1.1"}, "127.0.0.1:1"},
		{"private is not trusted by itself", proxy, "192.168.0.1:1", []string{"1.1.1.1"}, "192.168.0.1:1"},
		{"from the proxy", proxy, "10.0.0.1:1", []string{"1.1.1.1"}, "1.1.1.1:1"},
		{"the last hop counts", proxy, "10.0.0.1:1", []string{"6.6.6.6, 1.1.1.1"}, "1.1.1.1:1"},
		{"of the last header", proxy, "10.0.0.1:1", []string{"6.6.6.6", "1.1.1.1"}, "1.1.1.1:1"},
		{"two proxies", proxy, "10.0.0.1:1", []string{"6.6.6.6, 1.1.1.1, 10.9.9.9"}, "1.1.1.1:1"},
		{"no header", proxy, "10.0.0.1:1", nil, "10.0.0.1:1"},
		{"rubbish", proxy, "10.0.0.1:1", []string{"unknown"}, "10.0.0.1:1"},
		{"IPv6 proxy", proxy, "[2001:db8:1::5]:1", []string{"1.1.1.1"}, "1.1.1.1:1"},
		{"the port does not count", nil, "1.1.1.1:1", nil, "1.1.1.1:2"},
		{"IPv4 in IPv6", nil, "[::ffff:1.1.1.1]:1", nil, "1.1.1.1:2"},
		{"one /64", nil, "[2001:db8:2:3:a::1]:1", nil, "[2001:db8:2:3:b::2]:1"},
		{"zones do not count", nil, "[fe80::1%eth0]:1", nil, "[fe80::1%eth1]:1"},
	} {
		if source(c.trusted, c.remote, c.forwarded...) != direct(c.same) {
			t.Errorf("%s: not the source of %s", c.name, c.same)
		}
	}
	if direct("1.1.1.1:1") == direct("1.1.1.2:1") || direct("[2001:db8:2:3::1]:1") == direct("[2001:db8:2:4::1]:1") {
		t.Error("two sources are one")
	}
	a, b := newSources(nil), newSources(nil)
	if a.key == b.key {
		t.Error("the key is not random")
	}
}

func TestEveryProblemOfAFormIsNamedAtOnce(t *testing.T) {
	s := newTestServer(t)
	page := s.person(t).post("/rooms", "alias", "", "room", "\u202e", "password", "short", "minutes", "99", "lease", "7").want(t, 422)
	for _, field := range []string{"alias", "room", "password", "minutes", "lease"} {
		if !strings.Contains(page.body, `id="`+field+`-problem"`) {
			t.Errorf("nothing is said at the field %s", field)
		}
	}
}

func TestASocketOpenedAsAPageIsAClearPage(t *testing.T) {
	ana := newTestServer(t).person(t).create("Ana")
	if page := ana.get(ana.path+"/ws").want(t, 426); !strings.Contains(page.body, "<h1>") {
		t.Errorf("%s", page.body)
	}
}
