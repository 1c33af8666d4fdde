package rooms

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// try sends one password from src to a room and returns why it was refused,
// nil if the password was looked at.
func try(t *testing.T, th *throttle, src Source, room *failures, right bool) error {
	t.Helper()
	done, err := th.beginTry(t.Context(), src, room)
	if err == nil {
		done(!right)
	}
	return err
}

// guess sends wrong passwords until one is refused, and returns how many were
// looked at.
func guess(t *testing.T, th *throttle, src Source, room *failures) (n int) {
	t.Helper()
	for n < 1000 && try(t, th, src, room, false) == nil {
		n++
	}
	return n
}

func wantSlow(t *testing.T, err error, retry time.Duration) {
	t.Helper()
	var slow *SlowError
	if !errors.As(err, &slow) || slow.Retry != retry {
		t.Errorf("err = %v, want *SlowError with Retry %v", err, retry)
	}
}

var alice, bob = Source{1}, Source{2}

func TestThrottleAllowsTenWrongPasswordsAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th, room := newThrottle(10), &failures{}
		if n := guess(t, th, alice, room); n != 10 {
			t.Errorf("%d wrong passwords were looked at, want 10", n)
		}
		wantSlow(t, try(t, th, alice, room, false), 6*time.Second)
		wantSlow(t, try(t, th, alice, room, true), 6*time.Second) // whatever it is
	})
}

func TestThrottleRefills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th, room := newThrottle(10), &failures{}
		guess(t, th, alice, room)
		for _, tt := range []struct {
			pause time.Duration
			want  int
		}{
			{6*time.Second - time.Nanosecond, 0},
			{time.Nanosecond, 1},
			{6*time.Second + time.Nanosecond, 1},
			{30 * time.Second, 5},
			{time.Minute, 10},
			{time.Hour, 10},
		} {
			time.Sleep(tt.pause)
			if n := guess(t, th, alice, room); n != tt.want {
				t.Errorf("%v later %d wrong passwords were looked at, want %d", tt.pause, n, tt.want)
			}
		}
	})
}

// What SlowError promises is kept, whatever the rate.
func TestThrottleAdmitsAfterRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for perMinute := 1; perMinute <= 100; perMinute++ {
			th, room := newThrottle(perMinute), &failures{}
			guess(t, th, alice, room)
			var slow *SlowError
			if err := try(t, th, alice, room, true); !errors.As(err, &slow) {
				t.Fatalf("%d a minute: err = %v, want *SlowError", perMinute, err)
			}
			time.Sleep(slow.Retry)
			if err := try(t, th, alice, room, true); err != nil {
				t.Errorf("%d a minute: after %v: %v", perMinute, slow.Retry, err)
			}
		}
	})
}

func TestThrottleAlwaysLeavesThreeTriesInARoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := newThrottle(10)
		guess(t, th, alice, &failures{})
		for range 5 {
			room := &failures{}
			if n := guess(t, th, alice, room); n != 3 {
				t.Errorf("without a budget, %d tries in a new room, want 3", n)
			}
		}
		if n := guess(t, newThrottle(1), alice, &failures{}); n != 3 {
			t.Errorf("with a budget of 1, %d tries, want 3", n)
		}
	})
}

func TestThrottleLetsTheRightPasswordPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th, attacked, mine := newThrottle(10), &failures{}, &failures{}
		guess(t, th, alice, attacked)
		for range 100 {
			if err := try(t, th, alice, mine, true); err != nil {
				t.Fatalf("the right password in a room without a failure: %v", err)
			}
		}
		if n := guess(t, th, alice, mine); n != 3 {
			t.Errorf("successes cost something: %d tries are left, want 3", n)
		}
	})
}

func TestThrottleCountsOnlyFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th, room := newThrottle(10), &failures{}
		for range 100 {
			if err := try(t, th, alice, room, true); err != nil {
				t.Fatal(err)
			}
		}
		if th.failed.bucket.Len() != 0 || room.tries != nil {
			t.Error("something is remembered of who made no mistake")
		}
		if n := guess(t, th, alice, room); n != 10 {
			t.Errorf("%d wrong passwords were looked at, want 10", n)
		}
	})
}

func TestThrottleLeavesOthersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th, room := newThrottle(10), &failures{}
		guess(t, th, Source{}, room) // the zero Source is one like any other
		if n := guess(t, th, bob, room); n != 10 {
			t.Errorf("another source has %d tries, want 10", n)
		}
	})
}

func TestThrottleParallelGuessesCannotOutrunTheCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th, room := newThrottle(10), &failures{}
		running, looked, slow, busy := 0, 0, 0, 0 // the turn guards the first two, answers the others
		answers := make(chan error)
		for range 40 {
			go func() {
				done, err := th.beginTry(t.Context(), alice, room)
				if err == nil {
					if running++; running > 1 {
						t.Error("two tries of one source run at once")
					}
					looked++
					time.Sleep(30 * time.Millisecond) // a hash
					running--
					done(true)
				}
				answers <- err
			}()
		}
		for range 40 {
			var s *SlowError
			switch err := <-answers; {
			case errors.Is(err, ErrBusy):
				busy++
			case errors.As(err, &s):
				slow++
			}
		}
		// One runs, 16 wait, 23 are sent away; of the 17, 10 are in the budget.
		if looked != 10 || slow != 7 || busy != 23 {
			t.Errorf("%d looked at, %d slowed, %d busy, want 10, 7, 23", looked, slow, busy)
		}
		if len(th.turns) != 0 {
			t.Errorf("%d turns are left", len(th.turns))
		}
	})
}

