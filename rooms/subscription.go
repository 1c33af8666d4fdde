package rooms

import "time"

// Subscription is one open tab's or stream's cursor in the room's event
// buffer. Whoever opened it calls Take after every wake, and Close at the end.
type Subscription struct {
	room        *Room
	participant *Participant
	page        string
	stream      bool // its page has no scripts: it says nothing
	wake        func()

	// Guarded by room.mu.
	cursor uint64    // seq of the last event taken
	gap    *Event    // what is missing before the first event; nil if nothing is or once told
	own    []byte    // wire objects for this reader alone; bounded by maxOwnBytes and one message
	heard  time.Time // last sign of life
	over   error     // why it ended, if it did: a Cause or ErrStale
	closed bool
}

// Welcome is the room as it was where a subscription starts: joined and left
// events that follow change exactly this list.
type Welcome struct {
	Seq     uint64 // where the subscription starts: events after it follow
	Head    uint64 // the newest event there is; those up to it happened before
	People  []Person
	PurgeAt time.Time // when the earliest dead man's switch fires; zero: none is armed
	Switch  Switch    // the participant's own
}

// Subscribe opens p's cursor in the buffer and ends an older one of p: with
// ErrStale if the same page had opened it, else with Replaced. A page names
// itself by whatever no other does; "" is nobody's name. A handshake that a bad
// line delivers late would otherwise wipe the page it came from, which has long
// been connected again, or the page that was loaded after it: a page that was
// replaced does not come back, and gets Replaced as the error. A page load
// (after is nil) starts at what p has acknowledged; a reconnect resumes after
// the seq it names, though never before p's own first event: ErrAboveHead if
// nothing has that seq yet. If messages are missing since then, the first Take
// begins with a gap. ErrConnections says that the server has no room for one
// more.
//
// Who was Offline is Here again. Who was Away stays it until the page says
// otherwise: the line of a hidden page breaks often, and the others need not see
// it each time.
//
// wake is called whenever Take has something new, from before Subscribe returns
// until Close does. It is called under the room's lock: it must return at once
// and not call the room.
func (r *Room) Subscribe(p *Participant, page string, after *uint64, wake func()) (*Subscription, Welcome, error) {
	return r.subscribe(&Subscription{room: r, participant: p, page: page, wake: wake}, after)
}

// Stream is Subscribe for a page without scripts, which starts at what p has
// acknowledged. It cannot say what has arrived: whoever writes it acknowledges
// what was on its way long enough ago, and tells what was sent by Flushed. Nor
// can it say that it is hidden: p is Here.
func (r *Room) Stream(p *Participant, wake func()) (*Subscription, Welcome, error) {
	return r.subscribe(&Subscription{room: r, participant: p, stream: true, wake: wake}, nil)
}

func (r *Room) subscribe(s *Subscription, after *uint64) (*Subscription, Welcome, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := s.participant
	if err := r.presentLocked(p); err != nil {
		return nil, Welcome{}, err
	}
	known := p.acked
	if after != nil {
		if *after > r.buf.head {
			return nil, Welcome{}, ErrAboveHead
		}
		known = max(*after, p.joined)
	}
	limit := r.registry.limits.Connections
	if p.sub != nil {
		limit++ // the older one is about to go
	}
	if !r.registry.connections.take(limit) {
		return nil, Welcome{}, ErrConnections
	}
	if err := p.turnToLocked(s.page); err != nil {
		r.registry.connections.release()
		return nil, Welcome{}, err
	}
	if p.sub != nil {
		if s.page != "" && s.page == p.sub.page {
			p.sub.endLocked(ErrStale)
		} else {
			p.sub.endLocked(Replaced)
		}
	}
	s.heard = time.Now()
	p.sub = s
	if s.stream || p.state == Offline {
		r.setStateLocked(p, Here)
	}

	// Nothing up to the floor is held any more, and nothing that was evicted.
	// Who resumes below its own acknowledgement (a tab that was asleep while
	// another took over) lacks what is below the floor as well.
	s.cursor = max(known, r.floor, r.buf.evicted)
	if lost := max(r.buf.lost, newestMessage(r.floor)); messagesBetween(known, lost) > 0 {
		p.sent.lose(known, lost)
		s.gap = &Event{Seq: lost, wire: gapWire(lost, messagesBetween(known, lost))}
	}
	s.wake()
	return s, Welcome{Seq: known, Head: r.buf.head, People: r.peopleAtLocked(s.cursor), PurgeAt: r.purgeAt, Switch: p.armed}, nil
}

// CheckAfter is the part of Subscribe that can be refused before a socket is
// open.
func (r *Room) CheckAfter(p *Participant, after *uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.presentLocked(p); err != nil {
		return err
	}
	if after != nil && *after > r.buf.head {
		return ErrAboveHead
	}
	if p.sub == nil && r.registry.connections.full(r.registry.limits.Connections) {
		return ErrConnections
	}
	return nil
}

