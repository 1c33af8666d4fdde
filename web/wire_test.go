package web

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// two are Ana and Bob in one room, each with a tab, Bob's joined event read.
func two(t *testing.T, change ...func(*setup)) (ana, bob *person, anas, bobs *tab) {
	t.Helper()
	s := newTestServer(t, change...)
	ana = s.person(t).create("Ana")
	anas = ana.open()
	bob = s.person(t).join(ana.path, "Bob")
	anas.expect("joined")
	return ana, bob, anas, bob.open()
}

// badge is what the participant has, seen from inside the server.
func (p *person) badge(id string) string {
	p.t.Helper()
	participant, err := p.room().Participant(id)
	if err != nil {
		p.t.Fatalf("participant: %v", err)
	}
	return string(participant.Badge)
}

func TestWelcomeComesFirstAndTellsTheRoom(t *testing.T) {
	ana, _, anas, bobs := two(t)
	room := bobs.welcome["room"].(map[string]any)
	if room["name"] != "kitchen" || room["lease"] != 300.0 || room["left"].(float64) < 3590 || room["left"].(float64) > 3600 {
		t.Errorf("room: %v", room)
	}
	if _, err := time.Parse(time.RFC3339, room["expires"].(string)); err != nil {
		t.Errorf("expires: %v", err)
	}
	people := fmt.Sprint(bobs.welcome["participants"])
	want := fmt.Sprintf("[map[alias:Ana badge:%s id:%s state:here] map[alias:Bob badge:%s id:%s state:here]]",
		ana.badge(anas.you), anas.you, ana.badge(bobs.you), bobs.you)
	if people != want {
		t.Errorf("participants: %s\nwant %s", people, want)
	}
	if bobs.welcome.seq() <= anas.welcome.seq() {
		t.Errorf("Bob starts at %d, before his own joined; Ana at %d", bobs.welcome.seq(), anas.welcome.seq())
	}
	if head := bobs.welcome["head"]; head != bobs.welcome["seq"] {
		t.Errorf("head %v, want that of Bob's own joined, %v", head, bobs.welcome["seq"])
	}
	if p, err := ana.room().Participant(anas.you); err != nil || p.Alias != "Ana" {
		t.Errorf("you: %v, %v", p, err)
	}
}

func TestAMessageReachesAllAndItsSenderOnce(t *testing.T) {
	_, _, anas, bobs := two(t)
	sent := anas.send("m-1", "<b>hello</b> & 'quotes'")
	got := bobs.expect("message")
	if fmt.Sprint(got) != fmt.Sprint(sent) {
		t.Errorf("Bob got %v, Ana %v", got, sent)
	}
	if got.text("html") != "<b>hello</b> &amp; &#39;quotes&#39;" || got.text("from") != anas.you || got.text("id") != "m-1" {
		t.Errorf("message: %v", got)
	}
	if at, err := time.Parse(time.RFC3339, got.text("at")); err != nil || time.Since(at) > patience {
		t.Errorf("at: %v, %v", at, err)
	}
	// The same id again, alone and in one frame with others, never doubles it.
	anas.say(sendObject("m-1", "again"), sendObject("m-2", "two"), sendObject("m-2", "two"), "", sendObject("m-3", "three"))
	for _, k := range []*tab{anas, bobs} {
		for _, id := range []string{"m-2", "m-3"} {
			if o := k.expect("message"); o.text("id") != id {
				t.Errorf("got %v, want %s", o, id)
			}
		}
	}
	// The same id of somebody else is another message.
	bobs.send("m-1", "mine")
	if o := anas.expect("message"); o.text("from") != bobs.you {
		t.Errorf("got %v, want Bob's", o)
	}
}

