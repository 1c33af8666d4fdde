package rooms

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// testLimits let a test say much without waiting; hashing is cheap.
var testLimits = Limits{
	Lifetime: time.Hour, Rooms: 1000, Participants: 200, People: 10000, Connections: 5000,
	MessageBytes: 16384, JoinRate: 10, Argon2Memory: 1024,
}

const testPassword = "correct horse battery"

// newTestRegistry runs a registry until the test ends. To be called inside a
// synctest bubble.
func newTestRegistry(t *testing.T, limits Limits) *Registry {
	t.Helper()
	reg := NewRegistry(limits)
	reg.hasher.derive = func(password string, salt []byte) []byte {
		sum := sha256.Sum256([]byte(password))
		return sum[:]
	}
	var running sync.WaitGroup
	running.Go(func() { reg.Run(t.Context()) })
	return reg
}

func mustCreate(t *testing.T, reg *Registry, change ...func(*Opening)) (*Room, *Participant) {
	t.Helper()
	o := Opening{Alias: "Ana", Name: "kitchen", Password: testPassword}
	for _, c := range change {
		c(&o)
	}
	r, p, err := reg.Create(t.Context(), o)
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	return r, p
}

func mustJoin(t *testing.T, r *Room, alias string) *Participant {
	t.Helper()
	p, err := r.Join(t.Context(), alias, testPassword, Source{}, nil)
	if err != nil {
		t.Fatalf("Join %q: %v", alias, err)
	}
	return p
}

func mustSubscribe(t *testing.T, r *Room, p *Participant, after ...uint64) (*Subscription, Welcome) {
	t.Helper()
	var a *uint64
	if len(after) > 0 {
		a = &after[0]
	}
	s, w, err := r.Subscribe(p, "", a, func() {})
	if err != nil {
		t.Fatalf("Subscribe: %v", err)
	}
	return s, w
}

// nudger is a wake function and the channel that it nudges.
func nudger() (wake func(), woken <-chan struct{}) {
	c := make(chan struct{}, 1)
	return func() {
		select {
		case c <- struct{}{}:
		default:
		}
	}, c
}

func mustPost(t *testing.T, r *Room, p *Participant, id, html string) uint64 {
	t.Helper()
	seq, err := r.Post(p, id, len(html), plain(html))
	if err != nil {
		t.Fatalf("Post: %v", err)
	}
	return seq
}

func plain(html string) func() (string, error) {
	return func() (string, error) { return html, nil }
}

// got is what one wire object says, for tests.
type got struct {
	Type        string
	Seq         uint64
	ID          string
	From        string
	HTML        string
	Missed      uint64
	By          int
	State       State
	Participant json.RawMessage
}

// take reads everything a subscription has now.
func take(t *testing.T, s *Subscription) []got {
	t.Helper()
	events, own, _, err := s.Take(nil, 10<<20)
	if err != nil {
		t.Fatalf("Take: %v", err)
	}
	var wire []byte
	for _, e := range events {
		wire = e.AppendWire(wire)
	}
	wire = append(wire, own...)
	var all []got
	for line := range bytes.Lines(wire) {
		var g got
		if err := json.Unmarshal(line, &g); err != nil {
			t.Fatalf("not JSON: %q: %v", line, err)
		}
		all = append(all, g)
	}
	return all
}

// told is take in short: "message hello", "joined", "gap 3".
func told(t *testing.T, s *Subscription) string {
	t.Helper()
	var all []string
	for _, g := range take(t, s) {
		switch g.Type {
		case "message":
			all = append(all, g.HTML)
		case "gap":
			all = append(all, fmt.Sprint("gap ", g.Missed))
		case "presence":
			all = append(all, "presence "+string(g.State))
		case "seen":
			all = append(all, fmt.Sprint("seen ", g.By))
		default:
			all = append(all, g.Type)
		}
	}
	return strings.Join(all, ", ")
}

func holds(r *Room, seq uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.buf.events, func(e *Event) bool { return e.Seq == seq })
}

func want(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestANewcomerReadsNothingFromBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits))
		anas, _ := mustSubscribe(t, r, ana)
		mustPost(t, r, ana, "1", "before")
		bob := mustJoin(t, r, "Bob")
		bobs, welcome := mustSubscribe(t, r, bob)
		mustPost(t, r, ana, "2", "after")

		want(t, told(t, bobs), "after")
		want(t, told(t, anas), "before, joined, after")
		if len(welcome.People) != 2 || welcome.Seq != bob.joined {
			t.Errorf("welcome = %+v", welcome)
		}
	})
}

func TestAPageLoadStartsAtWhatWasAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits))
		first, _ := mustSubscribe(t, r, ana)
		one := mustPost(t, r, ana, "1", "one")
		two := mustPost(t, r, ana, "2", "two")
		want(t, told(t, first), "one, two")
		first.Ack(one)
		first.Close()

		second, welcome := mustSubscribe(t, r, ana)
		want(t, told(t, second), "two")
		if welcome.Seq != one || welcome.Head != two {
			t.Errorf("welcome.Seq, Head = %d, %d, want %d, %d", welcome.Seq, welcome.Head, one, two)
		}
	})
}

func TestAReconnectResumesAfterTheSeqItNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits))
		s, _ := mustSubscribe(t, r, ana)
		mustPost(t, r, ana, "1", "one")
		two := mustPost(t, r, ana, "2", "two")
		mustPost(t, r, ana, "3", "three")
		s.Close()

		s, _ = mustSubscribe(t, r, ana, two)
		want(t, told(t, s), "three")
		s, _ = mustSubscribe(t, r, ana, 0)
		want(t, told(t, s), "one, two, three") // clamped to its own first event
		if _, _, err := r.Subscribe(ana, "", ptr(r.buf.head), func() {}); err != nil {
			t.Errorf("resume at the head: %v", err)
		}
		if _, _, err := r.Subscribe(ana, "", ptr(r.buf.head+1), func() {}); !errors.Is(err, ErrAboveHead) {
			t.Errorf("resume above the head: err = %v, want ErrAboveHead", err)
		}
	})
}

func TestATabThatWokeLaterIsToldWhatItLacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits))
		bob := mustJoin(t, r, "Bob")
		anas, _ := mustSubscribe(t, r, ana)
		mustSubscribe(t, r, bob) // falls asleep having read nothing since it joined
		second, _ := mustSubscribe(t, r, bob)
		cleo := mustJoin(t, r, "Cleo")
		cleos, _ := mustSubscribe(t, r, cleo)
		seq := mustPost(t, r, cleo, "1", "hi")
		for _, s := range []*Subscription{anas, second, cleos} {
			s.Ack(seq)
		}

		woken, welcome := mustSubscribe(t, r, bob, bob.joined)
		if n := len(welcome.People); n != 3 {
			t.Errorf("the list names %d people, want Cleo too: her joined comes no more", n)
		}
		mustPost(t, r, cleo, "2", "again")
		want(t, told(t, woken), "gap 1, again")
	})
}

func ptr(n uint64) *uint64 { return &n }

func TestTheBufferForgetsWhatEverybodyAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := newTestRegistry(t, testLimits)
		r, ana := mustCreate(t, reg)
		bob := mustJoin(t, r, "Bob")
		anas, _ := mustSubscribe(t, r, ana)
		bobs, _ := mustSubscribe(t, r, bob)
		seq := mustPost(t, r, ana, "1", "secret")

		anas.Ack(seq)
		if len(r.buf.events) != 1 {
			t.Errorf("%d events held while Bob has not acknowledged, want 1", len(r.buf.events))
		}
		bobs.Ack(seq)
		if len(r.buf.events) != 0 || r.buf.bytes != 0 || reg.Stats().BufferBytes != 0 {
			t.Errorf("events %d, bytes %d, all %d after both acknowledged", len(r.buf.events), r.buf.bytes, reg.Stats().BufferBytes)
		}
		if err := bobs.Ack(seq + 1); !errors.Is(err, ErrAboveHead) {
			t.Errorf("Ack above the head: err = %v, want ErrAboveHead", err)
		}
	})
}

func TestWhoeverLeavesIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits))
		bob := mustJoin(t, r, "Bob")
		anas, _ := mustSubscribe(t, r, ana)
		seq := mustPost(t, r, ana, "1", "secret")
		anas.Ack(seq)
		r.Leave(bob, LoggedOut)
		if holds(r, seq) {
			t.Error("the message is still held")
		}
	})
}

func TestTheSameIDTwiceIsOneMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits))
		s, _ := mustSubscribe(t, r, ana)
		first := mustPost(t, r, ana, "same", "hello")
		if again := mustPost(t, r, ana, "same", "hello"); again != first {
			t.Errorf("second Post: seq %d, want %d", again, first)
		}
		want(t, told(t, s), "hello")
	})
}

func TestTheLast1024IDsAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits))
		s, _ := mustSubscribe(t, r, ana)
		first := mustPost(t, r, ana, "first", "x")
		for i := range rememberedIDs - 1 {
			s.Ack(mustPost(t, r, ana, fmt.Sprint("id-", i), "x"))
		}
		if again := mustPost(t, r, ana, "first", "x"); again != first {
			t.Error("forgotten after 1,023 others")
		}
		mustPost(t, r, ana, "one-more", "x")
		if again := mustPost(t, r, ana, "first", "x"); again == first {
			t.Error("remembered after 1,024 others")
		}
	})
}

