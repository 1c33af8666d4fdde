package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"mayfly/format"
	"mayfly/rooms"
	"mayfly/views"
)

const (
	// receivedAfter is when what a stream has sent counts as received: its page
	// cannot say so.
	receivedAfter = 30 * time.Second

	// sentEvery is the least time between two entries of what was sent, so that
	// there are at most 46 of them.
	sentEvery = time.Second

	// reloadAfter is when a page whose stream has broken loads itself again.
	reloadAfter = 2 * time.Second

	// staleAfter is when a page without contact says so: a renewal of its lease has
	// not come by then.
	staleAfter = leaseEvery + 10*time.Second

	// answerWait is how long a page whose own form has ended it may wait for the
	// answer, before it is led away.
	answerWait = 3 * time.Second

	// streamWrite is how much is written at once to a stream: a line that takes
	// this much in writeStall is slow, not dead.
	streamWrite = 4 << 10

	// onceBytes is how much a page that ends shows at most.
	onceBytes = 1 << 20
)

// Forms on pages without scripts name by the field back where their answer leads.
const (
	backCompose = "compose"
	backOnce    = "once"
)

// backTo is where the answer to a form leads.
func backTo(c echo.Context, f form) string {
	switch f["back"] {
	case backCompose:
		return roomPath(c) + "/compose"
	case backOnce:
		return roomPath(c) + "/live?once"
	}
	return roomPath(c)
}

// live is the room for a page without scripts: an answer that never ends. It
// takes the participant over, so another site cannot have it asked for.
func (s *Server) live(c echo.Context) error {
	room, p, err := s.participant(c)
	if errors.Is(err, errNoSession) {
		return c.Redirect(http.StatusSeeOther, roomPath(c))
	}
	if err != nil {
		return err
	}
	if site := c.Request().Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return errCrossSite
	}
	st := s.newStream(c, room, p)
	if c.QueryParams().Has("once") || showsAtEnd(c.Request()) {
		return st.once(http.StatusOK, "", "")
	}
	return st.run()
}

func (s *Server) newStream(c echo.Context, room *rooms.Room, p *rooms.Participant) *stream {
	return &stream{server: s, c: c, room: room, participant: p, nonce: rand.Text(), wake: make(chan struct{}, 1), turn: "b"}
}

// showsAtEnd reports whether a browser shows a page only when all of it is there.
func showsAtEnd(r *http.Request) bool {
	agent := r.UserAgent()
	return slices.ContainsFunc([]string{"w3m/", "Lynx/", "Links ", "ELinks/"}, func(name string) bool { return strings.HasPrefix(agent, name) })
}

// stream is an open page without scripts.
type stream struct {
	server      *Server
	c           echo.Context
	room        *rooms.Room
	participant *rooms.Participant
	sub         *rooms.Subscription
	wake        chan struct{}
	nonce       string
	closing     [][]byte // what ends the page's markup: the room, and the rest

	people  []rooms.Person
	met     map[string]rooms.Person // everybody who was here: who left may still be quoted
	author  string                  // of the message that is the last line; "" if that is none
	purgeAt time.Time
	news    bool   // in the facts, which the page has to be told
	away    bool   // somebody's state is new, which can wait
	warned  int    // minutes before the end
	turn    string // of the fuse
	frames  int    // of media
	seq     uint64 // of the newest event drawn
	sent    []sent // and not acknowledged yet, oldest first
	b       bytes.Buffer
}

// sent is what a stream had sent at a time.
type sent struct {
	seq uint64
	at  time.Time
}