func TestThrottleTurnsWaitingAreBounded(t *testing.T) {
	for _, waiting := range []int{turnsWaiting - 1, turnsWaiting, turnsWaiting + 1} {
		synctest.Test(t, func(t *testing.T) {
			th, room := newThrottle(10), &failures{}
			done, err := th.beginTry(t.Context(), alice, room)
			if err != nil {
				t.Fatal(err)
			}
			busy := make(chan bool, waiting)
			for range waiting {
				go func() { busy <- errors.Is(try(t, th, alice, room, true), ErrBusy) }()
			}
			synctest.Wait()
			if err := try(t, th, bob, room, true); err != nil {
				t.Errorf("another source: %v", err)
			}
			done(false)
			refused := 0
			for range waiting {
				if <-busy {
					refused++
				}
			}
			if want := max(0, waiting-turnsWaiting); refused != want {
				t.Errorf("of %d, %d were sent away, want %d", waiting, refused, want)
			}
		})
	}
}

func TestThrottleCancelledTryLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := errors.New("the visitor is gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		th, room := newThrottle(10), &failures{}
		done, err := th.beginTry(t.Context(), alice, room)
		if err != nil {
			t.Fatal(err)
		}
		left := make(chan error)
		go func() {
			_, err := th.beginTry(ctx, alice, room)
			left <- err
		}()
		synctest.Wait()
		cancel(gone)
		if err := <-left; !errors.Is(err, gone) {
			t.Errorf("err = %v, want the cause", err)
		}
		done(true)
		if err := try(t, th, alice, room, true); err != nil {
			t.Errorf("the next try: %v", err)
		}
		if len(th.turns) != 0 {
			t.Errorf("%d turns are left", len(th.turns))
		}
	})
}

func TestThrottleBoundsCreations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := newThrottle(10)
		for i := range 10 {
			if err := th.create(alice, time.Now()); err != nil {
				t.Fatalf("room %d: %v", i+1, err)
			}
		}
		wantSlow(t, th.create(alice, time.Now()), 6*time.Second)
		if err := th.create(bob, time.Now()); err != nil {
			t.Errorf("another source: %v", err)
		}
		if n := guess(t, th, alice, &failures{}); n != 10 {
			t.Errorf("creations cost %d tries", 10-n)
		}
		time.Sleep(6 * time.Second)
		if err := th.create(alice, time.Now()); err != nil {
			t.Errorf("6 s later: %v", err)
		}
		wantSlow(t, th.create(alice, time.Now()), 6*time.Second)
	})
}

func TestThrottleOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th, room := newThrottle(0), &failures{}
		for range 1000 { // none waits for another, though none is done
			if _, err := th.beginTry(t.Context(), alice, room); err != nil {
				t.Fatal(err)
			}
			if err := th.create(alice, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if n := guess(t, th, alice, room); n != 1000 || room.tries != nil {
			t.Errorf("%d wrong passwords were looked at and counted %v", n, room.tries != nil)
		}
	})
}

// numberedSource makes as many sources as a test wants.
func numberedSource(i int) Source { return Source{3, byte(i), byte(i >> 8), byte(i >> 16)} }

func TestThrottleTableIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudgets(1)
		for i, want := range map[int]bool{throttledSources - 1: false, throttledSources: true, throttledSources + 1: true} {
			b.bucket.Purge()
			b.take(alice, time.Now())
			for n := range i {
				b.take(numberedSource(n), time.Now())
				b.wait(alice, time.Now()) // to look is not to take
			}
			if forgotten := b.wait(alice, time.Now()) == 0; forgotten != want || b.bucket.Len() > throttledSources {
				t.Errorf("after %d other sources: forgotten = %v with %d kept, want %v", i, forgotten, b.bucket.Len(), want)
			}
		}
	})
}

func TestThrottleForgetsFullBuckets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudgets(10)
		for n := range 100 {
			b.take(numberedSource(n), time.Now())
		}
		time.Sleep(6*time.Second - time.Nanosecond)
		b.take(alice, time.Now())
		if got := b.bucket.Len(); got != 101 {
			t.Errorf("before they are full %d are kept, want 101", got)
		}
		time.Sleep(time.Nanosecond)
		for range 51 {
			b.take(alice, time.Now())
		}
		if got := b.bucket.Len(); got != 1 {
			t.Errorf("when they are full %d are kept, want 1", got)
		}
	})
}

func TestThrottleFailuresOfARoomAreBounded(t *testing.T) {
	for others, want := range map[int]int{failedSources - 1: 1, failedSources: 0, failedSources + 1: 0} {
		f := &failures{}
		f.add(alice)
		for n := range others {
			f.add(numberedSource(n))
		}
		if got := f.count(alice); got != want || f.tries.Len() > failedSources {
			t.Errorf("after %d other sources: count = %d with %d kept, want %d", others, got, f.tries.Len(), want)
		}
	}
}

func TestThrottleRetryIsWholeSeconds(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{
		0:                        time.Second,
		1:                        time.Second,
		time.Second - 1:          time.Second,
		time.Second:              time.Second,
		time.Second + 1:          2 * time.Second,
		time.Hour - 1:            time.Hour,
		time.Hour:                time.Hour,
		time.Hour + 1:            time.Hour,
		time.Duration(1<<63 - 1): time.Hour,
		-time.Second:             time.Second,
	} {
		if got := slow(d).Retry; got != want {
			t.Errorf("slow(%d).Retry = %v, want %v", d, got, want)
		}
	}
}