func TestMessageIDs(t *testing.T) {
	for id, ok := range map[string]bool{
		"": false, "a": true, "Az0_-": true, strings.Repeat("a", 36): true, strings.Repeat("a", 37): false,
		"a b": false, "ä": false, "a\n": false, "a.b": false,
	} {
		if ValidID(id) != ok {
			t.Errorf("ValidID(%q) = %v", id, !ok)
		}
	}
}

func TestAGapCountsExactly(t *testing.T) {
	for _, tc := range []struct {
		name     string
		messages int
		joins    bool
		want     string
	}{
		{"one below the bound", bufferEvents - 1, false, ""},
		{"at the bound", bufferEvents, false, ""},
		{"one above", bufferEvents + 1, false, "gap 1"},
		{"many above", bufferEvents + 777, false, "gap 777"},
		{"joins in between do not count", bufferEvents + 7, true, "gap 5"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, ana := mustCreate(t, newTestRegistry(t, testLimits))
				anas, _ := mustSubscribe(t, r, ana)
				bob := mustJoin(t, r, "Bob")
				anas.Ack(bob.joined)
				if tc.joins { // two events that are no messages come first
					r.Leave(mustJoin(t, r, "Eve"), LoggedOut)
				}
				n := tc.messages
				if tc.joins {
					n -= 2
				}
				for i := range n {
					mustPost(t, r, ana, fmt.Sprint(i), "x")
				}
				s, _ := mustSubscribe(t, r, bob)
				all := take(t, s)
				gap := ""
				if all[0].Type == "gap" {
					gap = fmt.Sprint("gap ", all[0].Missed)
					if lost := all[0].Seq; all[1].Seq <= lost {
						t.Errorf("first event %d is not after the gap's %d", all[1].Seq, lost)
					}
				}
				want(t, gap, tc.want)
			})
		})
	}
}

func TestAGapCountsFromWhereverAReaderResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits))
		var seqs []uint64
		for i := range bufferEvents + 100 {
			seqs = append(seqs, mustPost(t, r, ana, fmt.Sprint(i), "x"))
		}
		for _, n := range []int{0, 1, 50, 98, 99, 100, 1000} {
			s, _ := mustSubscribe(t, r, ana, seqs[n])
			missed, read := uint64(0), 0
			for _, g := range take(t, s) {
				missed += g.Missed
				if g.Type == "message" {
					read++
				}
			}
			if total := int(missed) + read; total != len(seqs)-n-1 {
				t.Errorf("resumed after message %d: missed %d and read %d, want %d together", n, missed, read, len(seqs)-n-1)
			}
		}
	})
}

func TestASlowReaderIsSentAwayAndToldWhatIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits))
		bob := mustJoin(t, r, "Bob")
		bobs, _ := mustSubscribe(t, r, bob)
		big := strings.Repeat("x", 64<<10)
		for i := range 20 { // more than the 1 MiB a buffer holds
			mustPost(t, r, ana, fmt.Sprint(i), big)
		}
		if _, _, _, err := bobs.Take(nil, 1<<20); !errors.Is(err, ErrSlow) {
			t.Fatalf("Take: err = %v, want ErrSlow", err)
		}
		if r.buf.bytes > bufferBytes {
			t.Errorf("the buffer holds %d bytes, bound %d", r.buf.bytes, bufferBytes)
		}
		bobs.Close()
		bobs, _ = mustSubscribe(t, r, bob, bob.joined)
		all := take(t, bobs)
		if all[0].Type != "gap" || int(all[0].Missed)+len(all)-1 != 20 {
			t.Errorf("gap of %d and %d messages, want 20 together", all[0].Missed, len(all)-1)
		}
	})
}

func TestALostConfirmationIsGivenAgainToTheSenderAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits))
		bob := mustJoin(t, r, "Bob")
		seq := mustPost(t, r, bob, "mine", "hello") // and Bob's line breaks
		var bobs *Subscription
		after := bob.joined
		for gap := range 2 { // the second is no longer about his message
			for i := range bufferEvents + 1 {
				mustPost(t, r, ana, fmt.Sprint(gap, "-", i), "x")
			}
			bobs, _ = mustSubscribe(t, r, bob, after)
			all := take(t, bobs)
			after = all[len(all)-1].Seq
		}
		if again := mustPost(t, r, bob, "mine", "hello"); again != seq {
			t.Errorf("again: seq %d, want %d", again, seq)
		}
		all := take(t, bobs)
		if len(all) != 1 || all[0].Seq != seq || all[0].ID != "mine" || all[0].From != bob.ID {
			t.Errorf("Bob was told %+v, want his own message", all)
		}
	})
}

func TestAllBuffersTogetherAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := newTestRegistry(t, testLimits)
		reg.maxBufferBytes = 600 << 10
		small, ana := mustCreate(t, reg)
		large, eve := mustCreate(t, reg)
		mustPost(t, small, ana, "1", strings.Repeat("x", 50<<10))
		for i := range 9 {
			mustPost(t, large, eve, fmt.Sprint(i), strings.Repeat("x", 100<<10))
		}
		if got := reg.Stats().BufferBytes; got > reg.maxBufferBytes {
			t.Errorf("all buffers hold %d bytes, bound %d", got, reg.maxBufferBytes)
		}
		s, _ := mustSubscribe(t, small, ana)
		if n := len(take(t, s)); n != 1 {
			t.Errorf("the small room lost its message to the large one")
		}
	})
}

func TestAnEventOutlivesNoLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits), func(o *Opening) { o.Lease = 2 * time.Minute })
		mustSubscribe(t, r, ana) // and never acknowledges
		seq := mustPost(t, r, ana, "1", "old")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if !holds(r, seq) {
			t.Error("gone before the lease ended")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if holds(r, seq) {
			t.Error("still held after a lease")
		}
	})
}

func TestARoomEndsAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := newTestRegistry(t, testLimits)
		r, ana := mustCreate(t, reg, func(o *Opening) { o.Lifetime = 10 * time.Minute })
		s, _ := mustSubscribe(t, r, ana)
		time.Sleep(10*time.Minute - time.Nanosecond)
		if _, err := reg.Get(r.ID); err != nil {
			t.Errorf("just before the deadline: %v", err)
		}
		time.Sleep(time.Nanosecond)
		if _, err := reg.Get(r.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("at the deadline: err = %v, want ErrNotFound", err)
		}
		if _, _, _, err := s.Take(nil, 1); err != Expired {
			t.Errorf("Take: err = %v, want Expired", err)
		}
		if _, err := r.Post(ana, "1", len("late"), plain("late")); err != Expired {
			t.Errorf("Post: err = %v, want Expired", err)
		}
		s.Close()
		if stats := reg.Stats(); stats != (Stats{}) {
			t.Errorf("left behind: %+v", stats)
		}
	})
}

func TestEveryCallMeetsTheDeadlineWithoutATimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := newTestRegistry(t, testLimits)
		r, ana := mustCreate(t, reg)
		r.timer.Stop()
		r.Deadline = time.Now() // as if the timer were late
		if _, err := r.Participant(ana.ID); err != Expired {
			t.Errorf("err = %v, want Expired", err)
		}
	})
}

func TestEitherClockEndsARoom(t *testing.T) {
	now := time.Now()
	deadline := now.Add(time.Hour)
	slept := now.Round(0).Add(2 * time.Hour) // only the wall clock went on
	if passed(deadline, now) || !passed(deadline, slept) || !passed(deadline, deadline) {
		t.Error("passed does not go by whichever clock is first")
	}
}

func TestALeaseKeepsTheAbsent(t *testing.T) {
	for _, lease := range []time.Duration{2 * time.Minute, 5 * time.Minute, 15 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			r, ana := mustCreate(t, newTestRegistry(t, testLimits), func(o *Opening) { o.Lease = lease })
			bob := mustJoin(t, r, "Bob")
			anas, _ := mustSubscribe(t, r, ana)
			bobs, _ := mustSubscribe(t, r, bob)
			want(t, told(t, anas), "joined")
			time.Sleep(time.Minute)
			bobs.Heard()
			bobs.Close()
			time.Sleep(lease - time.Nanosecond)
			synctest.Wait()
			if bob.gone {
				t.Fatal("gone within the lease")
			}
			want(t, told(t, anas), "presence offline")

			time.Sleep(time.Nanosecond)
			if _, err := r.Participant(bob.ID); !errors.Is(err, ErrForbidden) {
				t.Errorf("after the lease: err = %v, want ErrForbidden", err)
			}
			synctest.Wait()
			want(t, told(t, anas), "left")
			mustJoin(t, r, "Bob") // the alias is free
		})
	}
}

func TestARequestIsContact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits)) // without scripts: no subscription
		for range 5 {
			time.Sleep(DefaultLease - time.Second)
			if _, err := r.Participant(ana.ID); err != nil {
				t.Fatalf("somebody who loads pages was forgotten: %v", err)
			}
		}
	})
}

func TestADeadLineCountsFromTheLastSignOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits))
		s, _ := mustSubscribe(t, r, ana)
		time.Sleep(30 * time.Second) // nothing was heard, until the line is given up
		s.Close()
		time.Sleep(DefaultLease - 30*time.Second)
		if _, err := r.Participant(ana.ID); !errors.Is(err, ErrForbidden) {
			t.Errorf("a lease after the last sign of life: err = %v, want ErrForbidden", err)
		}
	})
}

func TestAReloadIsNeitherLeavingNorOffline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits))
		bob := mustJoin(t, r, "Bob")
		anas, _ := mustSubscribe(t, r, ana)
		bobs, _ := mustSubscribe(t, r, bob)
		take(t, anas)
		for range 5 {
			bobs.Heard()
			bobs.Close()
			time.Sleep(time.Second)
			bobs, _ = mustSubscribe(t, r, bob)
			time.Sleep(time.Second)
		}
		synctest.Wait()
		want(t, told(t, anas), "")
	})
}

func TestASecondTabTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := newTestRegistry(t, testLimits)
		r, ana := mustCreate(t, reg)
		first, _ := mustSubscribe(t, r, ana)
		second, _ := mustSubscribe(t, r, ana)
		if _, _, _, err := first.Take(nil, 1); err != Replaced {
			t.Errorf("first tab: err = %v, want Replaced", err)
		}
		first.Close()
		mustPost(t, r, ana, "1", "hello")
		want(t, told(t, second), "hello")
		second.Close()
		if n := reg.Stats().Connections; n != 0 {
			t.Errorf("%d connections counted, want 0", n)
		}
	})
}

// TestAReplacedPageStaysReplaced, however late its handshake comes, as long as it
// is among the last eight.
func TestAReplacedPageStaysReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := newTestRegistry(t, testLimits)
		r, ana := mustCreate(t, reg)
		open := func(page string) (*Subscription, error) {
			s, _, err := r.Subscribe(ana, page, nil, func() {})
			return s, err
		}
		mustOpen := func(page string) *Subscription {
			t.Helper()
			s, err := open(page)
			if err != nil {
				t.Fatalf("page %s: %v", page, err)
			}
			return s
		}
		mustOpen("0").Close()
		newest := mustOpen("1")
		if _, err := open("0"); err != Replaced {
			t.Errorf("the page before: err = %v, want Replaced", err)
		}
		mustPost(t, r, ana, "1", "hello")
		want(t, told(t, newest), "hello")
		for i := 2; i <= rememberedPages; i++ {
			newest.Close()
			newest = mustOpen(fmt.Sprint(i))
			if _, err := open("0"); err != Replaced {
				t.Errorf("%d pages later: err = %v, want Replaced", i, err)
			}
		}
		newest.Close()
		mustOpen("nameless is nobody").Close()
		mustOpen("").Close()
		for i := 3; i <= rememberedPages; i++ {
			if _, err := open(fmt.Sprint(i)); err != Replaced {
				t.Errorf("page %d: err = %v, want Replaced", i, err)
			}
		}
		mustOpen("0").Close() // forgotten by now
		if n := reg.Stats().Connections; n != 0 {
			t.Errorf("%d connections counted, want 0", n)
		}
	})
}

func TestTheWelcomeListIsTheRoomAtItsSeq(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits))
		bob := mustJoin(t, r, "Bob")
		s, _ := mustSubscribe(t, r, ana)
		s.Ack(bob.joined)
		s.Close()
		mustPost(t, r, bob, "1", "bye")
		r.Leave(bob, LoggedOut)
		eve := mustJoin(t, r, "Eve")

		s, welcome := mustSubscribe(t, r, ana)
		var names []string
		for _, p := range welcome.People {
			names = append(names, p.Alias)
		}
		want(t, strings.Join(names, " "), "Ana Bob") // Bob's leaving and Eve's joining follow
		if got, want := welcome.People[1], (Person{bob.ID, "Bob", bob.Badge, Offline}); got != want {
			t.Errorf("who left since is %+v, want %+v", got, want)
		}
		want(t, told(t, s), "bye, left, joined")
		s.Ack(eve.joined)
		_, welcome = mustSubscribe(t, r, ana)
		if len(welcome.People) != 2 || welcome.People[1].Alias != "Eve" {
			t.Errorf("now present: %+v", welcome.People)
		}
	})
}

func TestPassingStatesAreMergedOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits))
		bob := mustJoin(t, r, "Bob")
		anas, _ := mustSubscribe(t, r, ana)
		bobs, _ := mustSubscribe(t, r, bob)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		take(t, anas)

		for range 30 {
			bobs.Typing()
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		n := len(take(t, anas))
		if n < 3 || n > 4 {
			t.Errorf("%d typing objects in 3 s, want one a second", n)
		}
	})
}