// open takes the participant over and begins the page, up to where the messages
// come.
func (st *stream) open(page func(views.RoomPage) templ.Component, back string) error {
	model, err := st.server.roomPage(st.c, st.room, st.participant)
	if err != nil {
		return err
	}
	model.Back = back
	sub, welcome, err := st.room.Stream(st.participant, func() {
		select {
		case st.wake <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return err
	}
	st.sub, st.seq, st.people, st.purgeAt = sub, welcome.Seq, welcome.People, welcome.PurgeAt
	st.met = map[string]rooms.Person{}
	for _, person := range st.people {
		st.met[person.ID] = person
	}
	st.draw(page(model))
	parts := bytes.Split(bytes.Clone(st.b.Bytes()), []byte(views.StreamMark))
	st.b.Reset()
	st.b.Write(parts[0])
	st.closing = parts[1:]
	h := st.c.Response().Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("Content-Security-Policy", policy("'self' 'nonce-"+st.nonce+"'", "'none'"))
	return nil
}

// once answers with what is new, and with what came of a form, and ends.
func (st *stream) once(status int, notice, draft string) error {
	st.room.AckFlushed(st.participant)
	page := func(model views.RoomPage) templ.Component {
		model.Notice, model.Draft = notice, draft
		return views.Once(model)
	}
	if err := st.open(page, backOnce); err != nil {
		return err
	}
	defer st.sub.Close()
	st.facts()
	for more, size := true, 0; more && size < onceBytes; size = st.b.Len() {
		events, _, rest, err := st.sub.Take(nil, batchBytes)
		if err != nil {
			return err
		}
		st.events(events)
		more = rest
	}
	st.b.Write(st.closing[0])
	st.sub.Flushed(st.seq)
	return writePage(st.c, status, st.b.Bytes())
}

// run streams until the room is over for this page, or the line breaks.
func (st *stream) run() error {
	page := func(model views.RoomPage) templ.Component { return views.Live(model, st.fuse()) }
	if err := st.open(page, backCompose); err != nil {
		return err
	}
	ending := false // from then on end closes the subscription
	defer func() {
		if !ending {
			st.sub.Close()
		}
	}()
	st.prepare()
	st.facts()
	beat := time.NewTicker(leaseEvery)
	defer beat.Stop()
	minute := time.NewTimer(st.nextMinute())
	defer minute.Stop()
	st.warned = st.warning()
	for {
		events, own, more, err := st.sub.Take(nil, batchBytes)
		if cause := rooms.Cause(""); errors.As(err, &cause) {
			ending = true
			st.end(cause)
			return nil
		}
		if err != nil {
			panic(http.ErrAbortHandler) // too slow: the page loads itself again, and is told what is missing
		}
		st.events(events)
		st.states(own)
		if err := st.flush(); err != nil {
			return nil
		}
		if more {
			continue
		}
		select {
		case <-st.wake:
		case <-beat.C:
			st.beat()
		case <-minute.C:
			st.facts()
			st.warn()
			minute.Reset(st.nextMinute())
		case <-st.c.Request().Context().Done():
			return nil
		}
	}
}

// prepare readies the connection for an answer without an end.
func (st *stream) prepare() {
	h := st.c.Response().Header()
	h.Set("X-Accel-Buffering", "no")      // nginx
	h.Set("Content-Encoding", "identity") // Caddy would hold back what it compresses
	// The end of the connection is the end of the page, whatever ends it, and so the
	// page loads itself again; a body in chunks would be broken off.
	h.Set("Transfer-Encoding", "identity")
	h.Set("Refresh", fmt.Sprintf("%d; url=%s", seconds(reloadAfter), st.c.Request().URL.RequestURI()))
	http.NewResponseController(st.c.Response()).SetReadDeadline(time.Time{})
	boundSending(st.c.Request())
	st.c.Response().WriteHeader(http.StatusOK)
}

// flush sends what was drawn.
func (st *stream) flush() error {
	rc := http.NewResponseController(st.c.Response())
	for chunk := range slices.Chunk(st.b.Bytes(), streamWrite) {
		rc.SetWriteDeadline(time.Now().Add(writeStall))
		if _, err := st.c.Response().Write(chunk); err != nil {
			return err
		}
		if err := rc.Flush(); err != nil {
			return err
		}
	}
	clear(st.b.Bytes())
	if st.b.Reset(); st.b.Cap() > 2*batchBytes {
		st.b = bytes.Buffer{}
	}
	st.sub.Flushed(st.seq)
	if n := len(st.sent); n == 0 || st.sent[n-1].seq < st.seq && time.Since(st.sent[n-1].at) >= sentEvery {
		st.sent = append(st.sent, sent{st.seq, time.Now()})
	}
	return nil
}

// beat renews the lease of the page, and acknowledges what it must have by now.
func (st *stream) beat() {
	st.sub.Heard()
	fuse := st.fuse()
	st.b.WriteString(fuse.Renewed())
	if st.away {
		st.facts()
	}
	received := 0
	for received < len(st.sent) && time.Since(st.sent[received].at) >= receivedAfter {
		received++
	}
	if received > 0 {
		st.sub.Ack(st.sent[received-1].seq)
		st.sent = slices.Delete(st.sent, 0, received)
	}
}

func (st *stream) fuse() views.Fuse {
	if st.turn == "a" {
		st.turn = "b"
	} else {
		st.turn = "a"
	}
	return views.Fuse{Nonce: st.nonce, LeftSeconds: seconds(st.room.Left()), LeaseSeconds: seconds(min(st.room.Lease, st.room.Left())), StaleSeconds: seconds(staleAfter), Turn: st.turn}
}

// draw adds a part to the page.
func (st *stream) draw(part templ.Component) {
	part.Render(context.Background(), &st.b) // into memory, which does not fail
}

// note draws a line that the room says.
func (st *stream) note(line templ.Component) {
	st.draw(line)
	st.author = ""
}

// nextMinute is when the time left is another.
func (st *stream) nextMinute() time.Duration {
	return max(time.Second, (st.room.Left()-1)%time.Minute+1)
}

// warn says once that the end is near.
func (st *stream) warn() {
	if near := st.warning(); near != st.warned {
		st.warned = near
		st.note(views.LiveNote(views.Warning(near)))
	}
}

// warning is how near the end is, in views.WarnMinutes, or 0.
func (st *stream) warning() (near int) {
	for _, minutes := range views.WarnMinutes {
		if st.room.Left() <= time.Duration(minutes)*time.Minute {
			near = minutes
		}
	}
	return near
}

// facts says anew who is here and how long the room lasts.
func (st *stream) facts() {
	facts := views.Facts{You: st.participant.ID, LeftText: leftText(st.room.Left()), PurgeAt: moment(st.purgeAt)}
	for _, person := range st.people {
		facts.People = append(facts.People, viewPerson(person))
	}
	st.draw(views.LiveFacts(facts))
	st.news, st.away = false, false
}

// streamed is what a stream needs of an event.
type streamed struct {
	Type        string
	Seq         uint64
	From        string
	At          time.Time
	HTML        string
	Missed      int
	Participant json.RawMessage
	State       rooms.State
}

// person is whom an event is about: joined has all of it, others the ID.
func (e streamed) person() (p rooms.Person) {
	if json.Unmarshal(e.Participant, &p.ID) != nil {
		json.Unmarshal(e.Participant, &p)
	}
	return p
}

func (st *stream) events(events []*rooms.Event) {
	var line []byte
	for _, event := range events {
		line = event.AppendWire(line[:0])
		var e streamed
		json.Unmarshal(line, &e) // our own words
		clear(line)
		st.event(e)
		st.seq = event.Seq
	}
	if st.news {
		st.facts()
	}
}

func (st *stream) event(e streamed) {
	switch e.Type {
	case "message":
		st.draw(views.LiveMessage(views.Message{
			Seq: fmt.Sprint(e.Seq), Alias: st.met[e.From].Alias, Badge: string(st.met[e.From].Badge),
			Own: e.From == st.participant.ID, Follows: e.From == st.author,
			At: rooms.At(e.At), Clock: e.At.UTC().Format("15:04"), HTML: format.Media(e.HTML, st.media),
		}))
		st.author = e.From
	case "joined":
		p := e.person()
		st.people = append(st.people, p)
		st.met[p.ID] = p
		st.note(views.LiveNoteOf("joined", p.Alias))
		st.news = true
	case "left":
		id := e.person().ID
		st.people = slices.DeleteFunc(st.people, func(p rooms.Person) bool { return p.ID == id })
		st.note(views.LiveNoteOf("left", st.met[id].Alias))
		st.news = true
	case "gap":
		key := "gap"
		if e.Missed == 1 {
			key = "gap-one"
		}
		st.note(views.LiveNote(views.Word(key, "n", strconv.Itoa(e.Missed))))
	case "armed", "disarmed":
		st.purgeAt = e.At
		st.note(views.LiveNote(views.Word(e.Type)))
		st.news = true
	}
}

// states keeps the passing states that a page without scripts can show. They change
// often, and each time takes the reader's place in the facts: the next beat is soon
// enough.
func (st *stream) states(own []byte) {
	for line := range bytes.Lines(own) {
		var e streamed
		if json.Unmarshal(line, &e) != nil || e.Type != "presence" {
			continue
		}
		id := e.person().ID
		if i := slices.IndexFunc(st.people, func(p rooms.Person) bool { return p.ID == id }); i >= 0 {
			st.away = st.away || st.people[i].State != e.State
			st.people[i].State = e.State
		}
	}
}

// media is the button for media from elsewhere, and the frame that shows it.
func (st *stream) media(kind string, address *url.URL) string {
	var b strings.Builder
	st.frames++
	views.LiveMedia(st.frames, kind, address.String(), address.Host).Render(context.Background(), &b)
	return b.String()
}

// end leads the page away. Its coming there confirms that nothing is left of it.
func (st *stream) end(cause rooms.Cause) {
	st.server.screens.await(st.participant.ID, st.sub)
	giveUp := func() { st.server.screens.giveUp(st.participant.ID, st.sub) }
	if st.leadAway(cause) {
		time.AfterFunc(purgeWait, giveUp)
	} else {
		giveUp()
	}
}

// leadAway hides all that was drawn, at once, and leads away, unless the line is
// broken. If the page has asked for the end itself, the answer to that comes first.
func (st *stream) leadAway(cause rooms.Cause) bool {
	st.b.Write(st.closing[0])
	st.draw(views.LiveEnded(string(cause), roomPath(st.c), st.nonce))
	if st.flush() != nil {
		return false
	}
	if st.sub.Purger() || cause == rooms.LoggedOut {
		select {
		case <-time.After(answerWait):
		case <-st.c.Request().Context().Done():
			return false
		}
	}
	st.draw(views.LiveAway(roomPath(st.c) + "/ended/" + string(cause)))
	st.b.Write(st.closing[1])
	return st.flush() == nil
}

// ended is where a stream leads to when the room is over for it. To come here is
// the one way for its page to say that nothing is left of it.
func (s *Server) ended(c echo.Context) error {
	cause := c.Param("cause")
	if !views.IsEnding(cause) {
		return echo.ErrNotFound
	}
	room := c.Param("room")
	if sess, err := s.sealer.Read(c.Request(), room); err == nil {
		s.screens.confirm(sess.Participant)
	}
	if _, _, err := s.participant(c); err != nil {
		s.sealer.Forget(c.Response(), c.Request(), room)
	}
	return render(c, http.StatusOK, views.Ended(s.frame(c), cause, roomPath(c)))
}

// screens are the streams that have ended and whose pages have not come to the
// page after it yet, by participant.
type screens struct {
	mu      sync.Mutex
	waiting map[string]*rooms.Subscription
}

func (s *screens) await(participant string, sub *rooms.Subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting == nil {
		s.waiting = map[string]*rooms.Subscription{}
	}
	s.waiting[participant] = sub
}

func (s *screens) confirm(participant string) {
	s.mu.Lock()
	sub, ok := s.waiting[participant]
	delete(s.waiting, participant)
	s.mu.Unlock()
	if ok {
		sub.Confirm()
		sub.Close()
	}
}

func (s *screens) giveUp(participant string, sub *rooms.Subscription) {
	s.mu.Lock()
	if s.waiting[participant] == sub {
		delete(s.waiting, participant)
	}
	s.mu.Unlock()
	sub.Close()
}

// compose is the frame of a stream in which messages are written.
func (s *Server) compose(c echo.Context) error {
	framed := c.Request().Header.Get("Sec-Fetch-Dest") == "iframe"
	room, p, err := s.participant(c)
	if err != nil && framed {
		frameable(c)
		return render(c, http.StatusOK, views.ComposeOver(roomPath(c)))
	}
	if errors.Is(err, errNoSession) {
		return c.Redirect(http.StatusSeeOther, roomPath(c))
	}
	if err != nil {
		return err
	}
	return s.renderCompose(c, http.StatusOK, room, p, "", "")
}

func (s *Server) renderCompose(c echo.Context, status int, room *rooms.Room, p *rooms.Participant, notice, draft string) error {
	page, err := s.roomPage(c, room, p)
	if err != nil {
		return err
	}
	page.Back, page.Notice, page.Draft = backCompose, notice, draft
	frameable(c)
	return render(c, status, views.Compose(page))
}

// frameable lets our own pages, and nobody else's, show this one in a frame.
func frameable(c echo.Context) {
	h := c.Response().Header()
	h.Set("Content-Security-Policy", policy("'self'", "'self'"))
	h.Set("X-Frame-Options", "SAMEORIGIN")
}
