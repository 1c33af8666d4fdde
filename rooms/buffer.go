package rooms

import (
	"slices"
	"sort"
	"time"
)

// Bounds of one room's event buffer. The third is one lease (Room.sweep), the
// fourth is shared by all rooms (Registry.shed).
const (
	bufferEvents = 2000
	bufferBytes  = 1 << 20
)

// buffer is the short run of events that somebody has not yet acknowledged,
// oldest first; never a history. The room guards it.
type buffer struct {
	events []*Event
	bytes  int
	head   uint64 // seq of the newest event ever appended
	// evicted and lost are the newest event and the newest message that a bound
	// threw out while somebody had not acknowledged it; 0 if none.
	evicted, lost uint64
}

// add puts e at the end and evicts what no longer fits.
func (b *buffer) add(e *Event) {
	b.head = e.Seq
	b.events = append(b.events, e)
	b.bytes += e.sizeBytes()
	n, bytes := 0, b.bytes
	for len(b.events)-n > bufferEvents || bytes > bufferBytes {
		bytes -= b.events[n].sizeBytes()
		n++
	}
	b.evict(n)
}

// trim drops what everybody has acknowledged: events up to and with floor.
func (b *buffer) trim(floor uint64) { b.drop(b.index(floor)) }

// evictBefore throws out events older than t.
func (b *buffer) evictBefore(t time.Time) {
	n := 0
	for n < len(b.events) && b.events[n].at.Before(t) {
		n++
	}
	b.evict(n)
}

// evictToBytes throws out the oldest events until at most max bytes are held.
func (b *buffer) evictToBytes(max int) {
	n, bytes := 0, b.bytes
	for bytes > max {
		bytes -= b.events[n].sizeBytes()
		n++
	}
	b.evict(n)
}

// evict throws out the n oldest events and remembers that they were lost.
func (b *buffer) evict(n int) {
	for _, e := range b.events[:n] {
		b.evicted = e.Seq
		if e.message {
			b.lost = e.Seq
		}
	}
	b.drop(n)
}

// drop removes the n oldest events. slices.Delete clears the freed slots, so
// no message outlives its delivery in the backing array.
func (b *buffer) drop(n int) {
	if n == 0 {
		return
	}
	for _, e := range b.events[:n] {
		b.bytes -= e.sizeBytes()
	}
	b.events = slices.Delete(b.events, 0, n)
	if len(b.events) == 0 {
		b.events = nil
	}
}

// after is the run of events with a seq above cursor; it aliases the buffer.
func (b *buffer) after(cursor uint64) []*Event { return b.events[b.index(cursor):] }

// index is the number of events with a seq of at most cursor.
func (b *buffer) index(cursor uint64) int {
	return sort.Search(len(b.events), func(i int) bool { return b.events[i].Seq > cursor })
}
