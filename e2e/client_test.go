package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

const (
	clientAcks    = 2 * time.Second // at most this often (design.md, section 5)
	clientPatient = time.Second     // with a handshake; a shorter wait than lateMost leaves late ones behind
	clientBackoff = 300 * time.Millisecond
)

// client is a page without a screen: it speaks the wire as design.md has it,
// resumes when its connection breaks, sends one message at a time until each is
// confirmed, and is particular about what it reads.
type client struct {
	name    string
	id      string // of the page
	socket  string // address of the room's socket over its line
	cookie  string
	network func(ctx context.Context, network, address string) (net.Conn, error)

	jobs sync.WaitGroup

	mu         sync.Mutex
	you        string
	known      bool   // there was a welcome
	last       uint64 // seq of the newest event
	acked      uint64
	read       []said
	gaps       []gap
	present    []string // aliases
	outgoing   []said   // not confirmed yet, oldest first
	ws         *websocket.Conn
	hangUp     context.CancelFunc // gives the present connection up
	dials      int                // connections tried
	complaints []string
}

// said is one message as it was read, or is to be sent.
type said struct{ id, html string }

// gap is a loss that the server admits, and how many messages were read before it.
type gap struct{ after, missed int }

// visit has somebody join the room at this address, and stay in it over another
// network until the test ends.
func visit(t *testing.T, link, alias, socket string, network func(context.Context, string, string) (net.Conn, error)) *client {
	t.Helper()
	form := url.Values{"alias": {alias}, "password": {password}}
	resp, err := outside.PostForm(link+"/join", form)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	c := &client{name: alias, id: fmt.Sprintf("%x", rand.Uint64()), socket: socket, network: network}
	for _, cookie := range resp.Cookies() {
		if strings.HasSuffix(cookie.Name, "mayfly") {
			c.cookie = cookie.Name + "=" + cookie.Value
		}
	}
	if resp.StatusCode != http.StatusSeeOther || c.cookie == "" {
		t.Fatalf("%s cannot join: status %d", alias, resp.StatusCode)
	}
	ctx, stop := context.WithCancel(context.Background())
	c.jobs.Go(func() { c.live(ctx) })
	t.Cleanup(func() {
		stop()
		c.jobs.Wait()
	})
	return c
}

// createRoom opens a room that its creator has left, and is its link.
func (s *server) createRoom() (link string) {
	s.t.Helper()
	resp, err := outside.PostForm(s.local()+"/rooms", url.Values{"alias": {"Creator"}, "room": {"Harvest"}, "password": {password}})
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("no room: status %d", resp.StatusCode)
	}
	link = s.local() + resp.Header.Get("Location")
	leaving, _ := http.NewRequest("POST", link+"/logout", nil)
	leaving.AddCookie(resp.Cookies()[0])
	if resp, err = outside.Do(leaving); err != nil || resp.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("cannot log out: %v, %v", resp, err)
	}
	resp.Body.Close()
	return link
}

// live connects, again and again.
func (c *client) live(ctx context.Context) {
	for ctx.Err() == nil && c.content() {
		if code := websocket.CloseStatus(c.connect(ctx)); code >= 0 && code != 4000 && ctx.Err() == nil {
			c.complain("closed with %d", code)
		}
		select {
		case <-ctx.Done():
		case <-time.After(rand.N(clientBackoff)):
		}
	}
}

// connect opens a connection and reads until it breaks.
func (c *client) connect(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	address := c.socket + "?page=" + c.id
	c.mu.Lock()
	c.dials++
	c.hangUp = cancel
	if c.known {
		address += fmt.Sprint("&after=", c.last)
	}
	c.mu.Unlock()
	dialing, done := context.WithTimeout(ctx, clientPatient)
	defer done()
	transport := &http.Transport{DialContext: c.network, DisableKeepAlives: true}
	ws, resp, err := websocket.Dial(dialing, address, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport},
		HTTPHeader: http.Header{"Cookie": {c.cookie}},
	})
	if err != nil {
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			c.complain("handshake answered with %d", resp.StatusCode)
		}
		return err
	}
	defer ws.CloseNow()
	ws.SetReadLimit(-1)
	var acks sync.WaitGroup
	defer acks.Wait()
	defer cancel()
	acks.Go(func() {
		every := time.NewTicker(clientAcks)
		defer every.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-every.C:
				c.ack(ctx)
			}
		}
	})
	for {
		_, frame, err := ws.Read(ctx)
		if err != nil {
			c.mu.Lock()
			c.ws = nil
			c.mu.Unlock()
			return err
		}
		for line := range bytes.Lines(frame) {
			var o object
			if err := json.Unmarshal(line, &o); err != nil {
				c.complain("not an object: %.100q", line)
				return err
			}
			c.take(ctx, ws, o)
		}
	}
}