func TestWhatIsNotAcceptedIsRefusedWithItsReason(t *testing.T) {
	_, _, anas, bobs := two(t, func(s *setup) { s.limits.MessageRate = 1 })
	limit := 1024
	for _, c := range []struct{ name, say, id, reason string }{
		{"empty", sendObject("i", ""), "i", "empty"},
		{"blank", sendObject("i", " \n\t "), "i", "empty"},
		{"nothing left", sendObject("i", "<script>x</script>"), "i", "empty"},
		{"above the limit", sendObject("i", strings.Repeat("a", limit+1)), "i", "too-long"},
		{"no id", `{"type":"send","html":"x"}`, "", "bad-id"},
		{"null id", `{"type":"send","id":null,"html":"x"}`, "", "bad-id"},
		{"37 characters", sendObject(strings.Repeat("i", 37), "x"), strings.Repeat("i", 37), "bad-id"},
		{"a space", sendObject("a b", "x"), "a b", "bad-id"},
		{"a letter with an accent", sendObject("é", "x"), "é", "bad-id"},
		{"256 bytes come back", sendObject(strings.Repeat("i", 256), "x"), strings.Repeat("i", 256), "bad-id"},
		{"257 do not", sendObject(strings.Repeat("i", 257), "x"), "", "bad-id"},
		{"whisper", `{"type":"send","id":"i","html":"psst","to":"` + bobs.you + `"}`, "i", "not-allowed"},
		{"whisper to oneself", `{"type":"send","id":"i","html":"psst","to":"` + anas.you + `"}`, "i", "not-allowed"},
		{"whisper to nobody", `{"type":"send","id":"i","html":"psst","to":""}`, "i", "not-allowed"},
		{"whisper to two", `{"type":"send","id":"i","html":"psst","to":"x","to":""}`, "i", "not-allowed"},
	} {
		anas.say(c.say)
		if o := anas.expect("refused"); o.text("reason") != c.reason || o.text("id") != c.id || o["retry"] != nil {
			t.Errorf("%s: %v, want reason %s", c.name, o, c.reason)
		}
		if c.name == "nothing left" {
			anas.expect("notice")
		}
	}
	// Of the 25 at once that a rate of 1 allows, 4 were used above.
	for i := range 21 {
		anas.send(fmt.Sprint("ok", i), "x")
	}
	anas.say(sendObject("fast", "x"))
	if o := anas.expect("refused"); o.text("reason") != "too-fast" || o["retry"] != 1.0 {
		t.Errorf("over the rate: %v", o)
	}
	// Bob was told nothing of all that.
	for i := range 21 {
		if o := bobs.expect("message"); o.text("id") != fmt.Sprint("ok", i) {
			t.Fatalf("Bob got %v", o)
		}
	}
}

func TestAMessageMayBeAsLongAsTheLimit(t *testing.T) {
	ana, _, anas, bobs := two(t)
	for n := 1023; n <= 1025; n++ {
		for how, html := range map[string]string{"ascii": strings.Repeat("a", n), "wide": strings.Repeat("é", n/2) + strings.Repeat("a", n%2)} {
			id := fmt.Sprint(how, n)
			anas.say(sendObject(id, html))
			form := ana.post(ana.path+"/messages", "id", "form-"+id, "html", html)
			if n > 1024 {
				if o := anas.expect("refused"); o.text("reason") != "too-long" || o.text("id") != id {
					t.Errorf("%d bytes: %v", n, o)
				}
				form.want(t, http.StatusUnprocessableEntity)
				if !strings.Contains(form.body, html) {
					t.Error("the text is not in the composer any more")
				}
				continue
			}
			form.want(t, http.StatusSeeOther)
			for range 2 {
				if o := bobs.expect("message"); o.text("html") != html {
					t.Errorf("%d bytes: got %d", n, len(o.text("html")))
				}
				anas.expect("message")
			}
		}
	}
}

func TestANoticeTellsTheSenderAloneWhatWasDropped(t *testing.T) {
	_, _, anas, bobs := two(t)
	anas.say(sendObject("m", `x<script>1</script><b onclick="x">y</b>`))
	anas.expect("message")
	if o := anas.expect("notice"); o.text("id") != "m" || fmt.Sprint(o["dropped"]) != "[script onclick]" {
		t.Errorf("notice: %v", o)
	}
	bobs.expect("message")
	anas.send("n", "next")
	bobs.expect("message") // and no notice before it
}

func TestJoinedAndLeftComeOnceAndNeverForAReload(t *testing.T) {
	ana, bob, anas, bobs := two(t)
	for range 3 { // reload
		bobs.ws.Close(websocket.StatusGoingAway, "")
		bobs = bob.open()
	}
	badge := ana.badge(bobs.you)
	bob.post(bob.path+"/logout").want(t, http.StatusSeeOther)
	bobs.ended("logged-out", 4503)
	if o := anas.expect("left"); o.text("participant") != bobs.you {
		t.Errorf("left: %v", o)
	}
	again := ana.s.person(t).join(ana.path, "Bob")
	newcomer := anas.expect("joined")["participant"].(map[string]any)
	if newcomer["id"] == bobs.you || newcomer["badge"] == badge || newcomer["badge"] != ana.badge(newcomer["id"].(string)) {
		t.Errorf("who joins again is a new one: %v; had %s", newcomer, badge)
	}
	if o := again.open(); len(o.welcome["participants"].([]any)) != 2 {
		t.Errorf("participants: %v", o.welcome)
	}
}

