package rooms

import "time"

// passingEvery is the least time between two rounds of passing states in a
// room: who is here, who types, what was seen. They have no seq, are merged,
// and a reader that lags behind does without them.
const passingEvery = time.Second

// maxOwnBytes is how much a subscription may have waiting beside the buffer.
const maxOwnBytes = 16 << 10

// passing is what changed since the last round. The room guards it.
type passing struct {
	presence map[*Participant]bool
	typing   map[*Participant]bool
	seen     map[*Participant]uint64 // author -> newest of its messages that somebody saw
	last     time.Time
	timer    *time.Timer // of the next round; nil if none is due
}

func (s *passing) stop() {
	if s.timer != nil {
		s.timer.Stop()
	}
	*s = passing{}
}

func (r *Room) setStateLocked(p *Participant, state State) {
	if p.state == state {
		return
	}
	p.state = state
	put(&r.passing.presence, p, true)
	r.passSoonLocked()
}

func (r *Room) typingLocked(p *Participant) {
	put(&r.passing.typing, p, true)
	r.passSoonLocked()
}

// seenLocked moves what p has seen up to seq and notes whose messages that
// concerns.
func (r *Room) seenLocked(p *Participant, seq uint64) {
	if seq <= p.seen {
		return
	}
	for _, author := range r.order {
		if author == p {
			continue
		}
		if newest := author.sent.newestIn(p.seen, seq); newest > r.passing.seen[author] {
			put(&r.passing.seen, author, newest)
			r.passSoonLocked()
		}
	}
	p.seen = seq
}

func put[V any](m *map[*Participant]V, p *Participant, v V) {
	if *m == nil {
		*m = map[*Participant]V{}
	}
	(*m)[p] = v
}

// passSoonLocked sees to a round: at once if the last was long enough ago.
func (r *Room) passSoonLocked() {
	if r.passing.timer == nil {
		wait := max(0, passingEvery-time.Since(r.passing.last))
		r.passing.timer = time.AfterFunc(wait, r.pass)
	}
}

// pass sends one round of passing states.
func (r *Room) pass() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.checkLocked() != nil {
		return
	}
	round := r.passing
	r.passing = passing{last: time.Now()}
	var all []byte
	for p := range round.presence {
		if !p.gone {
			all = append(all, presenceWire(p.ID, p.state)...)
		}
	}
	for p := range round.typing {
		if !p.gone {
			all = append(all, typingWire(p.ID)...)
		}
	}
	for _, p := range r.order {
		if p.sub == nil {
			continue
		}
		own := all
		if seq := round.seen[p]; seq != 0 {
			own = append(own[:len(own):len(own)], seenWire(seq, r.seenByLocked(p, seq))...)
		}
		if len(p.sub.own)+len(own) <= maxOwnBytes {
			p.sub.tellLocked(own)
		}
	}
}

// seenByLocked counts who, beside its author, has seen the message seq.
func (r *Room) seenByLocked(author *Participant, seq uint64) (n int) {
	for _, p := range r.order {
		if p != author && p.joined < seq && p.seen >= seq {
			n++
		}
	}
	return n
}
