package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Bounds of both references.
const (
	memberFrames = 256             // frames that may wait for a member of the hub
	writeWait    = 5 * time.Second // how long one write may take
)

// welcomeLine says to the load generator that it hears everything from now on.
const welcomeLine = `{"type":"welcome"}` + "\n"

// hub is the reference H: a bare hub as one would write it on coder/websocket. Every
// text frame goes to all members of the room that the path names, through a
// bounded channel and a writing goroutine for each; a member whose channel is
// full is dropped.
type hub struct {
	mu    sync.Mutex
	rooms map[string]*hubRoom
}

type hubRoom struct {
	mu      sync.Mutex
	members map[*hubMember]bool
}

type hubMember struct {
	frames chan []byte
	drop   context.CancelFunc
}

func serveHub(listener net.Listener) error {
	return http.Serve(listener, &hub{rooms: map[string]*hubRoom{}})
}

func (h *hub) room(path string) *hubRoom {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rooms[path] == nil {
		h.rooms[path] = &hubRoom{members: map[*hubMember]bool{}}
	}
	return h.rooms[path]
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer ws.CloseNow()
	ctx, drop := context.WithCancel(context.Background())
	defer drop()
	room, m := h.room(r.URL.Path), &hubMember{make(chan []byte, memberFrames), drop}
	m.frames <- []byte(welcomeLine)
	room.add(m)
	defer room.remove(m)
	go m.write(ctx, ws)
	for {
		_, frame, err := ws.Read(ctx)
		if err != nil {
			return
		}
		room.relay(frame)
	}
}

func (r *hubRoom) add(m *hubMember) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members[m] = true
}

func (r *hubRoom) remove(m *hubMember) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, m)
}

func (r *hubRoom) relay(frame []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for m := range r.members {
		select {
		case m.frames <- frame:
		default:
			m.drop()
		}
	}
}

func (m *hubMember) write(ctx context.Context, ws *websocket.Conn) {
	defer m.drop()
	for {
		select {
		case <-ctx.Done():
			return
		case frame := <-m.frames:
			if writeInTime(ctx, ws, frame) != nil {
				return
			}
		}
	}
}

func writeInTime(ctx context.Context, ws *websocket.Conn, frame []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeWait)
	defer cancel()
	return ws.Write(ctx, websocket.MessageText, frame)
}