func TestTypingAndSeenArePassedOn(t *testing.T) {
	_, _, anas, bobs := two(t)
	bobs.say(`{"type":"typing"}`)
	if o := anas.expect("typing"); o.text("from") != bobs.you || o["seq"] != nil {
		t.Errorf("typing: %v", o)
	}
	m := anas.send("m", "look")
	bobs.expect("message")
	bobs.say(fmt.Sprintf(`{"type":"seen","seq":%d}`, m.seq()))
	if o := anas.expect("seen"); o.seq() != m.seq() || o["by"] != 1.0 {
		t.Errorf("seen: %v", o)
	}
}

func TestAwayAndHereArePassedOn(t *testing.T) {
	_, bob, anas, bobs := two(t)
	for _, state := range []string{"away", "here", "away"} {
		bobs.say(`{"type":"presence","state":"`+state+`"}`, `{"type":"presence","state":"elsewhere"}`, `{"type":"presence","state":"offline"}`)
		if o := anas.expect("presence"); o.text("participant") != bobs.you || o.text("state") != state || o["seq"] != nil {
			t.Errorf("presence: %v, want %s", o, state)
		}
	}
	people := fmt.Sprint(bob.open(bobs.welcome.seq()).welcome["participants"])
	if !strings.Contains(people, bobs.you+" state:away") {
		t.Errorf("after a reconnect: %s", people)
	}
}

func TestAReconnectResumesAndAReloadStartsAtWhatWasAcknowledged(t *testing.T) {
	_, bob, anas, bobs := two(t)
	one := anas.send("1", "one")
	bobs.expect("message")
	bobs.ws.CloseNow()
	two := anas.send("2", "two")

	again := bob.open(one.seq())
	if again.welcome.seq() != one.seq() {
		t.Errorf("resumed at %d, want %d", again.welcome.seq(), one.seq())
	}
	if o := again.expect("message"); o.seq() != two.seq() {
		t.Errorf("after a reconnect: %v", o)
	}
	reload := bob.open()
	if o := reload.expect("message"); o.text("id") != "1" {
		t.Errorf("a reload without an acknowledgement: %v", o)
	}
	reload.expect("message")
	reload.say(ackObject(two.seq()), sendObject("3", "three"))
	three := reload.expect("message")
	if got := bob.open(); got.welcome.seq() != two.seq() {
		t.Errorf("a reload after an acknowledgement starts at %d, want %d", got.welcome.seq(), two.seq())
	} else if o := got.expect("message"); o.seq() != three.seq() {
		t.Errorf("then: %v", o)
	}
	// Not below the first event of one's own, however low the number.
	low := bob.open(0)
	if o := low.expect("message"); o.text("id") != "1" || low.welcome.seq() != bobs.welcome.seq() {
		t.Errorf("after=0: %v from %d, Bob's joined is %d", o, low.welcome.seq(), bobs.welcome.seq())
	}
}

func TestAfterMustBeASeqThatWas(t *testing.T) {
	ana, bob, anas, _ := two(t)
	head := anas.send("1", "one").seq()
	for query, status := range map[string]int{
		fmt.Sprint("?after=", head-1):      101,
		fmt.Sprint("?after=", head):        101,
		fmt.Sprint("?after=", head+1):      400,
		"?after=9007199254740991":          400, // 2^53-1, a seq but above the head
		"?after=9007199254740992":          400,
		"?after=18446744073709551616":      400,
		"?after=":                          400,
		"?after":                           400,
		"?after=-1":                        400,
		"?after=1e3":                       400,
		"?after=0x1":                       400,
		"?after=1&after=1":                 400,
		"?after=%00":                       400,
		"?after=1%zz":                      101, // not a parameter
		"?page=" + strings.Repeat("p", 35): 101,
		"?page=" + strings.Repeat("p", 36): 101,
		"?page=" + strings.Repeat("p", 37): 400,
		"?page=":                           400,
		"?page=p&page=p":                   400,
		"?page=p%2F":                       400,
		"?other=1":                         101,
	} {
		ws, resp, err := bob.dial(query, nil)
		if resp == nil {
			t.Fatalf("%s: %v", query, err)
		}
		if resp.StatusCode != status {
			t.Errorf("%s: status %d, want %d", query, resp.StatusCode, status)
		}
		if err == nil {
			ws.CloseNow()
		}
	}
	ana.get(ana.path).want(t, 200)
}

