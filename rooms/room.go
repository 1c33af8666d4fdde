package rooms

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// offlineAfter is how long a participant may be without a subscription before
// the others see it as offline: a reload takes less.
const offlineAfter = 3 * time.Second

// Room is one conversation. Its methods may be called from any goroutine. Once
// the room has ended they return the Cause.
type Room struct {
	ID       string        // the secret part of its link
	Name     string        // a label
	Lease    time.Duration // how long an absent participant is kept
	Opened   time.Time
	Deadline time.Time

	registry *Registry
	source   Source   // who opened it
	failures failures // wrong passwords by source
	timer    *time.Timer

	// mu guards everything below, and the participants and subscriptions of
	// this room. Only memory is touched under it. Registry.mu may be taken
	// while it is held, never the other way round.
	mu           sync.Mutex
	password     passwordHash
	ending       *Ending // nil while the room lives
	participants map[string]*Participant
	order        []*Participant // those present, by joining
	buf          buffer
	accounted    int    // of buf.bytes, what Registry.bufferBytes knows
	floor        uint64 // everybody present has acknowledged up to here
	share        *rate.Limiter
	passing      passing
	badges       badges
	orphan       time.Time // the earliest dead man's switch whose owner has left; zero: none
	purgeAt      time.Time // when the earliest switch of all fires; zero: none is armed
}

// Left is the time until the room's deadline, never negative.
func (r *Room) Left() time.Duration { return max(0, time.Until(r.Deadline)) }

// passed reports whether t is over by either clock: a laptop's monotonic clock
// stops while it sleeps, and its wall clock can be set back.
func passed(t, now time.Time) bool {
	return !now.Before(t) || !now.Round(0).Before(t.Round(0))
}

// checkLocked returns the cause if the room has ended. It is how every call
// meets the deadline and the dead man's switch, whatever timers do.
func (r *Room) checkLocked() error {
	now := time.Now()
	switch {
	case r.ending != nil:
	case passed(r.Deadline, now):
		r.endLocked(Expired, nil)
	case !r.purgeAt.IsZero() && passed(r.purgeAt, now):
		r.endLocked(Purged, nil)
	}
	if r.ending != nil {
		return r.ending.Cause
	}
	return nil
}

// presentLocked is checkLocked, and ErrForbidden if p has left.
func (r *Room) presentLocked(p *Participant) error {
	if err := r.checkLocked(); err != nil {
		return err
	}
	if p.gone {
		return ErrForbidden
	}
	return nil
}

// Participant is the participant with this ID; ErrForbidden if there is none,
// or none any more since its lease is over. Being asked for is contact: it
// begins the lease of an absent participant anew.
func (r *Room) Participant(id string) (*Participant, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.checkLocked(); err != nil {
		return nil, err
	}
	p, ok := r.participants[id]
	if !ok {
		return nil, ErrForbidden
	}
	now := time.Now()
	if r.leaseOverLocked(p, now) {
		r.leaveLocked(p, LoggedOut)
		return nil, ErrForbidden
	}
	p.absentSince = now
	return p, nil
}

func (r *Room) leaseOverLocked(p *Participant, now time.Time) bool {
	return p.sub == nil && passed(p.absentSince.Add(r.Lease), now)
}

// People lists who is present, in the order of joining.
func (r *Room) People() ([]Person, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.checkLocked(); err != nil {
		return nil, err
	}
	people := make([]Person, 0, len(r.order))
	for _, p := range r.order {
		people = append(people, p.person())
	}
	return people, nil
}

// Authenticate checks the room's password for somebody outside. It returns
// ErrPassword, *SlowError after too many wrong ones from this source, or
// ErrBusy when too many are waiting.
func (r *Room) Authenticate(ctx context.Context, password string, src Source) (err error) {
	done, err := r.registry.throttle.beginTry(ctx, src, &r.failures)
	if err != nil {
		return err
	}
	defer func() { done(errors.Is(err, ErrPassword)) }()
	password, err = CheckPassword(password)
	if err != nil {
		return ErrPassword // no room can have it
	}
	hash, err := r.passwordHash()
	if err != nil {
		return err
	}
	ok, err := r.registry.hasher.verify(ctx, password, hash)
	if err == nil && !ok {
		err = ErrPassword
	}
	return err
}

func (r *Room) passwordHash() (passwordHash, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.password, r.checkLocked()
}

