package web

import (
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// openStream is a page without scripts while it is streamed.
type openStream struct {
	t    *testing.T
	resp *http.Response

	mu   sync.Mutex
	text strings.Builder
	over chan struct{} // closed when nothing more comes
}

// stream opens the page without scripts.
func (p *person) stream() *openStream {
	p.t.Helper()
	resp, err := p.client.Do(p.request("GET", p.path+"/live", nil))
	if err != nil {
		p.t.Fatal(err)
	}
	return p.streamed(resp)
}

// streamed reads a page as it comes.
func (p *person) streamed(resp *http.Response) *openStream {
	p.t.Helper()
	if resp.StatusCode != http.StatusOK {
		p.t.Fatalf("status %d", resp.StatusCode)
	}
	o := &openStream{t: p.t, resp: resp, over: make(chan struct{})}
	p.t.Cleanup(func() { resp.Body.Close() })
	go func() {
		defer close(o.over)
		b := make([]byte, 4<<10)
		for {
			n, err := resp.Body.Read(b)
			o.mu.Lock()
			o.text.Write(b[:n])
			o.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return o
}

func (o *openStream) page() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// until waits for a part of the page.
func (o *openStream) until(part string) {
	o.t.Helper()
	waitFor(o.t, fmt.Sprintf("%q in the page", part), func() bool { return strings.Contains(o.page(), part) })
}

// ends waits for the end of the stream.
func (o *openStream) ends() {
	o.t.Helper()
	select {
	case <-o.over:
	case <-time.After(patience):
		o.t.Fatal("the stream goes on")
	}
}

var bodies = regexp.MustCompile(`(?s)data-body data-time="\d\d:\d\d" dir="auto">(.*?)</div>`)

// texts are the messages in a page.
func texts(page string) (all []string) {
	for _, m := range bodies.FindAllStringSubmatch(page, -1) {
		all = append(all, strings.TrimSpace(m[1]))
	}
	return all
}

func TestAStreamBringsWhatIsSaid(t *testing.T) {
	_, bob, anas, bobs := two(t)
	stream := bob.stream()
	bobs.ended("replaced", 4504)
	stream.until("You are in.")
	anas.send("1", "<b>bold</b> &lt;i>")
	anas.send("2", `<img src="https://pictures.example/a.png?b=1&amp;c=2">`)
	stream.until(`value="https://pictures.example/a.png?b=1&amp;c=2"`)
	if got := texts(stream.page()); len(got) != 2 || got[0] != "<b>bold</b> &lt;i&gt;" || strings.Contains(got[1], "<a ") || !strings.Contains(got[1], "Show picture from pictures.example") {
		t.Errorf("messages: %q", got)
	}
	bob.post(bob.path+"/messages", "html", "from <i>Bob</i>", "id", "x", "back", "compose").want(t, http.StatusSeeOther)
	stream.until("from <i>Bob</i>")
	cy := bob.s.person(t).join(bob.path, "<Cy>")
	stream.until(`<bdi class="alias">&lt;Cy&gt;</bdi> joined`)
	cy.post(cy.path + "/logout")
	stream.until(`<bdi class="alias">&lt;Cy&gt;</bdi> left`)
}

// TestAStreamIsAskedForByItsOwnSite: it takes the participant over.
func TestAStreamIsAskedForByItsOwnSite(t *testing.T) {
	_, bob, _, bobs := two(t)
	for site, status := range map[string]int{"cross-site": 403, "same-site": 403} {
		bob.header.Set("Sec-Fetch-Site", site)
		bob.get(bob.path+"/live").want(t, status)
	}
	bobs.ping() // still theirs
	for _, site := range []string{"same-origin", "none"} {
		bob.header.Set("Sec-Fetch-Site", site)
		bob.stream().until("You are in.")
	}
	eve := bob.s.person(t)
	for _, page := range []string{"/live", "/live?once", "/compose"} {
		if a := eve.get(bob.path+page).want(t, http.StatusSeeOther); a.header.Get("Location") != bob.path {
			t.Errorf("%s leads to %q", page, a.header.Get("Location"))
		}
		eve.get("/r/nowhere"+page).want(t, http.StatusNotFound)
	}
}

// TestOnlyTheComposerMayBeFramed, and by us alone.
func TestOnlyTheComposerMayBeFramed(t *testing.T) {
	ana := newTestServer(t).person(t).create("Ana")
	framed := func(a answer) bool {
		policy, options := a.header.Get("Content-Security-Policy"), a.header.Get("X-Frame-Options")
		self := strings.Contains(policy, "frame-ancestors 'self'")
		if self != (options == "SAMEORIGIN") || !self && (options != "DENY" || !strings.Contains(policy, "frame-ancestors 'none'")) {
			t.Errorf("%s and %s", policy, options)
		}
		return self
	}
	compose := ana.get(ana.path+"/compose").want(t, http.StatusOK)
	if !framed(compose) || !strings.Contains(compose.body, `name="html"`) || strings.Contains(compose.body, "<script") {
		t.Error("the composer is no frame")
	}
	for _, path := range []string{"/", ana.path, ana.path + "/live?once", ana.path + "/ended/purged", "/measures"} {
		if framed(ana.get(path).want(t, http.StatusOK)) {
			t.Errorf("%s may be framed", strings.TrimPrefix(path, ana.path))
		}
	}
	refused := ana.post(ana.path+"/messages", "html", " ", "id", "x", "back", "compose").want(t, http.StatusUnprocessableEntity)
	if !framed(refused) || !strings.Contains(refused.body, "There is nothing to send yet") {
		t.Error("a refusal is not in the frame")
	}
	long := strings.Repeat("y", 1025)
	refused = ana.post(ana.path+"/messages", "html", long, "id", "x", "back", "compose").want(t, http.StatusUnprocessableEntity)
	if !framed(refused) || !strings.Contains(refused.body, long) {
		t.Error("what was too long is not in the box any more")
	}
	if a := ana.post(ana.path+"/messages", "html", "hello", "id", "x", "back", "compose").want(t, http.StatusSeeOther); a.header.Get("Location") != ana.path+"/compose" {
		t.Errorf("leads to %q", a.header.Get("Location"))
	}
	// The same again, as by a double click, is one message.
	ana.post(ana.path+"/messages", "html", "hello", "id", "x", "back", "compose").want(t, http.StatusSeeOther)
	if got := texts(ana.get(ana.path + "/live?once").body); len(got) != 1 {
		t.Errorf("messages: %q", got)
	}
	// Without a session the frame says so in itself.
	eve := ana.s.person(t)
	eve.header.Set("Sec-Fetch-Dest", "iframe")
	if a := eve.get(ana.path+"/compose").want(t, http.StatusOK); !framed(a) || !strings.Contains(a.body, `target="_top"`) {
		t.Error("no way out of the frame")
	}
}

// TestAPageThatEndsShowsWhatIsNew, for browsers that show a page when all of it
// is there. The next has what came since.
func TestAPageThatEndsShowsWhatIsNew(t *testing.T) {
	_, bob, anas, _ := two(t)
	anas.send("1", "one")
	anas.send("2", "two")
	if got := texts(bob.get(bob.path + "/live?once").body); fmt.Sprint(got) != "[one two]" {
		t.Errorf("messages: %q", got)
	}
	anas.send("3", "three")
	bob.header.Set("User-Agent", "w3m/0.5.3+git20230121")
	page := bob.get(bob.path + "/live").body
	if got := texts(page); fmt.Sprint(got) != "[three]" {
		t.Errorf("messages: %q", got)
	}
	if !strings.Contains(page, "</html>") || !strings.Contains(page, "live?once") {
		t.Error("the page does not end, or has no link for what comes next")
	}
	if a := bob.get(bob.path).want(t, http.StatusSeeOther); a.header.Get("Location") != bob.path+"/live" {
		t.Errorf("the room leads to %q", a.header.Get("Location"))
	}
	if a := bob.post(bob.path+"/messages", "html", "hello", "id", "x", "back", "once").want(t, http.StatusSeeOther); a.header.Get("Location") != bob.path+"/live?once" {
		t.Errorf("leads to %q", a.header.Get("Location"))
	}
	// What is refused comes back on such a page, with the text and with what is new.
	long := strings.Repeat("y", 1025)
	refused := bob.post(bob.path+"/messages", "html", long, "id", "y", "back", "once").want(t, http.StatusUnprocessableEntity).body
	if got := texts(refused); fmt.Sprint(got) != "[hello]" || !strings.Contains(refused, long) || !strings.Contains(refused, "This message is too long") {
		t.Errorf("messages: %q, in a page of %d bytes", got, len(refused))
	}
}

// TestAStreamBehindAProxy: over HTTP/2 and a proxy that packs what it may, each
// message arrives at once, and so does the end.
func TestAStreamBehindAProxy(t *testing.T) {
	t.Parallel()
	ana, bob, anas, _ := two(t)
	target, err := url.Parse(bob.s.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewUnstartedServer(packing(httputil.NewSingleHostReverseProxy(target)))
	proxy.EnableHTTP2 = true
	proxy.StartTLS()
	defer proxy.Close()
	req := bob.request("GET", bob.path+"/live", nil)
	req.URL, _ = url.Parse(proxy.URL + bob.path + "/live")
	req.Header.Set("Cookie", "mayfly="+bob.cookie(bob.path))
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := proxy.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.ProtoMajor != 2 {
		t.Errorf("HTTP/%d", resp.ProtoMajor)
	}
	if h := resp.Header; h.Get("X-Accel-Buffering") != "no" || !strings.Contains(h.Get("Cache-Control"), "no-transform") {
		t.Errorf("headers: %v", h)
	}
	stream := bob.streamed(resp)
	stream.until("You are in.")
	for i := range 3 {
		anas.send(fmt.Sprint(i), fmt.Sprint("message ", i))
		stream.until(fmt.Sprint("message ", i))
	}
	ana.post(ana.path + "/purge")
	stream.until(".live, .live-lost { display: none }")
	stream.ends()
}

// packing packs every answer that is not packed yet, as proxies do, and holds back
// what the packer has not finished.
func packing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &packer{ResponseWriter: w}
		defer p.close()
		next.ServeHTTP(p, r)
	})
}

type packer struct {
	http.ResponseWriter
	zip *gzip.Writer
}

func (p *packer) WriteHeader(status int) {
	if p.Header().Get("Content-Encoding") == "" {
		p.Header().Set("Content-Encoding", "gzip")
		p.zip = gzip.NewWriter(p.ResponseWriter)
	}
	p.ResponseWriter.WriteHeader(status)
}

func (p *packer) Write(b []byte) (int, error) {
	if p.zip != nil {
		return p.zip.Write(b)
	}
	return p.ResponseWriter.Write(b)
}

func (p *packer) Flush() { p.ResponseWriter.(http.Flusher).Flush() }

func (p *packer) close() {
	if p.zip != nil {
		p.zip.Close()
	}
}

// TestAStreamCountsAsReceivedAfterHalfAMinute: until then it may not have
// arrived, and comes again.
func TestAStreamCountsAsReceivedAfterHalfAMinute(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		_, bob, anas, _ := two(t, pipes)
		stream := bob.stream()
		anas.send("1", "one")
		stream.until("one")
		time.Sleep(20 * time.Second)
		stream.resp.Body.Close()
		stream = bob.stream()
		stream.until("one")
		time.Sleep(receivedAfter + leaseEvery)
		anas.send("2", "two")
		stream.until("two")
		stream.resp.Body.Close()
		stream = bob.stream()
		stream.until("two")
		if got := texts(stream.page()); fmt.Sprint(got) != "[two]" {
			t.Errorf("messages: %q", got)
		}
		// Who loads the room has read what was sent.
		bob.get(bob.path).want(t, http.StatusOK)
		stream.resp.Body.Close()
		stream = bob.stream()
		stream.until("You are in.")
		if got := texts(stream.page()); len(got) != 0 {
			t.Errorf("messages: %q", got)
		}
	})
}

