package rooms

import (
	"hash/maphash"
	"sort"
	"time"

	"golang.org/x/time/rate"
)

// Participant is a person in a room, from joining to leaving; who joins again
// is a new one. ID and Alias never change; the room guards the rest.
type Participant struct {
	ID    string // public, never a secret
	Alias string

	alias  Alias
	source Source
	joined uint64 // seq of its own joined event; it reads nothing before
	gone   bool   // it left

	state       State
	sub         *Subscription // the open tab or stream, nil while absent
	absentSince time.Time     // last contact, and start of the lease while sub is nil

	acked   uint64 // everything up to here has arrived
	flushed uint64 // everything up to here was sent to a page that cannot say whether it has
	seen    uint64 // everything up to here was on a visible screen

	armed Switch

	sent  sentIDs
	rate  *rate.Limiter // messages a second; nil: no limit
	share *rate.Limiter // formatted bytes a second that are its own; nil: no limit
}

func (p *Participant) person() Person { return Person{p.ID, p.Alias, p.state} }

// rememberedIDs is how many of a participant's message ids are remembered. At
// 24 bytes each that is 24 KiB for those who write that much.
const rememberedIDs = 1024

// sentIDs remembers the last ids a participant used and the seqs they got, in
// the order of seq. Ids are kept as keyed 64-bit hashes: a participant who
// could find a collision would only silence itself.
type sentIDs struct {
	ring []sentID
	next int // where the ring's oldest entry is, once it is full
}

type sentID struct {
	hash, seq uint64
	lost      bool // to a bound, before its sender could read it
}

var sentSeed = maphash.MakeSeed()

// find is the message that got the id; its seq is 0 if there is none. The scan
// takes 0.4 µs at its longest.
func (s *sentIDs) find(id string) sentID {
	h := maphash.String(sentSeed, id)
	for _, e := range s.ring {
		if e.hash == h {
			return e
		}
	}
	return sentID{}
}

func (s *sentIDs) add(id string, seq uint64) {
	e := sentID{hash: maphash.String(sentSeed, id), seq: seq}
	if len(s.ring) < rememberedIDs {
		s.ring = append(s.ring, e)
		return
	}
	s.ring[s.next] = e
	s.next = (s.next + 1) % rememberedIDs
}

// lose marks the messages with from < seq <= to as lost to their sender.
func (s *sentIDs) lose(from, to uint64) {
	for i := range s.ring {
		e := &s.ring[i]
		e.lost = e.lost || from < e.seq && e.seq <= to
	}
}

// newestIn is the newest remembered seq with from < seq <= to, or 0.
func (s *sentIDs) newestIn(from, to uint64) uint64 {
	n := len(s.ring)
	at := func(i int) uint64 { return s.ring[(s.next+i)%n].seq }
	i := sort.Search(n, func(i int) bool { return at(i) > to })
	if i == 0 || at(i-1) <= from {
		return 0
	}
	return at(i - 1)
}

// ValidID reports whether id is [A-Za-z0-9_-]{1,36}: what clients may name
// their messages and pages.
func ValidID(id string) bool {
	if len(id) == 0 || len(id) > 36 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}

// NewMessageID makes an id for a message that no other message has.
func NewMessageID() string { return newID() }
