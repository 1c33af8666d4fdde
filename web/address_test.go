package web

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"mayfly/static"
)

func TestHomeOffersAForm(t *testing.T) {
	p := newTestServer(t).person(t)
	a := p.get("/").want(t, 200)
	for _, part := range []string{
		`action="/rooms"`, `name="alias"`, `name="room"`, `name="password"`, `name="minutes"`, `name="lease"`,
		">Alias<", ">Room name<", ">Password<", ">Create room<",
	} {
		if !strings.Contains(a.body, part) {
			t.Errorf("no %s", part)
		}
	}
	offered := regexp.MustCompile(`name="password"[^>]* value="([a-z-]+)"`)
	one, two := offered.FindStringSubmatch(a.body), offered.FindStringSubmatch(p.get("/").body)
	if one == nil || two == nil || one[1] == two[1] || strings.Count(one[1], "-") < 4 {
		t.Errorf("offered passwords: %v, %v", one, two)
	}
}

func TestCreatingLeadsIntoTheRoom(t *testing.T) {
	p := newTestServer(t).person(t)
	for _, c := range []struct {
		name   string
		fields []string
		status int
	}{
		{"defaults", nil, 303},
		{"one minute", []string{"minutes", "1"}, 303},
		{"all minutes", []string{"minutes", "60"}, 303},
		{"empty options", []string{"minutes", "", "lease", ""}, 303},
		{"lease 2", []string{"lease", "2"}, 303},
		{"lease 15", []string{"lease", "15"}, 303},
		{"lease room", []string{"lease", "room"}, 303},
		{"unknown fields", []string{"colour", "red", "colour", "blue", "\xff", "\x00"}, 303},
		{"no minutes", []string{"minutes", "0"}, 422},
		{"too many minutes", []string{"minutes", "61"}, 422},
		{"negative minutes", []string{"minutes", "-5"}, 422},
		{"half a minute", []string{"minutes", "0.5"}, 422},
		{"overflowing minutes", []string{"minutes", "99999999999999999999"}, 422},
		{"minutes in words", []string{"minutes", "ten"}, 422},
		{"another lease", []string{"lease", "3"}, 422},
		{"lease in words", []string{"lease", "-1"}, 422},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := p.post("/rooms", append([]string{"alias", "Ana", "room", "kitchen", "password", testPassword}, c.fields...)...).want(t, c.status)
			path := a.header.Get("Location")
			if c.status != 303 {
				if !strings.Contains(a.body, "Create room") || !strings.Contains(a.body, `value="kitchen"`) {
					t.Error("the form did not come back with what was typed")
				}
				return
			}
			if !regexp.MustCompile(`^/r/[A-Z2-7]{26}$`).MatchString(path) { // 26 of 32 letters: 130 bits
				t.Errorf("Location %q", path)
			}
			if page := p.get(path).want(t, 200); !strings.Contains(page.body, p.s.url+path) || !strings.Contains(page.body, ">Send<") {
				t.Error("no link to share, or no composer")
			}
		})
	}
}

func TestARoomTellsAStrangerNothing(t *testing.T) {
	s := newTestServer(t)
	ana := s.person(t)
	ana.create("Zebedee", "minutes", "47")
	stranger := s.person(t)
	for _, path := range []string{"", "/session", "/ws"} {
		a := stranger.get(ana.path + path)
		for _, secret := range []string{"kitchen", "Zebedee", "47 min", "46 min", "minutes left", "data-left"} {
			if strings.Contains(a.body, secret) {
				t.Errorf("%s tells %q", path, secret)
			}
		}
	}
	a := stranger.get(ana.path).want(t, 200)
	for _, part := range []string{">Alias<", ">Password<", ">Join room<", ">Purge for everyone<", `action="` + ana.path + `/join"`} {
		if !strings.Contains(a.body, part) {
			t.Errorf("no %s in the join form", part)
		}
	}
	// A wrong password tells nothing either, not even whether the alias is taken.
	a = stranger.post(ana.path+"/join", "alias", "Zebedee", "password", "wrong password").want(t, 401)
	if strings.Contains(a.body, "kitchen") || strings.Contains(a.body, "Zebedee 2") {
		t.Error("a wrong password tells something")
	}
}