func TestWhoMayOpenASocket(t *testing.T) {
	ana, bob, _, _ := two(t)
	stranger := ana.s.person(t)
	stranger.path = ana.path
	gone := ana.s.person(t).create("Eve")
	gone.room().Purge(nil)
	for _, c := range []struct {
		name   string
		who    *person
		origin string
		status int
	}{
		{"own origin", bob, ana.s.url, 101},
		{"no origin", bob, "", 101},
		{"foreign origin", bob, "http://evil.example", 403},
		{"another port", bob, "http://127.0.0.1:1", 403},
		{"null origin", bob, "null", 403},
		{"no cookie", stranger, ana.s.url, 401},
		{"no cookie, foreign origin", stranger, "http://evil.example", 401},
		{"gone", gone, gone.s.url, 404},
	} {
		header := http.Header{}
		if c.origin != "" {
			header.Set("Origin", c.origin)
		}
		ws, resp, err := c.who.dial("", header)
		if resp == nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if resp.StatusCode != c.status {
			t.Errorf("%s: status %d, want %d", c.name, resp.StatusCode, c.status)
		}
		if err == nil {
			ws.CloseNow()
		}
	}
	// A plain request is not a handshake.
	bob.get(bob.path+"/ws").want(t, http.StatusUpgradeRequired)
}

func TestANewerConnectionReplacesTheOlder(t *testing.T) {
	_, bob, anas, first := two(t)
	second := bob.open()
	first.ended("replaced", 4504)
	anas.send("m", "to the new one")
	second.expect("message")
	// The older one has its closing handshake to do before it is counted out.
	waitFor(t, "two connections", func() bool { return bob.s.registry.Stats().Connections == 2 })
}

