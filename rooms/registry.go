// Package rooms is Mayfly's domain: the registry of live rooms, their
// participants, and each room's one event buffer with its many cursors. It
// lives in memory alone and knows no HTTP, socket, cookie or page.
package rooms

import (
	"context"
	"crypto/rand"
	"errors"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Limits are the bounds a host may set; see package config for their meaning.
type Limits struct {
	Lifetime     time.Duration // longest life of a room
	Rooms        int           // live rooms
	Participants int           // in one room
	People       int           // participants in all rooms
	Connections  int           // subscriptions in all rooms
	MessageBytes int           // longest message as sent
	MessageRate  float64       // messages a second and participant; 0: neither this nor the room's share
	JoinRate     int           // wrong passwords, and rooms created, a minute and source; 0: no limit per source
	Argon2Memory uint32        // KiB
}

// maxFormattedBytes is the longest formatted message: 8 times the longest as
// sent (design.md, section 6).
func (l Limits) maxFormattedBytes() int { return 8 * l.MessageBytes }

// Bounds that are not settings.
const (
	sourceRooms        = 20        // live rooms of one source
	sourceParticipants = 20        // participants of one source in one room
	allBufferBytes     = 256 << 20 // event buffers of all rooms together
	sweepEvery         = time.Second
	freeMemoryAfter    = 2 * time.Second // from an ending, or the last hash, until its memory goes back to the system
)

// Leases is how long an absent participant may be kept; chosen at creation.
// LeaseRoom stands for until the room ends.
var Leases = []time.Duration{2 * time.Minute, 5 * time.Minute, 15 * time.Minute, LeaseRoom}

// DefaultLease is the lease of who does not choose; see Leases for LeaseRoom.
const (
	DefaultLease               = 5 * time.Minute
	LeaseRoom    time.Duration = -1
)

// Registry holds all live rooms.
type Registry struct {
	limits   Limits
	hasher   *hasher
	throttle *throttle

	bufferBytes    atomic.Int64
	maxBufferBytes int64
	connections    counter
	people         counter
	freeing        atomic.Bool

	mu       sync.Mutex
	closed   bool
	rooms    map[string]*Room
	pending  int            // rooms being created
	bySource map[Source]int // live rooms and those being created
}

// counter counts what a bound limits.
type counter struct{ n atomic.Int64 }

// take counts one more, unless that would be over limit.
func (c *counter) take(limit int) bool {
	if c.n.Add(1) > int64(limit) {
		c.n.Add(-1)
		return false
	}
	return true
}

func (c *counter) release()            { c.n.Add(-1) }
func (c *counter) full(limit int) bool { return c.n.Load() >= int64(limit) }

// NewRegistry makes an empty registry. Its Run must run.
func NewRegistry(limits Limits) *Registry {
	return &Registry{
		limits:         limits,
		hasher:         newHasher(limits.Argon2Memory),
		throttle:       newThrottle(limits.JoinRate),
		maxBufferBytes: allBufferBytes,
		rooms:          map[string]*Room{},
		bySource:       map[Source]int{},
	}
}

// Limits are the bounds it was made with.
func (reg *Registry) Limits() Limits { return reg.limits }

// Run does what is due by the clock (leases, presence, aged events, memory of
// ended rooms) until ctx ends. Rooms end on time without it: each has its own
// timer, and every call checks the deadline.
func (reg *Registry) Run(ctx context.Context) {
	t := time.NewTicker(sweepEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			for _, r := range reg.all() {
				r.sweep(time.Now())
			}
		}
	}
}

// Opening is what somebody who opens a room has chosen.
type Opening struct {
	Alias, Name, Password string
	Lifetime              time.Duration // 0: the longest allowed
	Lease                 time.Duration // one of Leases; 0: DefaultLease
	Source                Source
}

// Create opens a room and lets its creator in. All unusable fields come back
// at once, joined: *TextError, ErrLifetime, ErrLease. Otherwise *SlowError
// (too many rooms opened from this source), ErrSourceRooms, ErrRooms,
// ErrPeople, ErrConnections or ErrBusy.
func (reg *Registry) Create(ctx context.Context, o Opening) (*Room, *Participant, error) {
	alias, err := CheckAlias(o.Alias)
	name, err2 := CheckRoomName(o.Name)
	password, err3 := CheckPassword(o.Password)
	lifetime, err4 := reg.checkLifetime(o.Lifetime)
	lease, err5 := checkLease(o.Lease, lifetime)
	if err := errors.Join(err, err2, err3, err4, err5); err != nil {
		return nil, nil, err
	}
	if err := reg.reserve(o.Source); err != nil {
		return nil, nil, err
	}
	hash, err := reg.hasher.hash(ctx, password)
	if err != nil {
		reg.unreserve(o.Source)
		return nil, nil, err
	}
	now := time.Now()
	r := &Room{
		ID: newID(), Name: name, Lease: lease, Opened: now, Deadline: now.Add(lifetime),
		registry: reg, source: o.Source, password: hash,
		participants: map[string]*Participant{},
		badges:       newBadges(),
		share:        rate.NewLimiter(roomShareBytes, max(roomShareBytes, reg.limits.maxFormattedBytes())),
	}
	r.mu.Lock()
	p, err := r.admitLocked(alias, o.Source)
	r.timer = time.AfterFunc(lifetime, r.due)
	r.mu.Unlock()
	if err == nil {
		err = reg.add(r)
	}
	if err != nil {
		r.timer.Stop()
		if p != nil {
			reg.people.release()
		}
		reg.unreserve(o.Source)
		return nil, nil, err
	}
	return r, p, nil
}