func TestJoining(t *testing.T) {
	s := newTestServer(t)
	ana := s.person(t).create("Ana")
	for _, c := range []struct {
		alias, password string
		status          int
		part            string
	}{
		{"Bob", testPassword, 303, ""},
		{"Carl", "  " + testPassword + "\t", 303, ""},
		{"Dora", "wrong horse battery", 401, "not the room&#39;s password"},
		{"Dora", strings.ToUpper(testPassword), 401, ""},
		{"Dora", "", 401, ""},
		{"Dora", "short", 401, ""},
		{"ana", testPassword, 409, `value="ana 2"`},
		{"Аna", testPassword, 409, " 2"}, // a Cyrillic А
		{"B0b", testPassword, 409, ""},
		{"", testPassword, 422, "Type something here"},
		{"a\u202eb", testPassword, 422, "cannot be used"},
		{strings.Repeat("a", 32), testPassword, 303, ""},
		{strings.Repeat("b", 33), testPassword, 422, "at most 32 characters"},
	} {
		a := s.person(t).post(ana.path+"/join", "alias", c.alias, "password", c.password).want(t, c.status)
		if c.status == 303 && a.header.Get("Location") != ana.path || !strings.Contains(a.body, c.part) {
			t.Errorf("join as %q: Location %q, no %q in the page", c.alias, a.header.Get("Location"), c.part)
		}
		if c.status != 303 && !strings.Contains(a.body, ">Join room<") {
			t.Errorf("join as %q: the form did not come back", c.alias)
		}
	}
}

func TestRoomsThatAreNotThereLookAlike(t *testing.T) {
	s := newTestServer(t)
	purged := s.person(t).create("Ana")
	purged.post(purged.path+"/purge").want(t, 303)
	expired := s.person(t).create("Ana")
	expired.room().Deadline = time.Now().Add(-time.Second) // nothing else reads it yet
	unknown := "/r/" + strings.Repeat("A", 26)

	stranger := s.person(t)
	var want string
	for _, path := range []string{purged.path, expired.path, unknown, "/r/x", "/r/%00", "/r/%2e%2e", "/r/ä"} {
		for _, who := range []*person{stranger, purged, expired} {
			held := who.cookie(path) != ""
			a := who.get(path).want(t, 404)
			a.header.Del("Date")
			if held { // which tells nobody what they did not know
				if who.cookie(path) != "" {
					t.Errorf("%s leaves its cookie", path)
				}
				a.header.Del("Set-Cookie")
			}
			if got := fmt.Sprint(a.header) + a.body; want == "" {
				want = got
			} else if got != want {
				t.Errorf("%s looks different:\n%s\n%s", path, got, want)
			}
		}
		for _, action := range []string{"join", "messages", "media", "logout", "purge", "arm", "disarm", "stay"} {
			stranger.post(path+"/"+action, "alias", "Eve", "password", testPassword, "html", "x", "id", "i", "url", "https://a.example/").want(t, 404)
		}
		stranger.get(path+"/session").want(t, 404)
		stranger.get(path+"/ws").want(t, 404)
	}
	if !strings.Contains(want, "There is no room here") {
		t.Error("not the page for gone rooms")
	}
}

// everyAddress is section 4 of the design for a room at path, and what came since.
func everyAddress(path string) map[string]string {
	return map[string]string{
		"/": "GET", "/healthz": "GET", "/rooms": "POST", "/receipt/x": "GET",
		path: "GET", path + "/ws": "GET only", path + "/session": "GET",
		path + "/join": "POST", path + "/messages": "POST", path + "/media": "POST",
		path + "/logout": "POST", path + "/purge": "POST",
		path + "/arm": "POST", path + "/disarm": "POST", path + "/stay": "POST",
		path + "/exit": "GET and POST", neutralPath: "GET",
		static.URL("room.css"): "GET",
	}
}