// Join admits somebody who knows the password under an alias that is theirs
// alone. It takes the place of before, who leaves, if that is not nil. Beside Authenticate's errors it returns *TextError for an unusable
// alias, *AliasTakenError with a free one, ErrRoomFull, ErrSourceInRoom,
// ErrPeople and ErrConnections.
func (r *Room) Join(ctx context.Context, alias, password string, src Source, before *Participant) (*Participant, error) {
	if err := r.Authenticate(ctx, password, src); err != nil {
		return nil, err
	}
	a, err := CheckAlias(alias)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.checkLocked(); err != nil {
		return nil, err
	}
	others, fromSource := 0, 0
	for _, p := range r.order {
		if p != before {
			others++
			if p.source == src {
				fromSource++
			}
		}
	}
	if others >= r.registry.limits.Participants {
		return nil, ErrRoomFull
	}
	if r.registry.limits.JoinRate > 0 && fromSource >= sourceParticipants {
		return nil, ErrSourceInRoom
	}
	taken := func(a Alias) bool {
		return slices.ContainsFunc(r.order, func(p *Participant) bool { return p != before && p.alias.LooksLike(a) })
	}
	if taken(a) {
		return nil, &AliasTakenError{Free: a.Suggest(taken).Name}
	}
	p, err := r.admitLocked(a, src)
	if err == nil && before != nil && !before.gone {
		r.leaveLocked(before, LoggedOut)
	}
	return p, err
}

// admitLocked makes a participant. Its lease begins at once: it has no
// subscription yet.
func (r *Room) admitLocked(a Alias, src Source) (*Participant, error) {
	if r.registry.connections.full(r.registry.limits.Connections) {
		return nil, ErrConnections // it could come in and hear nothing
	}
	if !r.registry.people.take(r.registry.limits.People) {
		return nil, ErrPeople
	}
	p := &Participant{
		ID: newID()[:13], Alias: a.Name, Badge: r.badges.deal(), alias: a, source: src,
		state: Here, absentSince: time.Now(),
	}
	if limit := r.registry.limits.MessageRate; limit > 0 {
		p.rate = rate.NewLimiter(rate.Limit(limit), messageBurst)
		p.share = rate.NewLimiter(0, r.registry.limits.maxFormattedBytes())
		p.share.SetBurst(r.registry.limits.maxFormattedBytes())
	}
	e := r.appendLocked(false, nil, func(seq uint64) []byte { return joinedWire(seq, p.person()) })
	p.joined, p.acked, p.seen = e.Seq, e.Seq, e.Seq
	r.participants[p.ID] = p
	r.order = append(r.order, p)
	r.trimLocked()
	return p, nil
}

// Leave takes p out of the room: its session and subscription end with cause,
// the others see that it left, its alias is free. Leaving twice is nothing.
func (r *Room) Leave(p *Participant, cause Cause) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.presentLocked(p) != nil {
		return
	}
	r.leaveLocked(p, cause)
}

func (r *Room) leaveLocked(p *Participant, cause Cause) {
	p.gone = true
	r.orphan = earliest(r.orphan, p.armed.At)
	delete(r.participants, p.ID)
	r.order = slices.DeleteFunc(r.order, func(q *Participant) bool { return q == p })
	r.registry.people.release()
	if p.sub != nil {
		p.sub.endLocked(cause)
		p.sub = nil
	}
	r.appendLocked(false, p, func(seq uint64) []byte { return leftWire(seq, p.ID) })
	r.trimLocked()
}

// appendLocked puts an event into the buffer and wakes everybody who reads.
func (r *Room) appendLocked(message bool, left *Participant, encode func(seq uint64) []byte) *Event {
	seq := seqAfter(r.buf.head, message)
	e := &Event{Seq: seq, at: time.Now(), wire: encode(seq), message: message, left: left}
	r.buf.add(e)
	r.accountLocked()
	for _, p := range r.order {
		if p.sub != nil {
			p.sub.wake()
		}
	}
	return e
}

// trimLocked drops the events that everybody present has acknowledged.
func (r *Room) trimLocked() {
	r.floor = r.buf.head
	for _, p := range r.order {
		r.floor = min(r.floor, p.acked)
	}
	r.buf.trim(r.floor)
	r.accountLocked()
}

// accountLocked tells the registry how much the buffer holds now.
func (r *Room) accountLocked() {
	r.registry.bufferBytes.Add(int64(r.buf.bytes - r.accounted))
	r.accounted = r.buf.bytes
}