// TestALateHandshakeWipesNobody: a bad line delivers a page's handshake when the
// page has long been connected again.
func TestALateHandshakeWipesNobody(t *testing.T) {
	_, bob, anas, _ := two(t)
	page := bob.openAt("?page=bobs")
	late := bob.openAt("?page=bobs")
	if code := page.code(); code != closeSlow {
		t.Errorf("the page's own connection ends with %d, want %d: come back", code, closeSlow)
	}
	back := bob.openAt("?page=bobs&after=" + fmt.Sprint(page.welcome.seq()))
	if code := late.code(); code != closeSlow {
		t.Errorf("the late one ends with %d, want %d", code, closeSlow)
	}
	anas.send("m", "to the page")
	back.expect("message")
	another := bob.openAt("?page=another")
	back.ended("replaced", 4504)

	// A handshake of the page that was loaded before comes too late for good.
	ws, _, err := bob.dial("?page=bobs", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, frame, err := ws.Read(t.Context()); !strings.Contains(string(frame), `"replaced"`) {
		t.Errorf("the page before is told %q, %v", frame, err)
	}
	if _, _, err := ws.Read(t.Context()); websocket.CloseStatus(err) != 4504 {
		t.Errorf("the page before ends with %v", err)
	}
	anas.send("n", "to the newest page")
	another.expect("message")
}

func TestEveryEndHasItsCauseAndCode(t *testing.T) {
	t.Run("purged", func(t *testing.T) {
		ana, bob, anas, bobs := two(t)
		purged := make(chan answer)
		go func() { purged <- ana.post(ana.path + "/purge") }()
		anas.ended("purged", 4501)
		bobs.ended("purged", 4501)
		a := (<-purged).want(t, http.StatusSeeOther)
		if page := bob.get(a.header.Get("Location")); !strings.Contains(page.body, "All 2 screens confirmed") {
			t.Errorf("receipt: %s", page.body)
		}
	})
	t.Run("shutdown", func(t *testing.T) {
		ana, _, anas, bobs := two(t)
		go ana.s.stop()
		anas.ended("shutdown", 4506)
		bobs.ended("shutdown", 4506)
	})
	t.Run("without a confirmation", func(t *testing.T) {
		ana, _, anas, _ := two(t)
		begun := time.Now()
		a := ana.post(ana.path+"/purge").want(t, http.StatusSeeOther)
		if took := time.Since(begun); took < 900*time.Millisecond || took > 2*time.Second {
			t.Errorf("the purge was answered after %v", took)
		}
		if code := anas.code(); code != 4501 {
			t.Errorf("code %d", code)
		}
		if page := ana.get(a.header.Get("Location")); !strings.Contains(page.body, "None of 2 screens has confirmed") {
			t.Errorf("receipt: %s", page.body)
		}
	})
}

func TestConfirmationsAreReadThroughAFlood(t *testing.T) {
	ana, _, anas, bobs := two(t)
	flood := []byte(strings.Repeat(`{"type":"send"}`+"\n", 400)) // each is answered, none of the answers is awaited
	go func() {
		for range 20 {
			bobs.ws.Write(t.Context(), websocket.MessageText, flood)
		}
	}()
	bobs.expect("refused")
	go func() {
		for o := range bobs.objects {
			if o.text("type") == "ended" {
				bobs.ws.Write(t.Context(), websocket.MessageText, []byte(`{"type":"wiped"}`))
			}
		}
	}()
	purged := make(chan answer)
	go func() { purged <- ana.post(ana.path + "/purge") }()
	anas.ended("purged", 4501)
	page := ana.get((<-purged).want(t, http.StatusSeeOther).header.Get("Location"))
	if !strings.Contains(page.body, "All 2 screens confirmed") {
		t.Errorf("receipt: %.300s", page.body[strings.Index(page.body, "<h1"):])
	}
}

// maxTestFrame is the longest frame for messages of 1024 bytes.
const maxTestFrame = 6*1024 + 1024

func TestWhatIsWrongEndsThatConnectionAndNothingElse(t *testing.T) {
	ana, bob, anas, _ := two(t)
	head := anas.send("m", "x").seq()
	deep := strings.Repeat("[", 3400) + strings.Repeat("]", 3400)
	for _, c := range []struct {
		name  string
		kind  websocket.MessageType
		frame string
		code  int // 0: goes on
	}{
		{"ack at the head", websocket.MessageText, ackObject(head), 0},
		{"ack above the head", websocket.MessageText, ackObject(head + 1), 4001},
		{"seen above the head", websocket.MessageText, fmt.Sprintf(`{"type":"seen","seq":%d}`, head+1), 4001},
		{"negative seq", websocket.MessageText, `{"type":"ack","seq":-1}`, 4001},
		{"fraction", websocket.MessageText, `{"type":"ack","seq":1.5}`, 4001},
		{"seq above 64 bits", websocket.MessageText, `{"type":"ack","seq":18446744073709551616}`, 4001},
		{"seq as text", websocket.MessageText, `{"type":"ack","seq":"1"}`, 4001},
		{"type of the wrong type", websocket.MessageText, `{"type":5}`, 4001},
		{"html of the wrong type", websocket.MessageText, `{"type":"send","id":"a","html":["x"]}`, 4001},
		{"id of the wrong type", websocket.MessageText, `{"type":"send","id":1,"html":"x"}`, 4001},
		{"to of the wrong type", websocket.MessageText, `{"type":"send","id":"a","html":"x","to":{}}`, 4001},
		{"broken JSON", websocket.MessageText, `{"type":"ack"`, 4001},
		{"broken after a good one", websocket.MessageText, "{\"type\":\"typing\"}\n{", 4001},
		{"state of the wrong type", websocket.MessageText, `{"type":"presence","state":1}`, 4001},
		{"half a minute", websocket.MessageText, `{"type":"arm","minutes":0.5}`, 4001},
		{"two on a line", websocket.MessageText, `{"type":"typing"}{"type":"typing"}`, 4001},
		{"not JSON", websocket.MessageText, `hello`, 4001},
		{"an array", websocket.MessageText, `[{"type":"typing"}]`, 4001},
		{"null", websocket.MessageText, `null`, 4001},
		{"a string", websocket.MessageText, `"typing"`, 4001},
		{"NUL", websocket.MessageText, "\x00", 4001},
		{"a control character in a string", websocket.MessageText, "{\"type\":\"typ\x01ing\"}", 4001},
		{"an object over two lines", websocket.MessageText, "{\"type\":\n\"typing\"}", 4001},
		{"unbalanced nesting", websocket.MessageText, `{"x":` + strings.Repeat("[", 7000), 4001},
		{"binary", websocket.MessageBinary, `{"type":"typing"}`, 4001},
		{"empty binary", websocket.MessageBinary, ``, 4001},
		{"not UTF-8", websocket.MessageText, "{\"type\":\"send\",\"id\":\"a\",\"html\":\"\xff\"}", 1007},
		{"half a character", websocket.MessageText, "{\"type\":\"typing\"}\xc3", 1007},
		{"a surrogate in UTF-8", websocket.MessageText, "\xed\xa0\x80", 1007},

		{"empty", websocket.MessageText, ``, 0},
		{"blank lines", websocket.MessageText, "\n\n \r\n\t\n", 0},
		{"CRLF", websocket.MessageText, "{\"type\":\"typing\"}\r\n{\"type\":\"typing\"}\r\n", 0},
		{"no type", websocket.MessageText, `{}`, 0},
		{"unknown type", websocket.MessageText, `{"type":"teleport"}`, 0},
		{"later types", websocket.MessageText, "{\"type\":\"unsend\",\"seq\":99999999999}\n{\"type\":\"kick\",\"participant\":\"x\"}", 0},
		{"a switch out of bounds", websocket.MessageText, `{"type":"arm","minutes":99999999999}`, 0},
		{"nothing to disarm", websocket.MessageText, `{"type":"disarm"}`, 0},
		{"an unknown state", websocket.MessageText, `{"type":"presence","state":"elsewhere"}`, 0},
		{"state null", websocket.MessageText, `{"type":"presence","state":null}`, 0},
		{"presence without a state", websocket.MessageText, `{"type":"presence"}`, 0},
		{"type null", websocket.MessageText, `{"type":null}`, 0},
		{"seq null", websocket.MessageText, `{"type":"ack","seq":null}`, 0},
		{"unknown types may give our fields other types", websocket.MessageText, "{\"type\":\"zzz\",\"id\":5,\"seq\":\"x\",\"to\":7,\"state\":{}}\n{\"type\":\"typing\",\"html\":{}}", 0},
		{"names in other cases are unknown", websocket.MessageText, `{"type":"typing","TYPE":"ack","Seq":99999999999}`, 0},
		{"unknown fields", websocket.MessageText, `{"type":"typing","x":{"y":[1,2,{}]},"z":null}`, 0},
		{"deep in an unknown field", websocket.MessageText, `{"type":"typing","x":` + deep + `}`, 0},
		{"duplicate keys", websocket.MessageText, `{"type":"kick","type":"typing","seq":1,"seq":0}`, 0},
		{"wiped too early", websocket.MessageText, "{\"type\":\"wiped\"}\n{\"type\":\"wiped\"}", 0},
		{"a lone surrogate escape", websocket.MessageText, `{"type":"typing","x":"\ud800"}`, 0},
		{"ack of nothing", websocket.MessageText, `{"type":"ack"}`, 0},

		{"one byte below the longest", websocket.MessageText, strings.Repeat(" ", maxTestFrame-1), 0},
		{"the longest", websocket.MessageText, strings.Repeat(" ", maxTestFrame), 0},
		{"one byte above the longest", websocket.MessageText, strings.Repeat(" ", maxTestFrame+1), 1009},
		{"far above the longest", websocket.MessageText, strings.Repeat(" ", 3*maxTestFrame), 1009},
		{"binary above the longest", websocket.MessageBinary, strings.Repeat(" ", maxTestFrame+1), 1009},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := bob.open() // comes straight back
			k.t = t
			k.frame(c.kind, []byte(c.frame))
			if c.code != 0 {
				if got := k.code(); got != c.code {
					t.Errorf("code %d (%v), want %d", got, k.err, c.code)
				}
				return
			}
			k.say(`{"type":"send","id":"bad id"}`)
			for {
				if o := k.next(); o.text("type") == "refused" { // and nothing else was: it read on to here
					break
				}
			}
			k.ws.Close(websocket.StatusNormalClosure, "")
		})
	}
	// Nothing of all that was a message, and Ana's connection saw it all.
	bob.open()
	anas.send("last", "x")
	ana.get(ana.path).want(t, 200)
}

