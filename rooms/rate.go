package rooms

import (
	"time"

	"golang.org/x/time/rate"
)

// messageBurst is how many messages a participant may send at once before its
// rate counts.
const messageBurst = 25

// roomShareBytes is how many bytes of messages, formatted or as sent, whichever
// is more, a room may take in a second. It bounds the work of formatting, too:
// the worst 16 KiB take 12 ms, so a fifth of a core for each room. Whoever comes while there is some left may use it; when it is used
// up, each participant still has its own equal part.
const roomShareBytes = 256 << 10

// takeOne takes one from l, or says when there will be one. A nil limiter
// always has one.
func takeOne(l *rate.Limiter) error {
	if l == nil {
		return nil
	}
	now := time.Now()
	res := l.ReserveN(now, 1)
	if d := res.DelayFrom(now); d > 0 {
		res.CancelAt(now)
		return slow(d)
	}
	return nil
}

// takeShareLocked charges p and the room for n bytes of a message.
func (r *Room) takeShareLocked(p *Participant, n int) error {
	if p.share == nil {
		return nil
	}
	now := time.Now()
	if r.share.TokensAt(now) < float64(n) {
		p.share.SetLimitAt(now, rate.Limit(roomShareBytes/float64(len(r.order))))
		own := p.share.ReserveN(now, n)
		if d := own.DelayFrom(now); d > 0 {
			own.CancelAt(now)
			return slow(d)
		}
	}
	// The room's bucket may run into debt here; what everybody's own part
	// gives away is never more than the room's share.
	r.share.ReserveN(now, n)
	return nil
}