func TestReadingChangesNothing(t *testing.T) {
	ana, bob, anas, bobs := two(t)
	before := ana.s.registry.Stats()
	query := "?alias=Eve&password=" + url.QueryEscape(testPassword) + "&html=x&id=i&url=https://a.example/&room=r"
	for path, method := range everyAddress(ana.path) {
		for _, m := range []string{"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "MAYFLY"} {
			a := do(t, bob.client, bob.request(m, path+query, nil))
			allowed := m == "GET" && method != "POST" || m == "HEAD" && strings.HasPrefix(method, "GET") && method != "GET only" || m == "OPTIONS"
			if !allowed && a.status != 405 || allowed && a.status == 405 {
				t.Errorf("%s %s: status %d", m, path, a.status)
			}
			if m == "HEAD" && a.body != "" {
				t.Errorf("HEAD %s has a body", path)
			}
		}
		if !strings.HasSuffix(method, "POST") {
			a := bob.post(path+query, "alias", "Eve", "password", testPassword)
			a.want(t, 405)
		}
	}
	if after := ana.s.registry.Stats(); after != before {
		t.Errorf("before %v, after %v", before, after)
	}
	ana.get(ana.path).want(t, 200)
	anas.send("m", "x")
	bobs.expect("message")
}

func TestMessagesWithoutScripts(t *testing.T) {
	ana, bob, anas, _ := two(t)
	page := bob.get(bob.path).want(t, 200).body
	id := regexp.MustCompile(`name="id" value="([A-Za-z0-9_-]{1,36})"`).FindStringSubmatch(page)
	if id == nil || !strings.Contains(page, `name="html"`) {
		t.Fatal("the composer has no id or no text")
	}
	for range 2 { // the same id twice is one message
		a := bob.post(bob.path+"/messages", "html", "<i>hi</i>", "id", id[1]).want(t, 303)
		if a.header.Get("Location") != bob.path {
			t.Errorf("Location %q", a.header.Get("Location"))
		}
	}
	anas.expect("message")
	bob.post(bob.path+"/messages", "html", "second", "id", "second").want(t, 303)
	if o := anas.expect("message"); o.text("id") != "second" {
		t.Errorf("got %v", o)
	}
	bob.post(bob.path+"/messages", "html", "", "id", "a").want(t, 422)
	bob.post(bob.path+"/messages", "html", "x").want(t, 422)
	bob.post(bob.path+"/messages", "html", "kept <b>text", "id", "not valid").want(t, 422)
	if a := bob.post(bob.path+"/messages", "html", "kept <b>text", "id", "not valid"); !strings.Contains(a.body, "kept &lt;b&gt;text") {
		t.Error("the text is not in the composer")
	}
	ana.s.person(t).post(bob.path+"/messages", "html", "x", "id", "b").want(t, 401)
}

func TestMediaOpensAFrameForOneHost(t *testing.T) {
	ana, _, _, _ := two(t)
	for _, c := range []struct {
		address, kind, origin string // origin "": refused
		part                  string
	}{
		{"https://pictures.example/a.png?x=1", "", "https://pictures.example", "<img"},
		{"http://pictures.example:8080/a", "video", "http://pictures.example:8080", "<video"},
		{"https://PICTURES.example/a", "audio", "https://pictures.example", "<audio"},
		{"https://bücher.example/a", "image", "https://xn--bcher-kva.example", "<img"},
		{"https://[2001:db8::1]/a", "script", "https://[2001:db8::1]", "<img"},
		{"https://a_b.example/a", "", "https://a_b.example", "<img"},
		{"https://a.example./a", "", "https://a.example", "<img"},
		{"https://a.example/\"><script>", "", "https://a.example", "<img"},
		{"", "", "", ""},
		{"/relative", "", "", ""},
		{"//a.example/", "", "", ""},
		{"javascript:alert(1)", "", "", ""},
		{"data:text/html,x", "", "", ""},
		{"ftp://a.example/", "", "", ""},
		{"https://user:pass@a.example/", "", "", ""},
		{"https://a.example; script-src *", "", "", ""},
		{"https://*.example/", "", "", ""},
		{"https://a.example,b.example/", "", "", ""},
		{"https://a.example\n/", "", "", ""},
		{"https://" + strings.Repeat("a", 2048), "", "", ""},
	} {
		a := ana.post(ana.path+"/media", "url", c.address, "kind", c.kind)
		if c.origin == "" {
			a.want(t, 422)
			continue
		}
		a.want(t, 200)
		policy := a.header.Get("Content-Security-Policy")
		want := "default-src 'none'; img-src " + c.origin + "; media-src " + c.origin +
			"; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
		if policy != want {
			t.Errorf("%s: policy %q", c.address, policy)
		}
		if !strings.Contains(a.body, c.part) || strings.Contains(a.body, "<script") {
			t.Errorf("%s: %s", c.address, a.body)
		}
		if a.header.Get("X-Frame-Options") != "SAMEORIGIN" || a.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("headers: %v", a.header)
		}
	}
	ana.s.person(t).post(ana.path+"/media", "url", "https://a.example/").want(t, 401)
}

