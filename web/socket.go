package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"mayfly/rooms"
)

const (
	// batchBytes is about how much one WebSocket message holds: enough that a
	// busy room costs few writes, little enough that thousands of slow readers
	// cannot fill the memory.
	batchBytes = 64 << 10

	// frameWait is how long a frame that has begun may take to arrive: an
	// unfinished one holds memory. A longer one would not help a slow line, whose
	// answer to a ping waits behind the frame.
	frameWait = 15 * time.Second

	// endedWait is how long a screen has to confirm that it is wiped, and
	// closeWait how long the closing handshake may take.
	endedWait = time.Second
	closeWait = time.Second

	// A connection may send this many frames, objects and pings a second, all
	// counted alike, and so many at once; over it the server reads more slowly
	// and leaves pings without an answer.
	paceRate  = 100
	paceBurst = 1000

	// maxAnswers is how many bytes of answers to a sender may wait to be written.
	maxAnswers = 4 << 10
)

// maxFrame is the longest frame a browser may send: every character of a
// message may come as a \u escape of six bytes.
func (s *Server) maxFrame() int64 { return int64(6*s.limits.MessageBytes + 1024) }

// maxSeq is the largest number that a browser counts exactly.
const maxSeq = 1<<53 - 1

// parseResume reads ?page=ID and ?after=SEQ; "" and nil if there is none.
func parseResume(c echo.Context) (page string, after *uint64, err error) {
	query := c.QueryParams()
	if values, ok := query["page"]; ok {
		if page = values[0]; len(values) > 1 || !rooms.ValidID(page) {
			return "", nil, errResume
		}
	}
	if values, ok := query["after"]; ok {
		seq, err := strconv.ParseUint(values[0], 10, 64)
		if err != nil || len(values) > 1 || seq > maxSeq {
			return "", nil, errResume
		}
		after = &seq
	}
	return page, after, nil
}

// socket is one open tab. A goroutine reads what the browser says, the room's pump
// writes; the handler is done with the handshake, so that its stack
// and buffers are free while the tab is open.
func (s *Server) socket(c echo.Context) error {
	room, p, err := s.participant(c)
	if err != nil {
		return err
	}
	page, after, err := parseResume(c)
	if err != nil {
		return err
	}
	if err := room.CheckAfter(p, after); err != nil {
		return err
	}
	if !c.IsWebSocket() {
		c.Response().Header().Set("Upgrade", "websocket")
		return errNotASocket
	}
	if origin := c.Request().Header.Get("Origin"); s.secure && strings.HasPrefix(origin, "http:") {
		return errCrossSite // Accept compares hosts alone
	}
	var origins []string
	if s.options.BaseURL != nil {
		origins = []string{s.options.BaseURL.Host}
	}
	var pace *rate.Limiter
	if s.limits.MessageRate > 0 { // off for load tests, as all that limits messages
		pace = rate.NewLimiter(paceRate, paceBurst)
	}
	conn := &connection{
		server: s, room: room, participant: p, pace: pace,
		wiped: make(chan struct{}), left: make(chan struct{}), closed: make(chan struct{}),
	}
	w := &hijacker{ResponseWriter: c.Response()}
	conn.ws, err = websocket.Accept(w, c.Request(), &websocket.AcceptOptions{
		OriginPatterns: origins,
		OnPingReceived: func(context.Context, []byte) bool { return pace == nil || pace.Allow() },
		OnPongReceived: func(context.Context, []byte) { conn.line.answered() },
	})
	if err != nil {
		return nil // Accept has answered: not a WebSocket handshake, or from a foreign origin
	}
	conn.ws.SetReadLimit(s.maxFrame())
	conn.line = w.line
	conn.begin(page, after)
	return nil
}

type connection struct {
	server      *Server
	ws          *websocket.Conn // reads, and closes
	line        *line
	room        *rooms.Room
	participant *rooms.Participant
	sub         *rooms.Subscription
	pump        *pump
	pace        *rate.Limiter // of what is read; nil: none
	part        int           // of the heart that it is in; the heart's

	welcomed atomic.Bool // from here on the pump may write
	queued   atomic.Bool // the pump will come
	beatDue  atomic.Bool // lease and ping are to be written
	pinged   atomic.Bool // since something was heard
	ending   atomic.Bool // somebody closes it

	answersMu sync.Mutex
	answers   []byte // wire objects for the sender, at most maxAnswers

	wiped  chan struct{} // closed by the reader when the screen has confirmed
	left   chan struct{} // closed when the reader is done
	closed chan struct{} // closed when whoever ends it is done
}

