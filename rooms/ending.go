package rooms

import (
	"context"
	"sync"
	"time"
)

// Ending is how a room ended: its cause and which screens have confirmed that
// they are wiped.
type Ending struct {
	Cause Cause
	by    *Participant // who asked for it; nil: nobody inside

	mu        sync.Mutex
	at        time.Time
	waiting   map[*Subscription]time.Time // screens that may still confirm -> when they go blank by themselves
	screens   int
	confirmed int
	took      time.Duration
	blankBy   time.Time
	done      chan struct{} // closed when nobody is waited for
}

// Receipt is what an ending came to; counts only.
type Receipt struct {
	Screens   int           // participants the room had
	Confirmed int           // of them, how many said that they are wiped
	Took      time.Duration // until the last confirmation
	BlankBy   time.Time     // when the others go blank by themselves at the latest; zero if there are none
}

// newEnding counts the screens of everybody still present: a participant
// without a connection may still have a page open, which goes blank when its
// lease ends. Only by's own does not, if it cannot confirm: the answer to its
// purge takes its place.
func newEnding(cause Cause, at time.Time, r *Room, by *Participant) *Ending {
	e := &Ending{Cause: cause, by: by, at: at, waiting: map[*Subscription]time.Time{}, done: make(chan struct{})}
	for _, p := range r.order {
		e.screens++
		switch {
		case p.sub != nil && !(p == by && p.sub.stream):
			e.waiting[p.sub] = earlier(at.Add(r.Lease), r.Deadline)
		case p == by:
			e.confirmed++
		default:
			e.outOfReach(earlier(p.absentSince.Add(r.Lease), r.Deadline))
		}
	}
	e.checkLocked()
	return e
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (e *Ending) outOfReach(blankBy time.Time) {
	if blankBy.After(e.blankBy) {
		e.blankBy = blankBy
	}
}

func (e *Ending) checkLocked() {
	if len(e.waiting) == 0 {
		close(e.done) // once: the list only gets shorter, and nobody settles twice
	}
}

// settle takes s off the list of screens waited for, once.
func (e *Ending) settle(s *Subscription, wiped bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	blankBy, ok := e.waiting[s]
	if !ok {
		return
	}
	delete(e.waiting, s)
	if wiped {
		e.confirmed++
		e.took = time.Since(e.at)
	} else {
		e.outOfReach(blankBy)
	}
	e.checkLocked()
}

// Wait waits until every screen that could be reached has confirmed or is
// gone, or ctx ends, and says what was confirmed until then.
func (e *Ending) Wait(ctx context.Context) Receipt {
	select {
	case <-e.done:
	case <-ctx.Done():
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	r := Receipt{Screens: e.screens, Confirmed: e.confirmed, Took: e.took, BlankBy: e.blankBy}
	for _, blankBy := range e.waiting {
		if blankBy.After(r.BlankBy) {
			r.BlankBy = blankBy
		}
	}
	return r
}