func TestLogoutEndsTheSession(t *testing.T) {
	ana, bob, anas, bobs := two(t)
	old := bob.cookie(bob.path)
	a := bob.post(bob.path+"/logout").want(t, 303)
	if a.header.Get("Location") != "/" || a.header.Get("Clear-Site-Data") != `"cache"` {
		t.Errorf("headers: %v", a.header)
	}
	if c := a.header.Get("Set-Cookie"); !strings.Contains(c, "mayfly=; Path="+bob.path+"; Max-Age=0") {
		t.Errorf("Set-Cookie %q", c)
	}
	bobs.ended("logged-out", 4503)
	anas.expect("left")
	// Back, or an old copy of the cookie, leads to the join form.
	bob.header.Set("Cookie", "mayfly="+old)
	if page := bob.get(bob.path).want(t, 200); !strings.Contains(page.body, ">Join room<") || page.header.Get("Cache-Control") != "no-store" {
		t.Error("not the join form")
	}
	bob.get(bob.path+"/session").want(t, 401)
	bob.post(bob.path+"/messages", "html", "x", "id", "i").want(t, 401)
	bob.post(bob.path+"/logout").want(t, 401)
	bob.post(bob.path+"/purge").want(t, 401)
	ana.get(ana.path).want(t, 200)
}

func TestPurgeWithThePasswordAlone(t *testing.T) {
	s := newTestServer(t)
	ana := s.person(t).create("Ana")
	outside := s.person(t)
	for contentType, body := range map[string]string{
		"": "", "application/x-www-form-urlencoded": "alias=x", "application/json": `{"password":"` + testPassword + `"}`,
	} {
		if a := outside.postBody(ana.path+"/purge", contentType, body).want(t, 401); !strings.Contains(a.body, "You are not in this room") {
			t.Errorf("%q: a missing password is taken for a wrong one", body)
		}
	}
	if a := outside.post(ana.path+"/purge", "alias", "", "password", "wrong password").want(t, 401); !strings.Contains(a.body, ">Join room<") {
		t.Error("not the join form")
	}
	ana.get(ana.path).want(t, 200)
	a := outside.post(ana.path+"/purge", "alias", "x", "password", testPassword).want(t, 303)
	if a.header.Get("Clear-Site-Data") != `"cache"` {
		t.Errorf("headers: %v", a.header)
	}
	ana.get(ana.path).want(t, 404)
	outside.post(ana.path+"/purge", "password", testPassword).want(t, 404)

	receipt := outside.get(a.header.Get("Location")).want(t, 200)
	for _, secret := range []string{"Ana", "kitchen", strings.TrimPrefix(ana.path, "/r/")} {
		if strings.Contains(receipt.body, secret) {
			t.Errorf("the receipt names %q", secret)
		}
	}
	if !strings.Contains(receipt.body, "UTC") {
		t.Error("the receipt does not say when the screen that is out of reach goes blank")
	}
	outside.get("/receipt/unknown").want(t, 404)
}

func TestSessionTellsAScriptWhatToDo(t *testing.T) {
	s := newTestServer(t)
	ana := s.person(t).create("Ana")
	if a := ana.get(ana.path+"/session").want(t, 204); a.body != "" {
		t.Errorf("body %q", a.body)
	}
	s.person(t).get(ana.path+"/session").want(t, 401)
	ana.post(ana.path+"/purge").want(t, 303)
	ana.get(ana.path+"/session").want(t, 404)
}

func TestHealth(t *testing.T) {
	if a := newTestServer(t).person(t).get("/healthz").want(t, 200); a.body != "ok\n" {
		t.Errorf("body %q", a.body)
	}
}