func TestAnEscapedMessageOfTheLimitFits(t *testing.T) {
	_, _, anas, bobs := two(t)
	html := strings.Repeat(`\u0061`, 1024)
	anas.say(`{"type":"send","id":"escaped","html":"` + html + `"}`)
	if o := bobs.expect("message"); o.text("html") != strings.Repeat("a", 1024) {
		t.Errorf("got %d bytes", len(o.text("html")))
	}
}

func TestFramesSplitInOddPlaces(t *testing.T) {
	_, bob, anas, bobs := two(t)
	bobs.ws.Close(websocket.StatusNormalClosure, "")
	w := bob.raw()
	say := func(id string) []byte { return []byte(sendObject(id, "ünï€😀")) }
	arrives := func(id string) {
		t.Helper()
		if o := anas.expect("message"); o.text("id") != id || o.text("html") != "ünï€😀" {
			t.Errorf("got %v, want %s", o, id)
		}
	}

	// Each byte in a TCP segment of its own.
	for _, b := range frameBytes(true, opText, say("bytes")) {
		w.write([]byte{b})
	}
	arrives("bytes")

	// Each byte in a WebSocket fragment of its own, inside characters too, with
	// empty ones, pings and pongs between.
	w.write(frameBytes(false, opText, nil))
	for i, b := range say("fragments") {
		w.write(frameBytes(false, opContinuation, []byte{b}))
		if i%10 == 0 {
			w.write(frameBytes(true, opPing, []byte("marco")))
			w.write(frameBytes(false, opContinuation, nil))
			w.write(frameBytes(true, opPong, []byte("polo")))
		}
	}
	w.write(frameBytes(true, opContinuation, nil))
	arrives("fragments")
	w.until(opPong, "marco")

	// Several frames in one segment.
	w.write(bytes.Join([][]byte{frameBytes(true, opText, say("a")), frameBytes(true, opText, say("b")), frameBytes(true, opText, nil)}, nil))
	arrives("a")
	arrives("b")

	// The bound holds for the sum of the fragments.
	half := bytes.Repeat([]byte{' '}, maxTestFrame/2)
	w.write(frameBytes(false, opText, half))
	w.write(frameBytes(true, opContinuation, half))
	w.write(frameBytes(true, opText, say("after-the-longest")))
	arrives("after-the-longest")
	w.write(frameBytes(false, opText, half))
	w.write(frameBytes(false, opContinuation, half))
	w.write(frameBytes(true, opContinuation, []byte{' '}))
	if code := w.code(); code != 1009 {
		t.Errorf("fragments above the bound: code %d", code)
	}
}

