package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// person is one participant in one room, with one connection at a time.
type person struct {
	server *server
	number int // in the room
	seat   seat

	hold sync.Mutex // whoever locks it keeps this person from reading

	mu    sync.Mutex // guards everything below but the link's reading side
	link  *link
	ended chan struct{} // closed when the link's reader has returned
	err   error         // why it has
	text  string        // what is said
	loop  *loop         // that p takes part in; nil: none
	timed bool
	read  transcript
	times []time.Duration // of messages on their way, while timed
	due   int             // messages to send next
	sent  int
	acked uint64
	line  []byte // reused
	out   []byte // reused
}

// transcript is what a person has read, so far as is needed to compare it.
type transcript struct {
	messages int
	frames   int    // or reads, without frames
	order    uint64 // made from all messages in turn: equal only if they are
	own      int    // messages of one's own

	// Of Mayfly alone:
	seq     uint64 // of the newest event
	doubled int    // events that did not come after the one before
	gaps    int
	missed  int // messages, as the gaps say
}

// epoch is what the times in messages count from.
var epoch = time.Now()

// connect opens p's connection and returns when p hears everything from now
// on. A person of Mayfly who was connected before resumes.
func (p *person) connect(ctx context.Context) error {
	l, err := dial(ctx, p.server, p.number)
	if err != nil {
		return err
	}
	l.limit(patience)
	if p.server.websocket {
		path := p.seat.path
		if p.server.mayfly {
			path += "/ws"
			if p.read.seq > 0 {
				path += "?after=" + strconv.FormatUint(p.read.seq, 10)
			}
		}
		err = l.upgrade(p.server.addr, path, p.seat.cookie)
	} else {
		_, err = l.conn.Write([]byte(p.seat.path + "\n"))
	}
	var lines []byte
	if err == nil {
		lines, err = l.receive()
	}
	if err == nil && !bytes.HasPrefix(lines, []byte(`{"type":"welcome"`)) {
		err = fmt.Errorf("no welcome: %.80q", lines)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.link, p.err, p.ended = l, nil, make(chan struct{})
	if err == nil {
		err = p.takeLocked(lines)
	}
	if err != nil {
		l.reset()
		return fmt.Errorf("connecting: %w", err)
	}
	l.limit(0)
	go p.listen(l)
	return nil
}

// listen reads until the connection ends.
func (p *person) listen(l *link) {
	defer close(p.ended)
	for {
		lines, err := l.receive()
		if p.hear(lines, err) != nil {
			return
		}
	}
}

// hear takes what was received and sends what the loop asks for. It returns why
// there will be no more.
func (p *person) hear(lines []byte, err error) error {
	p.hold.Lock()
	defer p.hold.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		err = p.takeLocked(lines)
	}
	if err == nil {
		err = p.sayLocked(p.due)
		p.due = 0
	}
	p.err = err
	return err
}

// takeLocked reads lines of the wire.
func (p *person) takeLocked(lines []byte) error {
	now := time.Since(epoch)
	p.read.frames++
	for len(lines) > 0 {
		var line []byte
		line, lines, _ = bytes.Cut(lines, []byte{'\n'})
		switch kind := kindOf(line); string(kind) {
		case "message", "send": // the references send what they get
			if err := p.takeMessageLocked(line, now); err != nil {
				return err
			}
		case "joined", "left":
			p.takeSeqLocked(line)
		case "gap":
			p.takeSeqLocked(line)
			missed, _ := number(after(line, `"missed":`))
			p.read.gaps++
			p.read.missed += int(missed)
		case "ended":
			p.out = p.link.frame(p.out[:0], []byte(`{"type":"wiped"}`+"\n"))
			if _, err := p.link.conn.Write(p.out); err != nil {
				return err
			}
		case "refused", "": // nothing here is to be refused, and everything has a type
			return fmt.Errorf("unexpected: %.120q", line)
		}
	}
	return nil
}