func TestAwayAndHereReachTheOthersMerged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		anas, _, bobs := watched(t)
		bobs.Presence(Away)
		synctest.Wait()
		want(t, told(t, anas), "presence away")
		for _, state := range []State{Here, Away, Here} {
			bobs.Presence(state)
		}
		time.Sleep(passingEvery - time.Nanosecond)
		synctest.Wait()
		want(t, told(t, anas), "")
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		want(t, told(t, anas), "presence here")
		bobs.Presence(Here) // nothing new
		time.Sleep(passingEvery)
		synctest.Wait()
		want(t, told(t, anas), "")
	})
}

// watched are Ana's subscription, and Bob and his, with nothing left to read and
// the next passing states due at once.
func watched(t *testing.T) (anas *Subscription, bob *Participant, bobs *Subscription) {
	t.Helper()
	r, ana := mustCreate(t, newTestRegistry(t, testLimits))
	bob = mustJoin(t, r, "Bob")
	anas, _ = mustSubscribe(t, r, ana)
	bobs, _ = mustSubscribe(t, r, bob)
	take(t, anas)
	return anas, bob, bobs
}

func TestAPageSaysHereAndAwayAlone(t *testing.T) {
	for _, state := range []State{Offline, "", "AWAY", "gone"} {
		synctest.Test(t, func(t *testing.T) {
			anas, bob, bobs := watched(t)
			bobs.Presence(state)
			synctest.Wait()
			want(t, told(t, anas), "")
			want(t, string(bob.state), "here")
		})
	}
}

func TestOnlyThePresentPageSaysWhoIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		anas, bob, first := watched(t)
		second, _ := mustSubscribe(t, anas.room, bob)
		first.Presence(Away)
		synctest.Wait()
		want(t, told(t, anas), "")
		second.Presence(Away)
		synctest.Wait()
		want(t, told(t, anas), "presence away")
		first.Presence(Here)
		first.Close()
		first.Presence(Here)
		time.Sleep(passingEvery)
		synctest.Wait()
		want(t, told(t, anas), "")

		second.Close()
		second.Presence(Here)
		want(t, string(bob.state), "away")
		anas.room.Leave(bob, LoggedOut)
		second.Presence(Here)
		time.Sleep(passingEvery)
		synctest.Wait()
		want(t, told(t, anas), "left")
	})
}

func TestAHiddenPageThatReconnectsInTimeStaysAway(t *testing.T) {
	for _, tc := range []struct {
		absent        time.Duration
		meanwhile     string
		after, became string
	}{
		{time.Second, "", "", "away"},
		{offlineAfter - time.Nanosecond, "", "", "away"},
		{offlineAfter, "presence offline", "presence here", "here"},
		{offlineAfter + time.Nanosecond, "presence offline", "presence here", "here"},
	} {
		t.Run(tc.absent.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				anas, bob, bobs := watched(t)
				bobs.Presence(Away)
				synctest.Wait()
				want(t, told(t, anas), "presence away")
				bobs.Close()
				time.Sleep(tc.absent)
				synctest.Wait()
				want(t, told(t, anas), tc.meanwhile)
				bobs, welcome := mustSubscribe(t, anas.room, bob, bob.joined)
				time.Sleep(passingEvery)
				synctest.Wait()
				want(t, told(t, anas), tc.after)
				want(t, string(welcome.People[1].State), tc.became)

				bobs.Presence(Away) // it says so again, whatever it was
				bobs.Presence(Here)
				want(t, string(bob.state), "here")
			})
		})
	}
}

func TestAPageWithoutScriptsIsHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		anas, bob, bobs := watched(t)
		bobs.Presence(Away)
		synctest.Wait()
		want(t, told(t, anas), "presence away")
		_, welcome, err := anas.room.Stream(bob, func() {})
		if err != nil {
			t.Fatal(err)
		}
		want(t, string(welcome.People[1].State), "here")
		time.Sleep(passingEvery)
		synctest.Wait()
		want(t, told(t, anas), "presence here")
	})
}

func TestWhoHasPostedIsNotTypingAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		anas, bob, bobs := watched(t)
		bobs.Typing()
		synctest.Wait()
		want(t, told(t, anas), "typing")
		bobs.Typing() // waits for the next round, but the message is there before
		mustPost(t, anas.room, bob, "1", "sent")
		time.Sleep(passingEvery)
		synctest.Wait()
		want(t, told(t, anas), "sent")
		bobs.Typing()
		time.Sleep(passingEvery)
		synctest.Wait()
		want(t, told(t, anas), "typing")
	})
}

func TestSeenIsToldToTheAuthorAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits))
		bob, eve := mustJoin(t, r, "Bob"), mustJoin(t, r, "Eve")
		anas, _ := mustSubscribe(t, r, ana)
		bobs, _ := mustSubscribe(t, r, bob)
		eves, _ := mustSubscribe(t, r, eve)
		seq := mustPost(t, r, ana, "1", "hello")
		take(t, anas)
		take(t, bobs)

		bobs.Seen(seq)
		time.Sleep(time.Second)
		synctest.Wait()
		want(t, told(t, anas), "seen 1")
		eves.Seen(seq)
		anas.Seen(seq) // one's own eyes do not count
		time.Sleep(time.Second)
		synctest.Wait()
		want(t, told(t, anas), "seen 2")
		want(t, told(t, bobs), "")
		if err := bobs.Seen(seq + 1); !errors.Is(err, ErrAboveHead) {
			t.Errorf("Seen above the head: err = %v", err)
		}
	})
}

func TestMessageRateOfAParticipant(t *testing.T) {
	limits := testLimits
	limits.MessageRate = 5
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, limits))
		for i := range messageBurst {
			mustPost(t, r, ana, fmt.Sprint(i), "x")
		}
		_, err := r.Post(ana, "over", len("x"), plain("x"))
		var slow *SlowError
		if !errors.As(err, &slow) || slow.Retry != time.Second {
			t.Fatalf("message %d: err = %v, want SlowError of 1 s", messageBurst+1, err)
		}
		if seq, err := r.Post(ana, "3", len("x"), plain("x")); err != nil || seq == 0 {
			t.Errorf("an id that was accepted before costs nothing: %v", err)
		}
		time.Sleep(slow.Retry)
		mustPost(t, r, ana, "over", "x")
	})
}

func TestARoomsShareIsDividedFairly(t *testing.T) {
	limits := testLimits
	limits.MessageRate = 1000 // only bytes count here
	synctest.Test(t, func(t *testing.T) {
		r, greedy := mustCreate(t, newTestRegistry(t, limits))
		modest := mustJoin(t, r, "Bob")
		big := strings.Repeat("x", 16<<10)
		sent, refused, n := 0, 0, 0
		for range 100 { // ten seconds of a flood, and of somebody who says little
			for range 10 {
				n++
				if _, err := r.Post(greedy, fmt.Sprint("g", n), len(big), plain(big)); err == nil {
					sent += len(big)
				} else {
					refused++
				}
			}
			if _, err := r.Post(modest, fmt.Sprint("m", n), len("a few words"), plain("a few words")); err != nil {
				t.Fatalf("who says little was refused: %v", err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		most := roomShareBytes*10 + 2*roomShareBytes // ten seconds, and the bursts
		if refused == 0 || sent > most {
			t.Errorf("the flood got %d bytes through (at most %d), %d refused", sent, most, refused)
		}
	})
}

func TestPurgeIsForEveryone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := newTestRegistry(t, testLimits)
		r, ana := mustCreate(t, reg)
		bob, eve := mustJoin(t, r, "Bob"), mustJoin(t, r, "Eve")
		mustJoin(t, r, "Dan") // never had a page
		var subs []*Subscription
		for _, p := range []*Participant{ana, bob, eve} {
			s, _ := mustSubscribe(t, r, p)
			subs = append(subs, s)
		}
		mustPost(t, r, ana, "1", "secret")

		ending := r.Purge(nil)
		for _, s := range subs {
			if _, _, _, err := s.Take(nil, 1); err != Purged {
				t.Errorf("Take: err = %v, want Purged", err)
			}
		}
		go func() {
			time.Sleep(100 * time.Millisecond)
			subs[0].Confirm()
			subs[0].Close()
			time.Sleep(100 * time.Millisecond)
			subs[1].Confirm()
			subs[1].Confirm() // twice is once
			time.Sleep(100 * time.Millisecond)
			subs[2].Close() // its line broke
		}()
		receipt := ending.Wait(t.Context())
		if receipt.Screens != 4 || receipt.Confirmed != 2 || receipt.Took != 200*time.Millisecond {
			t.Errorf("receipt = %+v", receipt)
		}
		if left := time.Until(receipt.BlankBy); left > r.Lease || left < r.Lease-time.Second {
			t.Errorf("the others go blank in %v, want a lease of %v", left, r.Lease)
		}

		if _, err := reg.Get(r.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("Get: err = %v", err)
		}
		if _, err := r.Join(t.Context(), "Zoe", testPassword, Source{}, nil); err != Purged {
			t.Errorf("Join: err = %v, want Purged", err)
		}
		if r.Purge(nil) != nil {
			t.Error("purged twice")
		}
		if r.buf.events != nil || r.participants != nil || r.password != (passwordHash{}) {
			t.Error("the room still holds what was in it")
		}
	})
}