func TestFramesAgainstTheProtocol(t *testing.T) {
	_, bob, anas, _ := two(t)
	unmasked := []byte{0x81, 2, '{', '}'}
	huge := binary.BigEndian.AppendUint64([]byte{0x81, 0xFF}, 1<<62)
	negative := binary.BigEndian.AppendUint64([]byte{0x81, 0xFF}, 1<<63)
	for name, frame := range map[string][]byte{
		"unmasked":                    unmasked,
		"a continuation of nothing":   frameBytes(true, opContinuation, []byte("{}")),
		"a new message inside one":    append(frameBytes(false, opText, []byte("{")), frameBytes(true, opText, []byte("}"))...),
		"reserved bits":               {0xF1, 0x80, 0, 0, 0, 0},
		"an unknown opcode":           {0x83, 0x80, 0, 0, 0, 0},
		"a fragmented ping":           frameBytes(false, opPing, nil),
		"a long ping":                 frameBytes(true, opPing, make([]byte, 126)),
		"a length of 2^62":            append(huge, make([]byte, 4+maxTestFrame+100)...),
		"a negative length":           append(negative, 0, 0, 0, 0),
		"a close frame with one byte": frameBytes(true, opClose, []byte{3}),
		"a close code of nobody":      frameBytes(true, opClose, []byte{0, 1}),
		"HTTP":                        []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			w := bob.raw()
			w.t = t
			w.write(frame)
			if code := w.code(); code >= 4500 || code == 1000 {
				t.Errorf("code %d", code)
			}
		})
	}
	anas.send("m", "nothing noticed")
}

func TestPingsAreAnswered(t *testing.T) {
	_, _, _, bobs := two(t)
	bobs.ping()
}