// TestAStreamIsRenewed: its lease every 15 s, under another name each time, and
// the time left every minute.
func TestAStreamIsRenewed(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		_, bob, _, _ := two(t, pipes)
		stream := bob.stream()
		stream.until("60 minutes left")
		time.Sleep(61 * time.Second)
		page := stream.page()
		names := regexp.MustCompile(`show-(.)`).FindAllStringSubmatch(page, -1)
		if len(names) != 5 {
			t.Errorf("%d renewals in a minute", len(names)-1)
		}
		for i, name := range names[1:] {
			if name[1] == names[i][1] {
				t.Error("a renewal has the name of the one before, and renews nothing")
			}
		}
		if !strings.Contains(page, "59 minutes left") {
			t.Error("the time left stands still")
		}
		time.Sleep(9 * time.Minute) // longer than a lease
		if _, err := bob.room().People(); err != nil {
			t.Fatal(err)
		}
		if n := len(regexp.MustCompile(`show-.`).FindAllString(stream.page(), -1)); n != 41 {
			t.Errorf("%d renewals in ten minutes", n-1)
		}
	})
}

// TestAStreamSaysWhoIsAway with its next beat: it does not take a reader's place in
// the facts each time somebody looks elsewhere.
func TestAStreamSaysWhoIsAway(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		_, bob, anas, _ := two(t, pipes)
		stream := bob.stream()
		stream.until("60 minutes left")
		facts := func() int { return strings.Count(stream.page(), `class="facts"`) }
		for _, state := range []string{"away", "here", "away"} {
			anas.say(`{"type":"presence","state":"` + state + `"}`)
			time.Sleep(time.Second)
		}
		if n := facts(); n != 1 {
			t.Errorf("%d times facts within 3 s", n)
		}
		time.Sleep(leaseEvery)
		if n := facts(); n != 2 || !strings.Contains(stream.page(), "(away)") {
			t.Errorf("%d times facts after a beat", n)
		}
		time.Sleep(leaseEvery)
		if n := facts(); n != 2 {
			t.Errorf("%d times facts after another, of no news", n)
		}
	})
}