// begin joins the room and welcomes the browser, then leaves the socket to
// goroutines of its own.
func (c *connection) begin(page string, after *uint64) {
	c.pump = c.server.pumps.join(c.room)
	c.line.idle = c.wake
	sub, welcome, err := c.room.Subscribe(c.participant, page, after, c.wake)
	if err != nil {
		c.server.pumps.leave(c.room)
		close(c.left)
		c.refuse(err)
		return
	}
	c.sub = sub
	c.line.answered = sub.Heard
	c.server.heart.add(c)
	_, err = c.line.Write(textFrame(welcomeWire(c.participant.ID, welcome, c.room)))
	if err != nil {
		go c.finish(closeProtocol)
		return
	}
	c.welcomed.Store(true)
	c.wake()
	go c.wait()
}

// wait is all that a socket is between two frames: a goroutine that digs no
// deeper than 2 KiB of stack. Whoever reads needs 4, and 15,000 stacks are the
// largest part of what as many people cost.
func (c *connection) wait() {
	err := c.line.await()
	go c.talk(err)
}

// talk handles what has begun to arrive, or the error in its place.
func (c *connection) talk(err error) {
	if code, over := c.read(err); over {
		c.finish(code)
	} else {
		go c.wait()
	}
}

// finish is the end of a socket, once nobody reads any more.
func (c *connection) finish(code websocket.StatusCode) {
	close(c.left)
	if c.ending.Swap(true) {
		<-c.closed
	} else {
		c.close(code)
	}
	if !c.line.lost.Load() {
		c.sub.Heard() // it left, or its line broke: either way something arrived just now
	}
	c.server.heart.remove(c)
	c.sub.Close()
	c.server.pumps.leave(c.room)
}

// survive turns a panic into the end of one connection.
func (c *connection) survive(err *error) {
	if v := recover(); v != nil {
		*err = &panicError{fmt.Sprintf("panic of type %T at %s", v, panicSite())}
		c.server.log.Error("a socket failed", "err", *err)
	}
}

// wake has the pump come. It may be called under the room's lock.
func (c *connection) wake() {
	if !c.queued.Swap(true) {
		c.pump.add(c)
	}
}

// beat is the regular sign of life, or the end of a line that has given none
// since the last.
func (c *connection) beat() {
	if heard := c.line.heard.Swap(false); c.pinged.Load() && !heard {
		c.line.reset()
		return
	}
	c.beatDue.Store(true)
	c.wake()
}

// refuse ends a socket whose subscription failed between the checks and the
// handshake.
func (c *connection) refuse(err error) {
	cause := rooms.Cause("")
	if errors.Is(err, rooms.ErrForbidden) {
		cause = rooms.LoggedOut
	} else if !errors.As(err, &cause) {
		c.close(websocket.StatusTryAgainLater)
		return
	}
	c.line.Write(textFrame(endedWire(cause)))
	c.close(websocket.StatusCode(closeCodes[cause]))
}

// read handles what the browser says until it pauses. It is over, with this code,
// when the connection ends or the browser says something wrong.
func (c *connection) read(err error) (code websocket.StatusCode, over bool) {
	var failure error
	defer func() {
		if failure != nil {
			code, over = websocket.StatusInternalError, true
		}
	}()
	defer c.survive(&failure)
	for {
		var kind websocket.MessageType
		var frame []byte
		if err == nil {
			kind, frame, err = c.readFrame()
		}
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			return closeSlow, true
		case websocket.CloseStatus(err) < 0 && !errors.Is(err, io.EOF):
			return closeProtocol, true // or the line broke, and no code arrives
		default:
			return websocket.StatusNormalClosure, true // the browser left
		}
		c.keepPace()
		switch {
		case kind == websocket.MessageText && !utf8.Valid(frame):
			return websocket.StatusInvalidFramePayloadData, true
		case kind != websocket.MessageText || parseFrame(frame, c.handle) != nil:
			return closeProtocol, true
		case c.line.drained():
			return 0, false
		}
	}
}

