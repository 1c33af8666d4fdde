package main

import (
	"bufio"
	"bytes"
	"net"
	"sync"
	"time"
)

const (
	floorReadBytes = 8 << 10 // the longest line, and what is relayed at a time
	floorWaitBytes = 1 << 20 // what may wait for a member
)

// floor is the reference F: what relaying costs at the least in plain Go. It
// speaks lines over TCP. The first one names the room; every further one goes to
// all members as it is, and whatever waits for a member goes out in one write.
type floor struct {
	mu    sync.Mutex
	rooms map[string]*floorRoom
}

type floorRoom struct {
	mu      sync.Mutex
	members map[*floorMember]bool
}

type floorMember struct {
	conn net.Conn
	wake chan struct{} // cap 1

	mu      sync.Mutex
	waiting []byte
}

func serveFloor(listener net.Listener) error {
	f := &floor{rooms: map[string]*floorRoom{}}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go f.serve(conn)
	}
}

func (f *floor) room(name string) *floorRoom {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rooms[name] == nil {
		f.rooms[name] = &floorRoom{members: map[*floorMember]bool{}}
	}
	return f.rooms[name]
}

func (f *floor) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReaderSize(conn, floorReadBytes)
	name, err := in.ReadString('\n')
	if err != nil {
		return
	}
	m := &floorMember{conn: conn, wake: make(chan struct{}, 1), waiting: []byte(welcomeLine)}
	m.wake <- struct{}{}
	room := f.room(name)
	room.add(m)
	defer room.remove(m)
	go m.write()
	for err == nil {
		have, _ := in.Peek(in.Buffered())
		whole := bytes.LastIndexByte(have, '\n') + 1
		room.relay(have[:whole])
		in.Discard(whole)
		_, err = in.Peek(in.Buffered() + 1) // waits for more; fails on too long a line
	}
}

func (r *floorRoom) add(m *floorMember) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members[m] = true
}

// remove lets m go; it is the only one to end m's writing.
func (r *floorRoom) remove(m *floorMember) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, m)
	close(m.wake)
}

func (r *floorRoom) relay(lines []byte) {
	if len(lines) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for m := range r.members {
		m.add(lines)
	}
}

func (m *floorMember) add(lines []byte) {
	m.mu.Lock()
	m.waiting = append(m.waiting, lines...)
	full := len(m.waiting) > floorWaitBytes
	m.mu.Unlock()
	if full {
		m.conn.Close() // its reader removes it
	}
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *floorMember) write() {
	defer m.conn.Close()
	var out []byte
	for range m.wake {
		m.mu.Lock()
		out, m.waiting = m.waiting, out[:0]
		m.mu.Unlock()
		m.conn.SetWriteDeadline(time.Now().Add(writeWait))
		if _, err := m.conn.Write(out); err != nil {
			return
		}
	}
}