// TestAStreamWarnsOfTheEnd ten, five and one minutes before it, once each, and
// then it ends.
func TestAStreamWarnsOfTheEnd(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		s := newTestServer(t, pipes)
		ana := s.person(t).create("Ana", "minutes", "12", "lease", "room")
		stream := ana.stream()
		warnings := func() (all []string) {
			for _, m := range regexp.MustCompile(`This room ends in (\d+) minute`).FindAllStringSubmatch(stream.page(), -1) {
				all = append(all, m[1])
			}
			return all
		}
		stream.until("12 minutes left")
		begun := time.Now()
		for _, c := range []struct {
			after time.Duration
			want  string
		}{
			{2*time.Minute - time.Second, "[]"}, {2*time.Minute + time.Second, "[10]"},
			{7*time.Minute - time.Second, "[10]"}, {7*time.Minute + time.Second, "[10 5]"},
			{11*time.Minute - time.Second, "[10 5]"}, {11*time.Minute + time.Second, "[10 5 1]"},
		} {
			time.Sleep(c.after - time.Since(begun))
			if got := fmt.Sprint(warnings()); got != c.want {
				t.Errorf("after %v: %s, want %s", c.after, got, c.want)
			}
		}
		if page := stream.page(); strings.Count(page, "8 minutes left") != 1 {
			t.Error("the time left is not said once a minute")
		}
		time.Sleep(time.Minute)
		stream.ends()
		if page := stream.page(); !strings.Contains(page, "/ended/expired") {
			t.Errorf("the page ends with %.400q", page[max(0, len(page)-400):])
		}
	})
}