func TestEveryAnswerCarriesItsHeaders(t *testing.T) {
	ana, _, _, _ := two(t)
	for path, method := range everyAddress(ana.path) {
		m := strings.Fields(method)[0]
		a := do(t, ana.s.person(t).client, ana.request(m, path, nil))
		h := a.header
		if strings.HasPrefix(path, "/static/") {
			continue // no page: TestStaticFilesNeverChange has what they carry
		}
		for name, want := range map[string]string{
			"Content-Security-Policy":      pagePolicy,
			"Referrer-Policy":              "same-origin",
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
			"X-Robots-Tag":                 "noindex, nofollow",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Strict-Transport-Security":    "",
			"Server":                       "",
		} {
			if h.Get(name) != want {
				t.Errorf("%s %s: %s is %q, want %q", m, path, name, h.Get(name), want)
			}
		}
		if h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s may be cached: %q", m, path, h.Get("Cache-Control"))
		}
		if a.status != 204 && a.status != 303 && h.Get("Content-Type") == "" {
			t.Errorf("%s %s has no type", m, path)
		}
	}
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(pagePolicy, part) {
			t.Errorf("policy has no %q", part)
		}
	}
	if strings.Contains(pagePolicy, "unsafe") {
		t.Error("policy is unsafe")
	}
}

func TestCookieAttributes(t *testing.T) {
	find := func(a answer, name string) string {
		for _, c := range a.header.Values("Set-Cookie") {
			if strings.HasPrefix(c, name+"=") {
				return c
			}
		}
		return ""
	}
	t.Run("http", func(t *testing.T) {
		p := newTestServer(t).person(t)
		a := p.post("/rooms", "alias", "Ana", "room", "r", "password", testPassword)
		c := find(a, "mayfly")
		if rest := c[strings.Index(c, ";"):]; rest != "; Path="+a.header.Get("Location")+"; HttpOnly; SameSite=Lax" {
			t.Errorf("cookie %q", c)
		}
		if strings.Contains(c, "Ana") || len(c) > 1024 {
			t.Errorf("cookie %q", c)
		}
	})
	t.Run("https", func(t *testing.T) {
		p := newTestServer(t, func(s *setup) { s.options.BaseURL = &url.URL{Scheme: "https", Host: "chat.example"} }).person(t)
		a := p.post("/rooms", "alias", "Ana", "room", "r", "password", testPassword).want(t, 303)
		path := a.header.Get("Location")
		c := find(a, "__Secure-mayfly")
		if rest := c[strings.Index(c, ";"):]; rest != "; Path="+path+"; HttpOnly; Secure; SameSite=Lax" {
			t.Errorf("cookie %q", c)
		}
		if check := find(p.get("/"), "mayfly-check"); !strings.Contains(check, "; Secure") {
			t.Errorf("check cookie %q", check)
		}
		if a.header.Get("Strict-Transport-Security") == "" {
			t.Error("no HSTS")
		}
		p.header.Set("Cookie", strings.SplitN(c, ";", 2)[0])
		if page := p.get(path).want(t, 200); !strings.Contains(page.body, "https://chat.example"+path) {
			t.Error("the link to share does not start with the base URL")
		}
		// Behind a proxy that rewrites Host, the browser's origin is the base URL's.
		p.header.Set("Origin", "https://chat.example")
		p.post(path+"/messages", "html", "x", "id", "i").want(t, 303)
		p.path = path
		ws, resp, err := p.dial("", http.Header{"Origin": {"https://chat.example"}, "Cookie": p.header["Cookie"]})
		if err != nil {
			t.Fatalf("%v %v", err, resp)
		}
		ws.CloseNow()
	})
}

func TestBlockedCookiesAreSaid(t *testing.T) {
	s := newTestServer(t)
	ana := s.person(t).create("Ana")
	p := s.person(t)
	form := []string{"alias", "Eve", "room", "r", "password", testPassword, "check", "1"}
	if a := p.post("/rooms", form...).want(t, 400); !strings.Contains(a.body, "Cookies are blocked") {
		t.Error("create does not say so")
	}
	p = s.person(t)
	if a := p.post(ana.path+"/join", form...).want(t, 400); !strings.Contains(a.body, "Cookies are blocked") {
		t.Error("join does not say so")
	}
	p.get(ana.path) // gives the cookie that comes back
	p.post(ana.path+"/join", form...).want(t, 303)
}

