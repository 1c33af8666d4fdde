package web

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
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

	// writeStall is how long a write may wait for a reader that does not read.
	writeStall = 10 * time.Second

	// leaseEvery is how often the screen's lease is renewed and the line is
	// tested with a ping; pongWait how long the answer may take.
	leaseEvery = 15 * time.Second
	pongWait   = 15 * time.Second

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

	// replies is how many answers to a sender may wait for the writer; over it
	// the server stops reading from that sender.
	replies = 16
)

// maxFrame is the longest frame a browser may send: every character of a
// message may come as a \u escape of six bytes.
func (s *Server) maxFrame() int64 { return int64(6*s.limits.MessageBytes + 1024) }

// maxSeq is the largest number that a browser counts exactly.
const maxSeq = 1<<53 - 1

// parseAfter reads ?after=SEQ; nil if there is none.
func parseAfter(c echo.Context) (*uint64, error) {
	values, ok := c.QueryParams()["after"]
	if !ok {
		return nil, nil
	}
	after, err := strconv.ParseUint(values[0], 10, 64)
	if err != nil || len(values) > 1 || after > maxSeq {
		return nil, errAfter
	}
	return &after, nil
}

// socket is one open tab. The handler reads, its helper writes, and it returns
// when both are done.
func (s *Server) socket(c echo.Context) error {
	room, p, err := s.participant(c)
	if err != nil {
		return err
	}
	after, err := parseAfter(c)
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
	w := &hijacker{ResponseWriter: c.Response()}
	ws, err := websocket.Accept(w, c.Request(), &websocket.AcceptOptions{
		OriginPatterns: origins,
		OnPingReceived: func(context.Context, []byte) bool { return pace == nil || pace.Allow() },
	})
	if err != nil {
		return nil // Accept has answered: not a WebSocket handshake, or from a foreign origin
	}
	ws.SetReadLimit(s.maxFrame())
	conn := &connection{
		server: s, ws: ws, raw: w.conn, room: room, participant: p, pace: pace,
		replies: make(chan []byte, replies),
		quit:    make(chan websocket.StatusCode, 1),
		wiped:   make(chan struct{}),
		done:    make(chan struct{}),
		written: make(chan struct{}),
	}
	conn.run(after)
	return nil
}

// hijacker keeps the net.Conn that websocket.Accept takes over: deadlines set
// on it bound every write and the closing handshake.
type hijacker struct {
	http.ResponseWriter
	conn net.Conn
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.conn = conn
	return conn, rw, err
}

type connection struct {
	server      *Server
	ws          *websocket.Conn
	raw         net.Conn
	room        *rooms.Room
	participant *rooms.Participant
	sub         *rooms.Subscription
	pace        *rate.Limiter // of what is read; nil: none

	replies chan []byte               // reader -> writer: answers to the sender
	quit    chan websocket.StatusCode // the reader's last word: close with this code; cap 1
	wiped   chan struct{}             // closed by the reader when the screen has confirmed
	done    chan struct{}             // closed when the reader is done
	written chan struct{}             // closed when the writer is done
	dead    atomic.Bool               // we gave the line up, the browser did not end it
}

func (c *connection) run(after *uint64) {
	sub, welcome, err := c.room.Subscribe(c.participant, after)
	if err != nil {
		c.refuse(err)
		return
	}
	c.sub = sub
	defer sub.Close()
	var writer sync.WaitGroup
	writer.Go(func() {
		defer close(c.written)
		c.write(welcome)
	})
	defer func() { // also if reading panics: the writer must not be left alone
		close(c.done)
		writer.Wait()
		if !c.dead.Load() {
			sub.Heard() // it left, or its line broke: either way something arrived just now
		}
	}()
	c.read()
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
	c.send(endedWire(cause))
	c.close(websocket.StatusCode(closeCodes[cause]))
}

// read handles what the browser says until the connection ends or says
// something wrong.
func (c *connection) read() {
	for {
		kind, frame, err := c.readFrame()
		if err != nil {
			switch {
			case errors.Is(err, os.ErrDeadlineExceeded):
				c.quit <- closeSlow
			case websocket.CloseStatus(err) < 0 && !errors.Is(err, io.EOF):
				c.quit <- closeProtocol // or the line broke, and no code arrives
			}
			return
		}
		c.keepPace()
		switch {
		case kind == websocket.MessageText && !utf8.Valid(frame):
			c.quit <- websocket.StatusInvalidFramePayloadData
			return
		case kind != websocket.MessageText || parseFrame(frame, c.handle) != nil:
			c.quit <- closeProtocol
			return
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
	c.raw.SetReadDeadline(time.Now().Add(frameWait))
	defer c.raw.SetReadDeadline(time.Time{})
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
		case <-c.written:
		}
	}
}

