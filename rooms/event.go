package rooms

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// State is how present a participant is, in the words of the wire.
type State string

// Here has a subscription, Away has one whose page is hidden, Offline has none
// but its lease still runs.
const (
	Here    State = "here"
	Away    State = "away"
	Offline State = "offline"
)

// Person is what everybody in a room may know about a participant.
type Person struct {
	ID    string `json:"id"`
	Alias string `json:"alias"`
	Badge Badge  `json:"badge"`
	State State  `json:"state"`
}

// Event is one thing that happened in a room, encoded once for everybody. It is
// read-only and may be shared.
type Event struct {
	Seq     uint64
	at      time.Time
	wire    []byte       // one JSON object and a line feed
	message bool         // a message to everybody, so that its loss counts in a gap
	left    *Participant // who left, for a snapshot of an earlier moment
}

// AppendWire appends the event as one line of the wire.
func (e *Event) AppendWire(b []byte) []byte { return append(b, e.wire...) }

// eventOverheadBytes is what an event costs beside its wire form: the struct,
// its slot in the buffer, allocator slack.
const eventOverheadBytes = 128

func (e *Event) sizeBytes() int { return len(e.wire) + eventOverheadBytes }

// A seq counts the room's messages in its high bits and, in its low otherBits,
// the other events since the last message. So it increases strictly, and the
// number of messages between any two seqs is a subtraction: a gap is exact for
// whatever seq a reader resumes from, without a record of what is gone.
//
// Seqs stay exact in a JavaScript number (53 bits): 2^31 messages, and 2^22
// other events in a row, which would take joining and leaving 580 times a
// second for an hour.
const otherBits = 22

func seqAfter(head uint64, message bool) uint64 {
	if message {
		return (head>>otherBits + 1) << otherBits
	}
	return head + 1
}

// messagesBetween is the number of messages with from < seq <= to.
func messagesBetween(from, to uint64) uint64 {
	if to <= from {
		return 0
	}
	return to>>otherBits - from>>otherBits
}

// newestMessage is the seq of the newest message up to seq, whatever else came
// after it.
func newestMessage(seq uint64) uint64 { return seq >> otherBits << otherBits }

// At is a time as the wire has it: RFC 3339 with milliseconds, in UTC.
func At(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// messageTail is all of a message's wire form that does not depend on its
// place in the room, encoded before the room's lock is taken.
func messageTail(id, from string, at time.Time, html string) []byte {
	return Line(struct {
		ID   string `json:"id"`
		From string `json:"from"`
		At   string `json:"at"`
		HTML string `json:"html"`
	}{id, from, At(at), html})
}

func messageWire(seq uint64, tail []byte) []byte {
	b := make([]byte, 0, len(tail)+48)
	b = append(b, `{"type":"message","seq":`...)
	b = strconv.AppendUint(b, seq, 10)
	b = append(b, ',')
	return append(b, tail[1:]...)
}

func joinedWire(seq uint64, p Person) []byte {
	return Line(struct {
		Type        string `json:"type"`
		Seq         uint64 `json:"seq"`
		Participant Person `json:"participant"`
	}{"joined", seq, p})
}

func leftWire(seq uint64, id string) []byte {
	return Line(struct {
		Type        string `json:"type"`
		Seq         uint64 `json:"seq"`
		Participant string `json:"participant"`
	}{"left", seq, id})
}

// armedWire says when the room will be purged by a switch, or that no switch is
// armed any more if at is zero.
func armedWire(seq uint64, at time.Time) []byte {
	if at.IsZero() {
		return Line(struct {
			Type string `json:"type"`
			Seq  uint64 `json:"seq"`
		}{"disarmed", seq})
	}
	return Line(struct {
		Type string `json:"type"`
		Seq  uint64 `json:"seq"`
		At   string `json:"at"`
	}{"armed", seq, At(at)})
}

func gapWire(seq, missed uint64) []byte {
	return Line(struct {
		Type   string `json:"type"`
		Seq    uint64 `json:"seq"`
		Missed uint64 `json:"missed"`
	}{"gap", seq, missed})
}

func presenceWire(id string, s State) []byte {
	return Line(struct {
		Type        string `json:"type"`
		Participant string `json:"participant"`
		State       State  `json:"state"`
	}{"presence", id, s})
}

func typingWire(id string) []byte {
	return Line(struct {
		Type string `json:"type"`
		From string `json:"from"`
	}{"typing", id})
}

func seenWire(seq uint64, by int) []byte {
	return Line(struct {
		Type string `json:"type"`
		Seq  uint64 `json:"seq"`
		By   int    `json:"by"`
	}{"seen", seq, by})
}

// Line encodes v, a struct of strings and numbers, as one line of the wire: JSON
// and a line feed. HTML in it is left as it is, for it travels in a WebSocket,
// never inside a page.
func Line(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // strings and numbers always encode
	}
	return b.Bytes()
}