// peopleAtLocked lists who was present when seq was the newest event.
func (r *Room) peopleAtLocked(seq uint64) []Person {
	people := make([]Person, 0, len(r.order))
	for _, p := range r.order {
		if p.joined <= seq {
			people = append(people, p.person())
		}
	}
	for _, e := range r.buf.after(seq) {
		if e.left != nil && e.left.joined <= seq {
			gone := e.left.person()
			gone.State = Offline
			people = append(people, gone)
		}
	}
	return people
}

// tellLocked queues wire objects for this reader alone.
func (s *Subscription) tellLocked(wire []byte) {
	if len(wire) > 0 {
		s.own = append(s.own, wire...)
		s.wake()
	}
}

func (s *Subscription) endLocked(why error) {
	if s.over == nil {
		s.over = why
	}
	s.wake()
}

// Take moves the cursor over the next events and appends them to dst: as many
// as fit into about maxBytes of wire form, at least one if there is any. own
// holds wire objects for this reader alone, to be sent after them; more says
// that another Take has something at once. The error is the Cause when the
// subscription has ended for good. With ErrStale and with ErrSlow, when events
// it had not taken are gone, the reader must subscribe again, and will be told
// what is missing.
func (s *Subscription) Take(dst []*Event, maxBytes int) (events []*Event, own []byte, more bool, err error) {
	r := s.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.over == nil {
		r.checkLocked() // an end by the deadline sets it
	}
	if s.over != nil {
		return dst, nil, false, s.over
	}
	if s.cursor < r.buf.evicted {
		return dst, nil, false, ErrSlow
	}
	if s.gap != nil {
		dst, s.gap = append(dst, s.gap), nil
	}
	size := 0
	for _, e := range r.buf.after(s.cursor) {
		if size += len(e.wire); size > maxBytes && len(dst) > 0 {
			return dst, nil, true, nil
		}
		dst = append(dst, e)
		s.cursor = e.Seq
	}
	own, s.own = s.own, nil
	return dst, own, false, nil
}

// Over reports whether the subscription has ended: the next Take says why.
func (s *Subscription) Over() bool {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	return s.over != nil
}

// Ack says that everything up to seq has arrived. It returns ErrAboveHead if
// nothing has that seq yet; an older seq than before is nothing new.
func (s *Subscription) Ack(seq uint64) error {
	return s.report(seq, func(p *Participant) {
		if seq <= p.acked {
			return
		}
		held := p.acked <= s.room.floor
		p.acked = seq
		if held {
			s.room.trimLocked()
		}
	})
}

// Flushed says that everything up to seq was sent to a page without scripts,
// which cannot say that it has arrived.
func (s *Subscription) Flushed(seq uint64) {
	s.report(seq, func(p *Participant) { p.flushed = max(p.flushed, seq) })
}

// AckFlushed acknowledges what was sent to p's page without scripts: whoever
// loads the room again has read it.
func (r *Room) AckFlushed(p *Participant) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.presentLocked(p) == nil && p.flushed > p.acked {
		p.acked = p.flushed
		r.trimLocked()
	}
}

// Purger reports whether the room was purged by the one who reads here.
func (s *Subscription) Purger() bool {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	return s.room.ending != nil && s.room.ending.by == s.participant
}

// Seen says that everything up to seq was on a visible screen. Errors as Ack.
func (s *Subscription) Seen(seq uint64) error {
	return s.report(seq, func(p *Participant) { s.room.seenLocked(p, seq) })
}

// Typing says that the participant is typing now.
func (s *Subscription) Typing() {
	s.report(0, func(p *Participant) { s.room.typingLocked(p) })
}

// Presence says that the page is shown (Here) or hidden (Away). Any other state
// is nothing, and so is what a page says that is not its participant's present
// one: it does not speak for the one that has replaced it.
func (s *Subscription) Presence(state State) {
	s.report(0, func(p *Participant) {
		if p.sub == s && (state == Here || state == Away) {
			s.room.setStateLocked(p, state)
		}
	})
}

// report runs f for a participant that is still present. A subscription that
// was replaced may still report what its page drew before it unloads.
func (s *Subscription) report(seq uint64, f func(*Participant)) error {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	if s.room.presentLocked(s.participant) != nil {
		return nil
	}
	if seq > s.room.buf.head {
		return ErrAboveHead
	}
	s.heard = time.Now()
	f(s.participant)
	return nil
}

// Heard says that there was a sign of life, such as the answer to a ping. The
// lease of a participant whose line dies silently counts from the last one.
func (s *Subscription) Heard() {
	s.report(0, func(*Participant) {})
}

// Confirm says that the screen is wiped after the room has ended.
func (s *Subscription) Confirm() { s.settle(true) }

// Close ends the subscription: the participant is absent since it was last
// heard, unless a newer subscription has taken over. Closing twice is nothing.
func (s *Subscription) Close() {
	s.settle(false)
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	s.room.registry.connections.release()
	if p := s.participant; p.sub == s {
		p.sub = nil
		p.absentSince = s.heard
	}
}

func (s *Subscription) settle(wiped bool) {
	s.room.mu.Lock()
	ending := s.room.ending
	s.room.mu.Unlock()
	if ending != nil {
		ending.settle(s, wiped)
	}
}
