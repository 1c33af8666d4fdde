package rooms

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// Source is where requests come from: a keyed hash, made by the web layer, of
// an IPv4 address or an IPv6 /64. The zero Source is one like any other.
type Source [16]byte

const (
	// freeTries is how many wrong passwords each source may send to a room
	// whatever its budget, so that one guest cannot lock out those who share
	// the address.
	freeTries = 3

	// turnsWaiting is how many tries of one source may wait for the one that
	// runs; more than a household or an office sends at once.
	turnsWaiting = 16

	// throttledSources bounds each of the two tables of budgets: 13 MiB if full.
	throttledSources = 65_536

	// failedSources bounds what a room remembers: 130 KiB if full.
	failedSources = 1024
)

// SlowError says that something was asked for too often, and when to ask again.
type SlowError struct {
	Retry time.Duration // whole seconds, 1 s to 1 h
}

func (e *SlowError) Error() string { return "too often: again in " + e.Retry.String() }

// slow makes a SlowError of the time after which there will be a token. It
// rounds up; no room lasts longer than the hour at its other end.
func slow(d time.Duration) *SlowError {
	d = min(max(d, 1), time.Hour)
	return &SlowError{Retry: (d + time.Second - 1).Truncate(time.Second)}
}

// throttle limits what one source may do: guess passwords, and create rooms.
// It knows nothing about rooms: what a room forgets nobody remembers.
type throttle struct {
	created *budgets // rooms created; nil: no limits
	failed  *budgets // wrong passwords

	mu    sync.Mutex
	turns map[Source]*turn // those in use, so at most as many as requests
}

// turn lets one try of a source run at a time. It lives as long as it is used,
// not in a table that forgets, so nobody can be made to lose it.
type turn struct {
	held  chan struct{} // cap 1: full while a try runs; who waits is served in order
	users int           // who runs or waits; guarded by throttle.mu
}

// newThrottle allows each source perMinute wrong passwords and as many new
// rooms a minute; 0 allows everything and makes nobody wait.
func newThrottle(perMinute int) *throttle {
	if perMinute == 0 {
		return &throttle{}
	}
	return &throttle{
		created: newBudgets(perMinute),
		failed:  newBudgets(perMinute),
		turns:   make(map[Source]*turn),
	}
}

// create takes one from the rooms that src may create. It returns *SlowError
// if there is none left.
func (t *throttle) create(src Source, now time.Time) error {
	if t.created == nil {
		return nil
	}
	if d := t.created.take(src, now); d > 0 {
		return slow(d)
	}
	return nil
}

// beginTry admits one password try of src to the room whose failures f are. It
// is admitted if src has failed there fewer than 3 times or has some of its
// budget left; else beginTry returns *SlowError. Tries of one source run one
// at a time, so that guessing in parallel neither outruns the count nor takes
// more than one hash slot. beginTry waits its turn: ErrBusy if 16 already do,
// the cause of ctx if that ends first.
//
// When the try is over, done must be called exactly once; failed means that
// the password was wrong, which costs one from the budget. Nothing else does.
func (t *throttle) beginTry(ctx context.Context, src Source, f *failures) (done func(failed bool), err error) {
	if t.failed == nil {
		return func(bool) {}, nil
	}
	if err := t.beginTurn(ctx, src); err != nil {
		return nil, err
	}
	if d := t.failed.wait(src, time.Now()); d > 0 && f.count(src) >= freeTries {
		t.endTurn(src)
		return nil, slow(d)
	}
	return func(failed bool) {
		if failed {
			f.add(src)
			t.failed.take(src, time.Now()) // a free try finds it empty, which is fine
		}
		t.endTurn(src)
	}, nil
}

func (t *throttle) beginTurn(ctx context.Context, src Source) error {
	t.mu.Lock()
	u := t.turns[src]
	if u == nil {
		u = &turn{held: make(chan struct{}, 1)}
		t.turns[src] = u
	}
	if u.users > turnsWaiting {
		t.mu.Unlock()
		return ErrBusy
	}
	u.users++
	t.mu.Unlock()

	select {
	case u.held <- struct{}{}:
		return nil
	case <-ctx.Done():
		t.mu.Lock()
		defer t.mu.Unlock()
		t.leaveLocked(src, u)
		return context.Cause(ctx)
	}
}

func (t *throttle) endTurn(src Source) {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.turns[src]
	<-u.held
	t.leaveLocked(src, u)
}

func (t *throttle) leaveLocked(src Source, u *turn) {
	if u.users--; u.users == 0 {
		delete(t.turns, src)
	}
}

// budgets holds a token bucket for each source that took from it lately; who
// is not in it has a full one. A bucket is full again a minute after its last
// take: it says nothing any more and is removed. The oldest goes sooner if
// there are too many, which gives that source a full bucket; whoever commands
// so many sources has as many full buckets anyway.
type budgets struct {
	perMinute int

	mu     sync.Mutex
	bucket *simplelru.LRU[Source, *rate.Limiter] // in the order of the last take
}

func newBudgets(perMinute int) *budgets {
	return &budgets{perMinute: perMinute, bucket: newLRU[*rate.Limiter](throttledSources)}
}

// wait is how long src has to wait for a token, 0 if it has one.
func (b *budgets) wait(src Source, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, ok := b.bucket.Peek(src)
	if !ok {
		return 0
	}
	return untilToken(l, now)
}

// take takes a token, or returns how long src has to wait for one.
func (b *budgets) take(src Source, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forgetLocked(now)
	l, ok := b.bucket.Get(src)
	if !ok {
		l = rate.NewLimiter(rate.Limit(b.perMinute)/60, b.perMinute)
		b.bucket.Add(src, l)
	}
	if l.AllowN(now, 1) {
		return 0
	}
	return untilToken(l, now)
}

// forgetLocked removes up to two full buckets: one more than a take can add,
// so that the table shrinks by and by and no take is slow.
func (b *budgets) forgetLocked(now time.Time) {
	for range 2 {
		_, l, ok := b.bucket.GetOldest()
		if !ok || l.TokensAt(now) < float64(b.perMinute) {
			return
		}
		b.bucket.RemoveOldest()
	}
}

// untilToken rounds as AllowN does: what is less than a nanosecond is nothing.
func untilToken(l *rate.Limiter, now time.Time) time.Duration {
	missing := 1 - l.TokensAt(now)
	return max(0, time.Duration(missing/float64(l.Limit())*float64(time.Second)))
}

// failures counts the wrong passwords a room got from each source. It lives and
// dies with the room. Beyond its bound it forgets the source that failed
// longest ago, which has its free tries again. The zero value is ready for use.
type failures struct {
	mu    sync.Mutex
	tries *simplelru.LRU[Source, int] // nil until somebody fails
}

func (f *failures) count(src Source) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tries == nil {
		return 0
	}
	n, _ := f.tries.Peek(src)
	return n
}

func (f *failures) add(src Source) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tries == nil {
		f.tries = newLRU[int](failedSources)
	}
	n, _ := f.tries.Peek(src)
	f.tries.Add(src, n+1)
}

// newLRU makes a table of at most size sources; it grows as it fills.
func newLRU[V any](size int) *simplelru.LRU[Source, V] {
	l, err := simplelru.NewLRU[Source, V](size, nil)
	if err != nil {
		panic(err) // a size below 1
	}
	return l
}
