package rooms

import (
	"hash/maphash"
	"slices"
	"sort"
	"time"

	"golang.org/x/time/rate"
)

// Participant is a person in a room, from joining to leaving; who joins again
// is a new one. ID, Alias and Badge never change; the room guards the rest.
type Participant struct {
	ID    string // public, never a secret
	Alias string
	Badge Badge // as new as the participant

	alias  Alias
	source Source
	joined uint64 // seq of its own joined event; it reads nothing before
	gone   bool   // it left

	state       State
	sub         *Subscription // the open tab or stream, nil while absent
	absentSince time.Time     // last contact, and start of the lease while sub is nil

	page     string   // of the newest subscription
	replaced []string // pages before it, oldest first; at most rememberedPages

	acked   uint64 // everything up to here has arrived
	flushed uint64 // everything up to here was sent to a page that cannot say whether it has
	seen    uint64 // everything up to here was on a visible screen

	armed Switch

	sent  sentIDs
	rate  *rate.Limiter // messages a second; nil: no limit
	share *rate.Limiter // formatted bytes a second that are its own; nil: no limit
}

func (p *Participant) person() Person { return Person{p.ID, p.Alias, p.Badge, p.state} }

// rememberedPages is how many of a participant's replaced pages are remembered. A
// late handshake is of the last or the one before.
const rememberedPages = 8

// turnToLocked makes page the newest, or returns Replaced if it was already.
func (p *Participant) turnToLocked(page string) error {
	if page != "" && slices.Contains(p.replaced, page) {
		return Replaced
	}
	if p.page != "" && p.page != page {
		p.replaced = append(p.replaced, p.page)
		p.replaced = p.replaced[max(0, len(p.replaced)-rememberedPages):]
	}
	p.page = page
	return nil
}

// rememberedIDs is how many of a participant's message ids are remembered. At
// 16 bytes each that is 16 KiB for those who write that much.
const rememberedIDs = 1024

// sentIDs remembers the last ids a participant used and the seqs they got, in
// the order of seq. Ids are kept as keyed 64-bit hashes: a participant who
// could find a collision would only silence itself.
type sentIDs struct {
	hashes []uint64 // a ring
	seqs   []uint64 // beside them; lostBit is set in some
	next   int      // where the oldest entry is, once the ring is full
	added  int      // ids in all
}

// lostBit marks a message that was lost to a bound before its sender could read
// it. A seq has 53 bits.
const lostBit = 1 << 63

var sentSeed = maphash.MakeSeed()

// find is the seq of the message that got the id, or 0, and whether the message
// was lost to its sender. The scan takes 0.3 µs at its longest.
func (s *sentIDs) find(id string) (seq uint64, lost bool) {
	i := slices.Index(s.hashes, maphash.String(sentSeed, id))
	if i < 0 {
		return 0, false
	}
	return s.seqs[i] &^ lostBit, s.seqs[i]&lostBit != 0
}

func (s *sentIDs) add(id string, seq uint64) {
	s.added++
	h := maphash.String(sentSeed, id)
	if len(s.hashes) < rememberedIDs {
		s.hashes, s.seqs = append(s.hashes, h), append(s.seqs, seq)
		return
	}
	s.hashes[s.next], s.seqs[s.next] = h, seq
	s.next = (s.next + 1) % rememberedIDs
}

// lose marks the messages with from < seq <= to as lost to their sender.
func (s *sentIDs) lose(from, to uint64) {
	for i, seq := range s.seqs {
		if seq &^= lostBit; from < seq && seq <= to {
			s.seqs[i] |= lostBit
		}
	}
}

// newestIn is the newest remembered seq with from < seq <= to, or 0.
func (s *sentIDs) newestIn(from, to uint64) uint64 {
	n := len(s.seqs)
	at := func(i int) uint64 { return s.seqs[(s.next+i)%n] &^ lostBit }
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