func TestThePurgersPageIsReplacedByTheReceipt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits)) // without scripts: no subscription
		receipt := r.Purge(ana).Wait(t.Context())
		if receipt.Screens != 1 || receipt.Confirmed != 1 || !receipt.BlankBy.IsZero() {
			t.Errorf("receipt = %+v", receipt)
		}
	})
}

func TestAPurgeWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits))
		mustSubscribe(t, r, ana) // hangs
		ending := r.Purge(nil)
		ctx, cancel := contextFor(t, 1500*time.Millisecond)
		defer cancel()
		receipt := ending.Wait(ctx)
		if receipt.Screens != 1 || receipt.Confirmed != 0 || receipt.BlankBy.IsZero() {
			t.Errorf("receipt = %+v", receipt)
		}
	})
}

// A purge races joins, sends, reconnects and a second purge.
func TestPurgeRaces(t *testing.T) {
	limits := testLimits
	limits.JoinRate = 0
	limits.Rooms = 1 << 20
	reg := NewRegistry(limits)
	reg.hasher.derive = func(string, []byte) []byte { return make([]byte, 32) }
	rounds := 2000
	if testing.Short() {
		rounds = 200
	}
	for range rounds {
		r, ana, err := reg.Create(t.Context(), Opening{Alias: "Ana", Name: "x", Password: testPassword})
		if err != nil {
			t.Fatal(err)
		}
		wake, woken := nudger()
		s, _, err := r.Subscribe(ana, "", nil, wake)
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		purged := make(chan *Ending, 2)
		all.Go(func() { purged <- r.Purge(nil) })
		all.Go(func() { purged <- r.Purge(nil) })
		all.Go(func() { r.Post(ana, "1", len("x"), plain("x")) })
		all.Go(func() { r.Join(t.Context(), "Bob", testPassword, Source{}, nil) })
		all.Go(func() {
			if again, _, err := r.Subscribe(ana, "", nil, func() {}); err == nil {
				again.Typing()
				again.Presence(Away)
				again.Close()
			}
		})
		all.Go(func() {
			for {
				<-woken
				if _, _, _, err := s.Take(nil, 1); err != nil {
					s.Confirm()
					s.Close()
					return
				}
			}
		})
		all.Go(func() { r.Leave(ana, LoggedOut) })
		all.Wait()
		if a, b := <-purged, <-purged; (a == nil) == (b == nil) {
			t.Fatal("not exactly one of two purges did it")
		}
	}
	if stats := reg.Stats(); stats != (Stats{}) {
		t.Errorf("left behind: %+v", stats)
	}
}

func TestSubscribersSeeOneOrder(t *testing.T) {
	limits := testLimits
	r, ana := mustCreate(t, NewRegistry(limits))
	const senders, each = 8, 100
	var subs []*Subscription
	people := []*Participant{ana}
	for i := range senders - 1 {
		people = append(people, mustJoin(t, r, fmt.Sprint("P", i+100)))
	}
	for _, p := range people {
		s, _ := mustSubscribe(t, r, p)
		take(t, s)
		subs = append(subs, s)
	}
	var sending sync.WaitGroup
	for i, p := range people {
		sending.Go(func() {
			for n := range each {
				r.Post(p, fmt.Sprint(i, "-", n), len(fmt.Sprint(i, "-", n)), plain(fmt.Sprint(i, "-", n)))
			}
		})
	}
	sending.Wait()
	first := told(t, subs[0])
	if n := strings.Count(first, "-"); n != senders*each {
		t.Fatalf("%d messages, want %d", n, senders*each)
	}
	for _, s := range subs[1:] {
		if told(t, s) != first {
			t.Fatal("two subscribers saw different orders")
		}
	}
}

// TestFormattingIsBoundedByTheShare: what would be too much is refused before
// anybody works on it, however short it would become.
func TestFormattingIsBoundedByTheShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := testLimits
		limits.MessageRate, limits.JoinRate = 5, 0
		r, _ := mustCreate(t, newTestRegistry(t, limits))
		formatted := 0
		format := func() (string, error) { formatted++; return "x", nil }
		for i := range 50 {
			p := mustJoin(t, r, fmt.Sprint("Writer ", i))
			for n := range messageBurst {
				_, err := r.Post(p, fmt.Sprint(n), limits.MessageBytes, format)
				if slow := new(SlowError); err != nil && !errors.As(err, &slow) {
					t.Fatal(err)
				}
			}
		}
		// The room's share at once, and each writer's own bucket, of 8 messages.
		if most := roomShareBytes/limits.MessageBytes + 50*8; formatted == 0 || formatted > most {
			t.Errorf("%d of %d messages were formatted, want at most %d", formatted, 50*messageBurst, most)
		}
	})
}
