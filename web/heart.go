package web

import (
	"sync"
	"time"
)

// leaseEvery is how often the screen's lease is renewed and the line tested
// with a ping; an answer that is not there by the next time never comes.
const leaseEvery = 15 * time.Second

// heart makes lease and ping due for every socket once in leaseEvery, a part of
// them each second. It beats only while there are sockets.
type heart struct {
	mu      sync.Mutex
	parts   [leaseEvery / time.Second]map[*connection]bool
	count   int
	added   int
	turn    int
	beating bool
}

func (h *heart) add(c *connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.part = h.added % len(h.parts)
	h.added++
	if h.parts[c.part] == nil {
		h.parts[c.part] = map[*connection]bool{}
	}
	h.parts[c.part][c] = true
	h.count++
	if !h.beating {
		h.beating = true
		time.AfterFunc(time.Second, h.beat)
	}
}

func (h *heart) remove(c *connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.parts[c.part], c)
	h.count--
}

func (h *heart) beat() {
	h.mu.Lock()
	h.turn = (h.turn + 1) % len(h.parts)
	due := make([]*connection, 0, len(h.parts[h.turn]))
	for c := range h.parts[h.turn] {
		due = append(due, c)
	}
	if h.beating = h.count > 0; h.beating {
		time.AfterFunc(time.Second, h.beat)
	}
	h.mu.Unlock()
	for _, c := range due {
		c.beat()
	}
}