// TestEveryEndReachesAStream: it hides what was drawn, then leads away.
func TestEveryEndReachesAStream(t *testing.T) {
	ends := map[string]func(ana, bob *person){
		"purged":     func(ana, bob *person) { ana.post(ana.path + "/purge") },
		"logged-out": func(ana, bob *person) { bob.post(bob.path + "/logout") },
		"replaced":   func(ana, bob *person) { bob.open() },
		"shutdown":   func(ana, bob *person) { ana.s.stop() },
	}
	for cause, end := range ends {
		t.Run(cause, func(t *testing.T) {
			t.Parallel()
			ana, bob, anas, _ := two(t)
			stream := bob.stream()
			anas.send("1", "a secret")
			stream.until("a secret")
			var ending sync.WaitGroup
			ending.Go(func() { end(ana, bob) })
			defer ending.Wait()
			stream.until(".live, .live-lost { display: none }")
			stream.ends()
			if page := stream.page(); !strings.HasSuffix(strings.TrimSpace(page), "</html>") ||
				!strings.Contains(page, `content="0; url=`+bob.path+"/ended/"+cause+`"`) {
				t.Errorf("the page ends with %.400q", page[max(0, len(page)-400):])
			}
		})
	}
}

// TestAStalledStreamIsGivenUp, holds up nobody, and is told what it missed.
func TestAStalledStreamIsGivenUp(t *testing.T) {
	t.Parallel()
	const count = 200
	ana, bob, anas, _ := two(t, func(s *setup) { s.limits.MessageBytes = 16 << 10 })
	conn, err := net.Dial("tcp", bob.s.host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	fmt.Fprintf(conn, "GET %s/live HTTP/1.1\r\nHost: %s\r\nCookie: mayfly=%s\r\n\r\n", bob.path, bob.s.host, bob.cookie(bob.path))
	io.ReadFull(conn, make([]byte, 1000))
	var head uint64
	for i := range count {
		anas.say(sendObject(strconv.Itoa(i), strings.Repeat("x", 16<<10)), ackObject(head))
		head = anas.expect("message").seq()
		if bytes := ana.s.registry.Stats().BufferBytes; bytes > 1<<20 {
			t.Fatalf("the buffer holds %d bytes", bytes)
		}
	}
	waitFor(t, "the end of the stalled stream", func() bool { return ana.s.registry.Stats().Connections <= 1 })
	stream := bob.stream()
	anas.send("last", "the last")
	stream.until("the last")
	page := stream.page()
	missing := regexp.MustCompile(`(\d+) messages are missing`).FindStringSubmatch(page)
	if missing == nil {
		t.Fatal("nothing is said of what is missing")
	}
	if n, _ := strconv.Atoi(missing[1]); n+len(texts(page)) != count+1 {
		t.Errorf("%d missing and %d messages, of %d", n, len(texts(page)), count+1)
	}
}