// Post appends a message to the room's buffer, in one order for all, and
// returns its seq. Posting the same id twice returns the first seq. format
// makes the HTML of a message of this many bytes; it is called outside the
// room's lock, and only if the sender's rate and the room's share allow a
// message of that size, for formatting is work. Post never waits for a reader.
// It returns the cause if the room has ended, ErrForbidden if p has left,
// ErrMessageID, *SlowError, or format's error.
func (r *Room) Post(p *Participant, id string, size int, format func() (string, error)) (uint64, error) {
	if !ValidID(id) {
		return 0, ErrMessageID
	}
	size = min(size, r.registry.limits.MessageBytes) // longer ones cost nothing
	seq, before, err := r.beginPost(p, id, size)
	if seq != 0 || err != nil {
		return seq, err
	}
	html, err := format()
	if err != nil {
		return 0, err
	}
	tail := messageTail(id, p.ID, time.Now(), html)
	seq, err = r.finishPost(p, id, before, tail, len(html)-size)
	r.registry.shed()
	return seq, err
}

// beginPost returns the seq of a message that was posted before under this id,
// and otherwise takes one message from the sender's rate, and its size from the
// room's share. before is how many ids p had used by then.
func (r *Room) beginPost(p *Participant, id string, size int) (seq uint64, before int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.presentLocked(p); err != nil {
		return 0, 0, err
	}
	// The buffer cannot confirm a message that was lost to a bound before its
	// sender could read it: sent again, it is answered to the sender alone.
	seq, lost := p.sent.find(id)
	if seq != 0 && !lost {
		return seq, 0, nil
	}
	if err := takeOne(p.rate); err != nil {
		return 0, 0, err
	}
	if before = p.sent.added; seq != 0 {
		before = -1 // look again
	}
	return 0, before, r.takeShareLocked(p, size)
}

// finishPost charges what formatting has added to the message.
func (r *Room) finishPost(p *Participant, id string, before int, tail []byte, added int) (uint64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.presentLocked(p); err != nil {
		return 0, err
	}
	if before != p.sent.added {
		if seq, lost := p.sent.find(id); seq != 0 {
			if p.sub != nil && lost {
				p.sub.tellLocked(messageWire(seq, tail))
			}
			return seq, nil
		}
	}
	if err := r.takeShareLocked(p, max(0, added)); err != nil {
		return 0, err
	}
	e := r.appendLocked(true, nil, func(seq uint64) []byte { return messageWire(seq, tail) })
	p.sent.add(id, e.Seq)
	delete(r.passing.typing, p) // the others have it
	return e.Seq, nil
}

// Purge ends the room for everybody; by is the participant who asked for it,
// nil if that was somebody outside. It returns nil if the room had ended
// before: of two that purge at the same time only one does it.
func (r *Room) Purge(by *Participant) *Ending { return r.end(Purged, by) }

func (r *Room) end(cause Cause, by *Participant) *Ending {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.checkLocked() != nil {
		return nil
	}
	return r.endLocked(cause, by)
}

// endLocked is the one way a room ends: nobody can enter it any more, every
// subscription learns the cause, and everything people wrote is let go.
func (r *Room) endLocked(cause Cause, by *Participant) *Ending {
	r.ending = newEnding(cause, time.Now(), r, by)
	for _, p := range r.order {
		p.gone = true
		r.registry.people.release()
		if p.sub != nil {
			p.sub.endLocked(cause)
		}
	}
	r.timer.Stop()
	r.passing.stop()
	r.participants, r.order = nil, nil
	r.buf = buffer{head: r.buf.head}
	r.accountLocked()
	r.password = passwordHash{}
	r.registry.remove(r)
	return r.ending
}

// sweep does what is due in a room by the clock alone.
func (r *Room) sweep(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.checkLocked() != nil {
		return
	}
	for _, p := range slices.Clone(r.order) {
		if r.leaseOverLocked(p, now) {
			r.leaveLocked(p, LoggedOut)
		} else if p.sub == nil && passed(p.absentSince.Add(offlineAfter), now) {
			r.setStateLocked(p, Offline)
		}
	}
	r.buf.evictBefore(now.Add(-r.Lease))
	r.accountLocked()
}

// due is the room's own timer.
func (r *Room) due() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checkLocked()
}
