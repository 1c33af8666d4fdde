package web

import (
	"bytes"
	"sync"

	"mayfly/rooms"
)

// pump writes what one room has for its sockets. It is a goroutine only while
// there is something to write, and it never waits: a line that takes no more is
// left to a goroutine of its own, and what happens meanwhile is gathered into
// the next frame. Readers at the same cursor share one frame, so a message is
// encoded, joined and framed once, whoever many read it.
type pump struct {
	readers int // guarded by pumps.mu

	mu      sync.Mutex
	queue   []*connection // that may have something to take
	running bool

	// Of the running goroutine alone.
	turn   []*connection
	events []*rooms.Event
	frames []sharedFrame
}

// sharedFrame holds the events from first to last.
type sharedFrame struct {
	first, last *rooms.Event
	buffer      []byte // begins with frameHeader bytes for the header
	frame       []byte
}

// add has c written to, now or soon. It may be called under the room's lock.
func (p *pump) add(c *connection) {
	p.mu.Lock()
	p.queue = append(p.queue, c)
	start := !p.running
	p.running = true
	p.mu.Unlock()
	if start {
		go p.run()
	}
}

func (p *pump) run() {
	for p.next() {
		for i, c := range p.turn {
			p.turn[i] = nil
			c.flush(p)
		}
		p.forget()
	}
}

// next takes the queue as the next turn. When there is none, the pump stops.
func (p *pump) next() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue, p.turn = p.turn[:0], p.queue
	p.running = len(p.turn) > 0
	if !p.running {
		p.events, p.frames = nil, nil
	}
	return p.running
}

// frame is the frame for these events; they came from one Take.
func (p *pump) frame(events []*rooms.Event) []byte {
	if len(events) == 0 {
		return nil
	}
	first, last := events[0], events[len(events)-1]
	for i := range p.frames {
		if f := &p.frames[i]; f.first == first && f.last == last {
			return f.frame
		}
	}
	f := sharedFrame{first: first, last: last}
	if n := len(p.frames); n < cap(p.frames) {
		f.buffer = p.frames[:n+1][n].buffer[:0]
	}
	f.buffer = append(f.buffer, make([]byte, frameHeader)...)
	for _, e := range events {
		f.buffer = e.AppendWire(f.buffer)
	}
	f.frame = sealFrame(f.buffer, frameText)
	p.frames = append(p.frames, f)
	return f.frame
}

// forget ends a turn: nothing said outlives its delivery.
func (p *pump) forget() {
	clear(p.events[:cap(p.events)])
	for i := range p.frames {
		f := &p.frames[i]
		clear(f.buffer)
		if *f = (sharedFrame{buffer: f.buffer}); cap(f.buffer) > 2*batchBytes {
			f.buffer = nil
		}
	}
	p.frames = p.frames[:0]
}

// flush gives c what the room has for it.
func (c *connection) flush(p *pump) {
	c.queued.Store(false)
	if !c.welcomed.Load() {
		return
	}
	if !c.line.tryLock() {
		if c.sub.Over() { // a line that takes nothing must not outlive the room
			c.line.closeSoon()
		}
		return
	}
	rest, more, err := c.writeNow(p)
	switch {
	case err != nil:
		c.line.unlock()
		c.end(err)
	case len(rest) > 0:
		go c.drain(bytes.Clone(rest), more)
	default:
		c.line.unlock()
		if more {
			c.wake()
		}
	}
}

// writeNow takes what there is and writes what the line takes of it. The line
// must be locked.
func (c *connection) writeNow(p *pump) (rest []byte, more bool, err error) {
	defer c.survive(&err)
	if c.ending.Load() {
		return nil, false, nil // nothing comes after the close frame
	}
	answers := c.takeAnswers() // first: what they are about may have become an event since
	events, own, more, err := c.sub.Take(p.events[:0], batchBytes)
	p.events = events
	if err != nil {
		return nil, false, err
	}
	b := p.frame(events)
	own = append(own, answers...)
	if beat := c.beatDue.Swap(false); beat || len(own) > 0 {
		b = c.extend(b, own, beat)
	}
	if len(b) > 0 {
		rest, err = c.line.writeNow(b)
	}
	return rest, more, err
}

// drain writes what the line did not take at once, while others go on.
func (c *connection) drain(rest []byte, more bool) {
	err := c.line.finish(rest)
	clear(rest)
	c.line.unlock()
	if err != nil {
		c.end(err)
	} else if more {
		c.wake()
	}
}

var beatPing = []byte{framePing, 0}

// extend is a copy of a frame with what is for this reader alone: wire objects,
// and the lease with a ping.
func (c *connection) extend(frame, own []byte, beat bool) []byte {
	if beat {
		own = append(leaseWire(c.room), own...)
	}
	b := make([]byte, 0, len(frame)+frameHeader+len(own)+len(beatPing))
	b = append(b, frame...)
	if len(own) > 0 {
		b = append(b, textFrame(own)...)
	}
	if beat {
		b = append(b, beatPing...)
		c.pinged.Store(true)
	}
	return b
}

// pumps are those of the rooms that have sockets.
type pumps struct {
	mu   sync.Mutex
	room map[*rooms.Room]*pump
}

func (p *pumps) join(r *rooms.Room) *pump {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.room == nil {
		p.room = map[*rooms.Room]*pump{}
	}
	if p.room[r] == nil {
		p.room[r] = &pump{}
	}
	p.room[r].readers++
	return p.room[r]
}

func (p *pumps) leave(r *rooms.Room) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.room[r].readers--; p.room[r].readers == 0 {
		delete(p.room, r)
	}
}