func (reg *Registry) checkLifetime(d time.Duration) (time.Duration, error) {
	if d == 0 {
		d = reg.limits.Lifetime
	}
	if d < time.Minute && d != reg.limits.Lifetime || d > reg.limits.Lifetime {
		return 0, ErrLifetime
	}
	return d, nil
}

func checkLease(d, lifetime time.Duration) (time.Duration, error) {
	if d == 0 {
		d = DefaultLease
	}
	for _, l := range Leases {
		if d != l {
			continue
		}
		if d == LeaseRoom || d > lifetime {
			d = lifetime
		}
		return d, nil
	}
	return 0, ErrLease
}

// reserve keeps a place for a room while its password is hashed.
func (reg *Registry) reserve(src Source) error {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	if reg.closed {
		return Shutdown
	}
	if len(reg.rooms)+reg.pending >= reg.limits.Rooms {
		return ErrRooms
	}
	if reg.limits.JoinRate > 0 && reg.bySource[src] >= sourceRooms {
		return ErrSourceRooms
	}
	if err := reg.throttle.create(src, time.Now()); err != nil {
		return err
	}
	reg.pending++
	reg.bySource[src]++
	return nil
}

func (reg *Registry) unreserve(src Source) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	reg.pending--
	reg.forgetSourceLocked(src)
}

func (reg *Registry) forgetSourceLocked(src Source) {
	if reg.bySource[src]--; reg.bySource[src] == 0 {
		delete(reg.bySource, src)
	}
}

// add turns a reservation into a live room.
func (reg *Registry) add(r *Room) error {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	if reg.closed {
		return Shutdown
	}
	reg.pending--
	reg.rooms[r.ID] = r
	return nil
}

// remove forgets an ended room, once.
func (reg *Registry) remove(r *Room) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	if reg.rooms[r.ID] != r {
		return
	}
	delete(reg.rooms, r.ID)
	reg.forgetSourceLocked(r.source)
	reg.freeMemorySoon()
}

// freeMemorySoon gives freed memory back to the system a moment after a room
// has ended, so that what was said there does not linger in the heap until it
// happens to be overwritten.
func (reg *Registry) freeMemorySoon() {
	if reg.freeing.Swap(true) {
		return
	}
	time.AfterFunc(freeMemoryAfter, func() {
		reg.freeing.Store(false)
		freeMemory()
	})
}

// freeMemory collects what nobody needs any more, the second time what only the
// first has made out of reach, and gives it back to the system.
func freeMemory() {
	runtime.GC()
	debug.FreeOSMemory()
}

// Get looks up a live room by its ID; ErrNotFound for purged, expired and
// unknown ones alike.
func (reg *Registry) Get(id string) (*Room, error) {
	reg.mu.Lock()
	r, ok := reg.rooms[id]
	reg.mu.Unlock()
	if !ok {
		return nil, ErrNotFound
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.checkLocked() != nil {
		return nil, ErrNotFound
	}
	return r, nil
}

func (reg *Registry) all() []*Room {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	all := make([]*Room, 0, len(reg.rooms))
	for _, r := range reg.rooms {
		all = append(all, r)
	}
	return all
}

// shed keeps the buffers of all rooms together within their bound: the largest
// loses its older half until that is so.
func (reg *Registry) shed() {
	for reg.bufferBytes.Load() > reg.maxBufferBytes {
		var largest *Room
		most := 0
		for _, r := range reg.all() {
			r.mu.Lock()
			if r.buf.bytes > most {
				largest, most = r, r.buf.bytes
			}
			r.mu.Unlock()
		}
		if largest == nil {
			return
		}
		largest.mu.Lock()
		largest.buf.evictToBytes(most / 2)
		largest.accountLocked()
		largest.mu.Unlock()
	}
}

// Close ends all rooms with Shutdown, lets none be opened any more, and waits
// until their screens have confirmed or ctx ends.
func (reg *Registry) Close(ctx context.Context) {
	reg.mu.Lock()
	reg.closed = true
	reg.mu.Unlock()
	var endings []*Ending
	for _, r := range reg.all() {
		if e := r.end(Shutdown, nil); e != nil {
			endings = append(endings, e)
		}
	}
	for _, e := range endings {
		e.Wait(ctx)
	}
}

// Stats counts what a host may know.
type Stats struct {
	Rooms, Participants, Connections int
	BufferBytes                      int64
}

// Stats counts what is live now.
func (reg *Registry) Stats() Stats {
	reg.mu.Lock()
	rooms := len(reg.rooms)
	reg.mu.Unlock()
	return Stats{rooms, int(reg.people.n.Load()), int(reg.connections.n.Load()), reg.bufferBytes.Load()}
}

// newID has 128 random bits in 26 URL-safe characters.
func newID() string { return rand.Text() }
