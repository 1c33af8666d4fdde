package rooms

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/argon2"
)

func TestPassword(t *testing.T) {
	tests := map[string]struct {
		in, want string
		reason   TextReason
	}{
		"plain":               {in: "correct horse", want: "correct horse"},
		"trimmed":             {in: "\t correct horse\u3000\n", want: "correct horse"},
		"inner spaces count":  {in: "correct  horse", want: "correct  horse"},
		"spaces are one kind": {in: "correct\u00a0horse", want: "correct horse"},
		"composed":            {in: "cafe\u0301 noir", want: "café noir"},
		"width is kept":       {in: "ｐａｓｓｗｏｒｄ", want: "ｐａｓｓｗｏｒｄ"},
		"emoji":               {in: "😀😃😀😃😀😃😀😃", want: "😀😃😀😃😀😃😀😃"},

		"7":              {in: " 1234567 ", reason: TextTooShort},
		"8":              {in: "12345678", want: "12345678"},
		"9":              {in: "123456789", want: "123456789"},
		"7 decomposed":   {in: strings.Repeat("e\u0301", 7), reason: TextTooShort},
		"127":            {in: strings.Repeat("é", 127), want: strings.Repeat("é", 127)},
		"128":            {in: strings.Repeat("é", 128), want: strings.Repeat("é", 128)},
		"128 decomposed": {in: strings.Repeat("e\u0301", 128), want: strings.Repeat("é", 128)},
		"129":            {in: strings.Repeat("é", 129), reason: TextTooLong},
		"huge":           {in: strings.Repeat("é", 1<<20), reason: TextTooLong},

		"empty":     {in: "", reason: TextEmpty},
		"spaces":    {in: " \u3000\t\n", reason: TextEmpty},
		"not UTF-8": {in: "correct\xffhorse", reason: TextCharacters},
		"tab":       {in: "correct\thorse", reason: TextCharacters},
		"NUL":       {in: "correct\x00horse", reason: TextCharacters},
		"direction": {in: "correct\u202ehorse", reason: TextCharacters},
		"invisible": {in: "correct\u200bhorse", reason: TextCharacters},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := CheckPassword(tt.in)
			wantReason(t, err, "password", tt.reason)
			if err == nil && got != tt.want {
				t.Errorf("CheckPassword(%+q) = %+q, want %+q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzPassword(f *testing.F) {
	for _, s := range []string{"correct horse", "cafe\u0301 noir", "\xff1234567", "12345678\u202e", " \u30001234567 "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		password, err := CheckPassword(s)
		if err != nil {
			return
		}
		if again, err := CheckPassword(password); err != nil || again != password {
			t.Errorf("CheckPassword(%+q) = %+q, %v, want the same", password, again, err)
		}
	})
}

// The vector is the reference implementation's: phc-winner-argon2, src/test.c,
// Argon2id version 0x13 with t=2, m=2^8 KiB, p=1.
func TestHashIsArgon2id(t *testing.T) {
	const want = "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"
	got := hex.EncodeToString(newHasher(256).derive("password", []byte("somesalt")))
	if got != want {
		t.Errorf("derive = %s, want %s", got, want)
	}
}

// TestHashInUsedMemory: memory that other hashes have used changes nothing, and
// nothing of them is left in it.
func TestHashInUsedMemory(t *testing.T) {
	t.Parallel()
	for _, memory := range []uint32{8, 1024, 19456} {
		h := newHasher(memory)
		var hashes sync.WaitGroup
		for i := range 4 {
			hashes.Go(func() {
				for j := range 3 {
					password, salt := strings.Repeat("pass", 1+i+8*j), []byte(fmt.Sprintf("salt of %d and %d", i, j))
					want := argon2.IDKey([]byte(password), salt, hashTime, memory, hashThreads, 32)
					if got := h.derive(password, salt); !bytes.Equal(got, want) {
						t.Errorf("derive(%q, %q) with %d KiB = %x, want %x", password, salt, memory, got, want)
					}
				}
			})
		}
		hashes.Wait()
	}
}

func TestHashVerifies(t *testing.T) {
	h := newHasher(1024)
	made, err := h.hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	other, err := h.hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if made.salt == other.salt || made.key == other.key {
		t.Error("two hashes of one password are alike")
	}
	for password, want := range map[string]bool{"correct horse": true, "correct horsf": false, "": false} {
		if got, err := h.verify(t.Context(), password, made); got != want || err != nil {
			t.Errorf("verify(%q) = %v, %v, want %v", password, got, err, want)
		}
	}
}

// A slowHasher hashes when told to. Its tests run in a synctest bubble.
type slowHasher struct {
	*hasher
	t       *testing.T
	started []string      // passwords, in the order their hashing began
	finish  chan struct{} // each value lets one hash finish
	errs    map[string]error
}

func newSlowHasher(t *testing.T, slots int) *slowHasher {
	s := &slowHasher{hasher: newHasher(1024), t: t, finish: make(chan struct{}), errs: map[string]error{}}
	s.free = slots
	s.derive = func(password string, _ []byte) []byte {
		s.mu.Lock()
		s.started = append(s.started, password)
		s.mu.Unlock()
		<-s.finish
		return make([]byte, 32)
	}
	return s
}

// join and create ask for a hash and return when it runs, waits or was refused.
func (s *slowHasher) join(ctx context.Context, name string) {
	s.ask(name, func() error { _, err := s.verify(ctx, name, passwordHash{}); return err })
}

func (s *slowHasher) create(ctx context.Context, name string) {
	s.ask(name, func() error { _, err := s.hash(ctx, name); return err })
}

func (s *slowHasher) ask(name string, do func() error) {
	go func() {
		err := do()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.errs[name] = err
	}()
	synctest.Wait()
}

func (s *slowHasher) finishOne() {
	s.finish <- struct{}{}
	synctest.Wait()
}

func (s *slowHasher) wantStarted(names ...string) {
	s.t.Helper()
	if !slices.Equal(s.started, names) {
		s.t.Errorf("hashed %q, want %q", s.started, names)
	}
}

// finishAll lets every hash finish and checks that all slots came back.
func (s *slowHasher) finishAll(slots int) {
	s.t.Helper()
	close(s.finish)
	synctest.Wait()
	if s.free != slots || len(s.joins) != 0 || len(s.creations) != 0 {
		s.t.Errorf("in the end %d slots are free, %d joins and %d creations wait, want %d, 0, 0", s.free, len(s.joins), len(s.creations), slots)
	}
}

func TestHashSlotsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slots = 3
		s := newSlowHasher(t, slots)
		for _, name := range []string{"a", "b", "c", "d"} {
			s.join(t.Context(), name)
		}
		s.wantStarted("a", "b", "c")
		s.finishOne()
		s.wantStarted("a", "b", "c", "d")
		s.finishAll(slots)
	})
	if got := newHasher(1024).free; got < 1 || got > hashSlotsMax {
		t.Errorf("a new hasher has %d slots, want 1 to %d", got, hashSlotsMax)
	}
}

func TestHashJoinsGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlowHasher(t, 1)
		s.create(t.Context(), "running")
		s.create(t.Context(), "room 1")
		s.join(t.Context(), "join 1")
		s.create(t.Context(), "room 2")
		s.join(t.Context(), "join 2")
		for range 4 {
			s.finishOne()
		}
		s.wantStarted("running", "join 1", "join 2", "room 1", "room 2")
		s.finishAll(1)
	})
}

func TestHashWaitingIsBounded(t *testing.T) {
	for _, tt := range []struct {
		rooms, joins         int
		roomsBusy, joinsBusy int
	}{
		{rooms: 0, joins: 63},
		{rooms: 0, joins: 64},
		{rooms: 0, joins: 65, joinsBusy: 1},
		{rooms: 31, joins: 0},
		{rooms: 32, joins: 0},
		{rooms: 33, joins: 0, roomsBusy: 1},
		{rooms: 40, joins: 33, roomsBusy: 8, joinsBusy: 1},
		{rooms: 32, joins: 32},
	} {
		t.Run(fmt.Sprint(tt.rooms, " rooms ", tt.joins, " joins"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSlowHasher(t, 1)
				s.join(t.Context(), "running")
				for i := range tt.rooms {
					s.create(t.Context(), fmt.Sprint("room ", i))
				}
				roomsBusy := s.busy()
				for i := range tt.joins {
					s.join(t.Context(), fmt.Sprint("join ", i))
				}
				if joinsBusy := s.busy() - roomsBusy; roomsBusy != tt.roomsBusy || joinsBusy != tt.joinsBusy {
					t.Errorf("busy: %d rooms, %d joins, want %d and %d", roomsBusy, joinsBusy, tt.roomsBusy, tt.joinsBusy)
				}
				s.finishAll(1)
			})
		})
	}
}

// busy counts who was sent away at once.
func (s *slowHasher) busy() (n int) {
	for _, err := range s.errs {
		if errors.Is(err, ErrBusy) {
			n++
		}
	}
	return n
}

func TestHashCreationsDoNotTakeAfterJoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlowHasher(t, 1)
		s.join(t.Context(), "running")
		for i := range hashWaiting {
			s.join(t.Context(), fmt.Sprint("join ", i))
		}
		s.create(t.Context(), "room")
		if err := s.errs["room"]; !errors.Is(err, ErrBusy) {
			t.Errorf("a creation after 64 joins: err = %v, want ErrBusy", err)
		}
		s.finishAll(1)
	})
}

func TestHashCancelledWaiterLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := errors.New("the visitor is gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		s := newSlowHasher(t, 1)
		s.join(t.Context(), "running")
		s.join(t.Context(), "first")
		s.join(ctx, "impatient")
		s.join(t.Context(), "last")
		cancel(gone)
		synctest.Wait()
		if err := s.errs["impatient"]; !errors.Is(err, gone) {
			t.Errorf("err = %v, want the cause", err)
		}
		s.finishOne()
		s.finishOne()
		s.wantStarted("running", "first", "last")
		s.finishAll(1)
	})
}

func TestHashIsNotMadeForNobody(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := newHasher(1024)
	h.derive = func(string, []byte) []byte { t.Error("a hash was made"); return nil }
	if _, err := h.verify(ctx, "correct horse", passwordHash{}); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want context.Canceled", err)
	}
}

// A slot that arrives while its waiter gives up must go on to the next.
func TestHashSlotIsNotLostToCancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := newSlowHasher(t, 0) // this test holds the only slot
		s.join(ctx, "impatient")
		s.create(t.Context(), "next")

		s.mu.Lock() // until both have happened the waiter can do nothing
		cancel()
		s.releaseLocked()
		s.mu.Unlock()
		synctest.Wait()

		if err := s.errs["impatient"]; !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v, want context.Canceled", err)
		}
		s.wantStarted("next")
		s.finishAll(1)
	})
}

func TestHashSlotSurvivesPanic(t *testing.T) {
	h := newHasher(1024)
	slots := h.free
	h.derive = func(string, []byte) []byte { panic("out of memory") }
	func() {
		defer func() { recover() }()
		h.verify(t.Context(), "correct horse", passwordHash{})
	}()
	if h.free != slots {
		t.Errorf("%d slots are free after a panic, want %d", h.free, slots)
	}
}