// unpacked is a body without its content coding.
func unpacked(body, coding string) (string, error) {
	var r io.Reader = strings.NewReader(body)
	switch coding {
	case "gzip":
		r, _ = gzip.NewReader(r)
	case "br":
		r = brotli.NewReader(r)
	}
	plain, err := io.ReadAll(r)
	return string(plain), err
}

func TestPagesAreCompressed(t *testing.T) {
	p := newTestServer(t).person(t)
	plain := p.get("/measures").want(t, 200)
	for accept, packed := range map[string]string{"gzip": "gzip", "gzip, br": "br", "br;q=0, gzip": "gzip", "identity": ""} {
		p.header.Set("Accept-Encoding", accept)
		a := p.get("/measures").want(t, 200)
		coding := a.header.Get("Content-Encoding")
		if body, err := unpacked(a.body, coding); err != nil || body != plain.body || coding != packed {
			t.Errorf("for %q the page is packed with %q, want %q (%v)", accept, coding, packed, err)
		}
		if a.header.Get("Vary") != "Accept-Encoding" || (len(a.body) < len(plain.body)) != (packed != "") {
			t.Errorf("for %q: %d bytes of %d, %v", accept, len(a.body), len(plain.body), a.header)
		}
	}
}

func TestStaticFilesNeverChange(t *testing.T) {
	p := newTestServer(t).person(t)
	for _, name := range static.Names() {
		address := static.URL(name)
		plain := p.get(address).want(t, 200)
		if got := plain.header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
		if h := plain.header; h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cross-Origin-Resource-Policy") != "" || h.Get("Content-Type") == "" {
			t.Errorf("%s: %v", name, h)
		}
		if got := plain.header.Get("Content-Security-Policy"); (got != "") != (name == "formatter.js") || got != "" && got != workerPolicy {
			t.Errorf("%s: Content-Security-Policy %q", name, got)
		}
		if plain.header.Get("Content-Encoding") != "" || plain.header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %v", name, plain.header)
		}
		for accept, packed := range map[string]string{"gzip": "gzip", "br, gzip;q=0.5": "br", "gzip, br;q=0": "gzip", "gzip;q=0": "", "br": "br", "xgzip": "", "brx": ""} {
			p.header.Set("Accept-Encoding", accept)
			a := p.get(address).want(t, 200)
			coding := a.header.Get("Content-Encoding")
			if body, err := unpacked(a.body, coding); err != nil || body != plain.body {
				t.Errorf("%s for %q: another file (%v)", name, accept, err)
			}
			switch path.Ext(name) {
			case ".wasm": // packed with gzip alone
				packed = strings.TrimPrefix(packed, "br")
				if strings.Contains(accept, "gzip;q=0.5") {
					packed = "gzip"
				}
			}
			if coding != packed {
				t.Errorf("%s for %q is packed with %q, want %q", name, accept, coding, packed)
			}
		}
		p.header.Del("Accept-Encoding")
	}
	hash := strings.Split(static.URL("room.css"), "/")[2]
	for _, path := range []string{
		"/static/0000/room.css", "/static/" + hash + "/none.css", "/static/" + hash + "/static.go",
		"/static/" + hash + "/..%2fstatic.go", "/static/" + hash + "/", "/static/" + hash, "/static/", "/nothing", "/favicon.ico",
	} {
		if a := p.get(path).want(t, 404); strings.Contains(a.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s may be kept", path)
		}
	}
}

func TestPlainHTTPIsSaid(t *testing.T) {
	for host, insecure := range map[string]bool{
		"localhost": false, "localhost:8080": false, "127.0.0.1:1": false, "127.1.2.3": false, "[::1]:80": false, "x.localhost": false,
		"192.168.1.2:8080": true, "chat.example": true, "abc.onion": false, "localhost.example": true, "onion": true, "[2001:db8::1]": true,
	} {
		p := newTestServer(t).person(t)
		req := p.request("GET", "/", nil)
		req.Host = host
		if got := strings.Contains(do(t, p.client, req).body, "not encrypted"); got != insecure {
			t.Errorf("%s: banner %v, want %v", host, got, insecure)
		}
	}
}