// handle does what one object asks. An error is a protocol error.
func (c *connection) handle(o object) error {
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

func (c *connection) reply(wire []byte) {
	if wire == nil {
		return
	}
	select {
	case c.replies <- wire:
	case <-c.written:
	}
}

// write sends what the room has for this reader until one of both ends it.
func (c *connection) write(welcome rooms.Welcome) {
	var pings sync.WaitGroup
	defer pings.Wait()
	lease := time.NewTicker(leaseEvery)
	defer lease.Stop()
	renew := func() []byte {
		pings.Go(c.ping)
		return leaseWire(c.room)
	}
	var events []*rooms.Event
	batch := welcomeWire(c.participant.ID, welcome, c.room)
	for {
		if len(batch) > 0 {
			if !c.send(batch) {
				c.reset()
				return
			}
			clear(batch) // nothing said outlives its delivery
			if batch = batch[:0]; cap(batch) > batchBytes {
				batch = nil
			}
		}
		var own []byte
		var err error
		events, own, err = c.sub.Take(events[:0], batchBytes)
		if err != nil {
			c.end(err)
			return
		}
		for _, e := range events {
			batch = e.AppendWire(batch)
		}
		batch = append(batch, own...)
		clear(events)
		// However busy the room is, the rest gets its turn with every batch.
		for due := len(batch) > 0; due; {
			select {
			case wire := <-c.replies:
				batch = append(batch, wire...)
			case <-lease.C:
				batch = append(batch, renew()...)
			case <-c.done:
				c.close(c.quitCode())
				return
			default:
				due = false
			}
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-c.sub.Wake():
		case wire := <-c.replies:
			batch = append(batch, wire...)
		case <-lease.C:
			batch = append(batch, renew()...)
		case <-c.done:
			c.close(c.quitCode())
			return
		}
	}
}

// quitCode is what the reader wants the connection closed with.
func (c *connection) quitCode() websocket.StatusCode {
	select {
	case code := <-c.quit:
		return code
	default:
		return websocket.StatusNormalClosure // the browser left
	}
}

// send writes one WebSocket message and reports whether it went out in time.
// Pings, pongs and close frames have a bound of their own in package websocket,
// so the deadline must not stay.
func (c *connection) send(b []byte) bool {
	c.raw.SetWriteDeadline(time.Now().Add(writeStall))
	defer c.raw.SetWriteDeadline(time.Time{})
	return c.ws.Write(context.Background(), websocket.MessageText, b) == nil
}

// ping finds lines that are dead without having been closed.
func (c *connection) ping() {
	ctx, cancel := context.WithTimeout(context.Background(), pongWait)
	defer cancel()
	switch err := c.ws.Ping(ctx); {
	case err == nil:
		c.sub.Heard()
	case ctx.Err() != nil:
		c.reset()
	} // else the connection has ended, or a write stalls, which the writer sees to
}

// end says why the subscription ended and gives the screen a moment to confirm
// that it is wiped.
func (c *connection) end(err error) {
	cause := rooms.Cause("")
	if !errors.As(err, &cause) {
		c.close(closeSlow)
		return
	}
	if !c.send(endedWire(cause)) {
		c.reset()
		return
	}
	wait := time.NewTimer(endedWait)
	defer wait.Stop()
	for waiting := true; waiting; {
		select {
		case <-c.replies: // too late to be told, but the reader must get to "wiped"
			continue
		case <-c.wiped:
		case <-c.done:
		case <-wait.C:
		}
		waiting = false
	}
	c.close(websocket.StatusCode(closeCodes[cause]))
}

// close does the closing handshake within closeWait; Close alone would wait for
// up to ten seconds.
func (c *connection) close(code websocket.StatusCode) {
	c.raw.SetDeadline(time.Now().Add(closeWait))
	c.ws.Close(code, "")
}

// reset drops a line that takes nothing any more.
func (c *connection) reset() {
	c.dead.Store(true)
	if tcp, ok := c.raw.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.raw.Close()
	c.ws.CloseNow()
}