// takeMessageLocked reads a message, whose id is author-number-time.
func (p *person) takeMessageLocked(line []byte, now time.Duration) error {
	if p.server.mayfly {
		p.takeSeqLocked(line)
	}
	author, rest := number(after(line, `"id":"`))
	n, rest := number(after(rest, "-"))
	if int(author) == p.number {
		if int(n) != p.read.own {
			return fmt.Errorf("one's own message %d came as number %d", n, p.read.own)
		}
		p.read.own++
	}
	const prime = 1099511628211 // of FNV
	p.read.order = (p.read.order ^ author<<32 ^ n) * prime
	if p.loop != nil && p.loop.read(p.read.messages) {
		p.due++
	}
	p.read.messages++
	if p.timed {
		sent, _ := number(after(rest, "-"))
		p.times = append(p.times, now-time.Duration(sent))
	}
	return nil
}

func (p *person) takeSeqLocked(line []byte) {
	seq, _ := number(after(line, `"seq":`))
	if seq <= p.read.seq {
		p.read.doubled++
		return
	}
	p.read.seq = seq
}

// kindOf is an object's type, which every server here writes first.
func kindOf(line []byte) []byte {
	const head = `{"type":"`
	if len(line) < len(head) {
		return nil
	}
	kind, _, _ := bytes.Cut(line[len(head):], []byte{'"'})
	return kind
}

// after is what follows mark in b; nothing if it is not there.
func after(b []byte, mark string) []byte {
	if i := bytes.Index(b, []byte(mark)); i >= 0 {
		return b[i+len(mark):]
	}
	return nil
}

// number reads the digits that b begins with.
func number(b []byte) (n uint64, rest []byte) {
	for len(b) > 0 && '0' <= b[0] && b[0] <= '9' {
		n, b = 10*n+uint64(b[0]-'0'), b[1:]
	}
	return n, b
}

// say sends a message.
func (p *person) say() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return fmt.Errorf("person %d: %w", p.number, p.err)
	}
	return p.sayLocked(1)
}

// sayLocked sends n messages in one write, each in a frame, the first with an
// acknowledgement of what has come.
func (p *person) sayLocked(n int) error {
	if n == 0 {
		return nil
	}
	p.out = p.out[:0]
	for range n {
		b := p.ackLocked(p.line[:0])
		b = append(b, `{"type":"send","id":"`...)
		b = strconv.AppendInt(b, int64(p.number), 10)
		b = append(b, '-')
		b = strconv.AppendInt(b, int64(p.sent), 10)
		b = append(b, '-')
		b = strconv.AppendInt(b, int64(time.Since(epoch)), 10)
		b = append(b, `","html":"`...)
		b = append(b, p.text...)
		p.line = append(b, `"}`+"\n"...)
		p.out = p.link.frame(p.out, p.line)
		p.sent++
	}
	_, err := p.link.conn.Write(p.out)
	return err
}

// ackLocked appends an acknowledgement to b if there is something new.
func (p *person) ackLocked(b []byte) []byte {
	if p.read.seq == p.acked {
		return b
	}
	p.acked = p.read.seq
	b = append(b, `{"type":"ack","seq":`...)
	b = strconv.AppendUint(b, p.acked, 10)
	return append(b, "}\n"...)
}

// ack acknowledges what is new.
func (p *person) ack() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return
	}
	if p.line = p.ackLocked(p.line[:0]); len(p.line) > 0 {
		p.out = p.link.frame(p.out[:0], p.line)
		p.link.conn.Write(p.out) // if it fails, so does reading
	}
}

// reset drops the connection without a word.
func (p *person) reset() {
	p.mu.Lock()
	l, ended := p.link, p.ended
	p.mu.Unlock()
	l.reset()
	<-ended
}

// state is a copy of what p has read and how many messages p has sent.
func (p *person) state() (read transcript, sent int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.read, p.sent, p.err
}

// change does f while nothing else happens to p.
func (p *person) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// What people say: a line of a chat, and 4 KiB.
var (
	shortText = "Are you safe? I am at the usual place until nine, and the lamp is lit as long as the way is clear."
	longText  = strings.Repeat(shortText+" ", 1+4<<10/len(shortText))[:4<<10]
)