// object is what a client reads of the wire.
type object struct {
	Type         string
	Seq          uint64
	ID           string
	From         string
	HTML         string
	Missed       int
	You          string
	Cause        string
	Reason       string
	Retry        float64
	Participant  json.RawMessage
	Participants []aliased
}

type aliased struct{ ID, Alias string }

func (c *client) take(ctx context.Context, ws *websocket.Conn, o object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch o.Type {
	case "welcome":
		c.ws = ws
		if c.known && o.Seq != c.last {
			c.complainLocked("resumed after %d, welcomed at %d", c.last, o.Seq)
		}
		aliases := make([]string, 0, len(o.Participants))
		for _, p := range o.Participants {
			aliases = append(aliases, p.Alias)
		}
		slices.Sort(aliases)
		if c.known && !slices.Equal(aliases, c.present) {
			c.complainLocked("welcomed by %q, knows %q", aliases, c.present)
		}
		c.known, c.you, c.last, c.present = true, o.You, o.Seq, aliases
		c.acked = 0 // what was acknowledged over a broken line may not have arrived
		c.sendLocked(ctx)
		return
	case "message":
		mine := o.From == c.you && len(c.outgoing) > 0 && o.ID == c.outgoing[0].id
		if mine {
			c.outgoing = c.outgoing[1:]
			defer c.sendLocked(ctx)
		}
		if o.Seq <= c.last && mine {
			return // lost to a bound before it could be read, and confirmed apart
		}
		c.read = append(c.read, said{o.ID, o.HTML})
	case "joined":
		var p aliased
		json.Unmarshal(o.Participant, &p)
		c.present = append(c.present, p.Alias)
		slices.Sort(c.present)
	case "left":
		c.complainLocked("somebody left")
	case "gap":
		c.gaps = append(c.gaps, gap{len(c.read), o.Missed})
	case "refused":
		if o.Reason != "too-fast" {
			c.complainLocked("refused: %s", o.Reason)
			return
		}
		time.AfterFunc(time.Duration(o.Retry*float64(time.Second)), func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.sendLocked(ctx)
		})
		return
	case "ended":
		c.complainLocked("ended: %s", o.Cause)
		return
	default:
		return
	}
	if o.Seq <= c.last {
		c.complainLocked("%s %d came after %d", o.Type, o.Seq, c.last)
	}
	c.last = o.Seq
}

// content reports whether it has nothing to complain of.
func (c *client) content() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.complaints) == 0
}

func (c *client) complain(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.complainLocked(format, args...)
}

func (c *client) complainLocked(format string, args ...any) {
	c.complaints = append(c.complaints, fmt.Sprintf(format, args...))
}

// say sends a message, or has it wait for a connection.
func (c *client) say(html string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outgoing = append(c.outgoing, said{fmt.Sprintf("%x", rand.Uint64()), html})
	if len(c.outgoing) == 1 {
		c.sendLocked(context.Background())
	}
}

// sendLocked sends the oldest message that is not confirmed.
func (c *client) sendLocked(ctx context.Context) {
	if len(c.outgoing) == 0 || c.ws == nil {
		return
	}
	frame, _ := json.Marshal(map[string]string{"type": "send", "id": c.outgoing[0].id, "html": c.outgoing[0].html})
	c.writeLocked(ctx, frame)
}

// ack acknowledges what has arrived.
func (c *client) ack(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ws == nil || c.acked == c.last {
		return
	}
	c.acked = c.last
	c.writeLocked(ctx, fmt.Appendf(nil, `{"type":"ack","seq":%d}`, c.last))
}

// writeLocked writes one frame. What it costs when the line takes nothing is
// bounded, and an error shows in reading as well.
func (c *client) writeLocked(ctx context.Context, frame []byte) {
	ctx, cancel := context.WithTimeout(ctx, clientPatient)
	defer cancel()
	if err := c.ws.Write(ctx, websocket.MessageText, frame); err != nil && !errors.Is(err, context.Canceled) {
		c.ws.CloseNow()
	}
}

// drop has the client give its connection up without a word, as a phone does
// that found another network.
func (c *client) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hangUp != nil {
		c.hangUp()
	}
}

// settled reports whether all that was said is confirmed.
func (c *client) settled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.outgoing) == 0
}

// transcript is what it read, and how many messages it was told it missed.
func (c *client) transcript() (read []said, gaps []gap, missed int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, g := range c.gaps {
		missed += g.missed
	}
	return slices.Clone(c.read), slices.Clone(c.gaps), missed
}