// readFrame waits for a frame until the connection ends, which the writer sees
// to, but for the rest of a frame that has begun no longer than frameWait.
func (c *connection) readFrame() (websocket.MessageType, []byte, error) {
	kind, rest, err := c.ws.Reader(context.Background())
	if err != nil {
		return 0, nil, err
	}
	c.line.SetReadDeadline(time.Now().Add(frameWait))
	defer c.line.SetReadDeadline(time.Time{})
	frame, err := io.ReadAll(rest)
	return kind, frame, err
}

// keepPace makes a browser that says too much wait.
func (c *connection) keepPace() {
	if c.pace == nil {
		return
	}
	if wait := c.pace.Reserve().Delay(); wait > 0 {
		select {
		case <-time.After(wait):
		case <-c.closed:
		}
	}
}

// handle does what one object asks. An error is a protocol error.
func (c *connection) handle(o object) error {
	if c.ending.Load() && o.Type != "wiped" && o.Type != "ack" {
		return nil // too late, and the reader must get to "wiped"
	}
	c.keepPace()
	switch o.Type {
	case "send":
		c.handleSend(o)
	case "ack":
		return c.sub.Ack(o.Seq)
	case "seen":
		return c.sub.Seen(o.Seq)
	case "typing":
		c.sub.Typing()
	case "presence":
		c.sub.Presence(o.State)
	case "arm":
		c.answerSwitch(c.room.Arm(c.participant, minutes(o.Minutes)))
	case "disarm":
		c.answerSwitch(c.room.Disarm(c.participant))
	case "wiped":
		c.sub.Confirm()
		select {
		case <-c.wiped:
		default:
			close(c.wiped)
		}
	}
	return nil
}

func (c *connection) handleSend(o object) {
	var dropped []string
	err := errWhisper
	if o.To == nil {
		dropped, err = c.server.post(c.room, c.participant, o.ID, o.HTML)
	}
	if err != nil {
		c.reply(refusedWire(o.ID, err))
	}
	if len(dropped) > 0 {
		c.reply(noticeWire(o.ID, dropped))
	}
}

// answerSwitch says how the sender's dead man's switch stands after it was to
// be changed, and why it was not if that failed.
func (c *connection) answerSwitch(err error) {
	if err != nil {
		c.reply(refusedWire("", err))
	}
	c.reply(switchWire(c.room.Switch(c.participant)))
}

// reply answers the sender, after what the room has for it. A sender that does
// not read its answers is not read from either.
func (c *connection) reply(wire []byte) {
	c.answersMu.Lock()
	fits := len(c.answers)+len(wire) <= maxAnswers
	if fits {
		c.answers = append(c.answers, wire...)
	}
	c.answersMu.Unlock()
	if fits {
		c.wake()
	} else if _, err := c.line.Write(textFrame(wire)); err != nil {
		c.end(err)
	}
}

func (c *connection) takeAnswers() (wire []byte) {
	c.answersMu.Lock()
	defer c.answersMu.Unlock()
	wire, c.answers = c.answers, nil
	return wire
}

// end ends the connection once, without making its caller wait: a Cause is said,
// and the screen has a moment to confirm that it is wiped.
func (c *connection) end(err error) {
	if c.ending.Swap(true) {
		return
	}
	go func() {
		defer close(c.closed)
		cause := rooms.Cause("")
		switch {
		case errors.As(err, &cause):
			c.sayEnded(cause)
		case errors.Is(err, rooms.ErrSlow), errors.Is(err, rooms.ErrStale):
			c.close(closeSlow)
		default:
			c.reset()
		}
	}()
}

func (c *connection) sayEnded(cause rooms.Cause) {
	if _, err := c.line.Write(textFrame(endedWire(cause))); err != nil {
		c.reset()
		return
	}
	wait := time.NewTimer(endedWait)
	defer wait.Stop()
	select {
	case <-c.wiped:
	case <-c.left:
	case <-wait.C:
	}
	c.close(websocket.StatusCode(closeCodes[cause]))
}

// close does the closing handshake within closeWait; Close alone would wait for
// up to ten seconds.
func (c *connection) close(code websocket.StatusCode) {
	if c.line.broken.Load() {
		c.ws.CloseNow() // nobody is there to shake hands with
		return
	}
	c.line.closeSoon()
	c.line.stop()
	<-c.left // two cannot read, and the handshake does
	c.line.Conn.SetReadDeadline(time.Now().Add(closeWait))
	c.ws.Close(code, "")
}

// reset drops a line that takes nothing any more.
func (c *connection) reset() {
	c.line.reset()
	c.ws.CloseNow()
}
