package rooms

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/minio/argon2"
	"golang.org/x/text/secure/precis"
)

// Passwords have at least 8 characters, the least NIST SP 800-63B-3 wants of those
// that people choose, and at most 128, so that hashing has little to read.
const (
	PasswordMinRunes = 8
	PasswordMaxRunes = 128
)

// CheckPassword returns the password as it is hashed: trimmed, then PRECIS
// OpaqueString (RFC 8265), so that all keyboards write it alike. It returns
// *TextError if it has not 8 to 128 characters, or control or direction ones.
func CheckPassword(s string) (string, error) {
	s, err := trim("password", s, PasswordMaxRunes)
	if err != nil {
		return "", err
	}
	s, err = precis.OpaqueString.String(s)
	if err != nil {
		return "", &TextError{"password", TextCharacters}
	}
	return s, checkLength("password", s, PasswordMinRunes, PasswordMaxRunes)
}

// Argon2id's cost, from OWASP's password storage cheat sheet: t=2 and p=1,
// with 19 MiB of memory unless the host says otherwise.
const (
	hashTime    = 2
	hashThreads = 1
)

// At most hashSlotsMax hashes run at once, which is 76 MiB at 19 MiB each, and
// one core, if there are several, is left to the rooms that run. At most
// hashWaiting wait; those of creations may take half of the places, so that there
// is always room for joins.
const (
	hashSlotsMax         = 4
	hashWaiting          = 64
	hashWaitingCreations = hashWaiting / 2
)

// passwordHash is all that a room keeps of its password.
type passwordHash struct {
	salt [16]byte
	key  [32]byte
}

// hasher hashes passwords, a few at a time. Who checks a password to join goes
// before who creates a room; within each, first come, first served.
type hasher struct {
	derive func(password string, salt []byte) []byte // Argon2id; tests replace it

	mu        sync.Mutex
	quiet     *time.Timer // runs out freeMemoryAfter the last hash; nil before the first
	free      int         // slots; if there is one, nobody waits
	joins     waiters
	creations waiters
}

// waiters are in the order they came. The turn of each is closed when a slot
// has become theirs.
type waiters []chan struct{}

// newHasher makes a hasher that uses this much memory for each hash at a time.
//
// The memory is zeroed and used again. With golang.org/x/crypto/argon2, which
// takes new memory for each hash, a join costs 1.07 times the bare hash instead
// of 0.91, and rooms wait up to 6 ms while 19 MiB are collected and overwritten.
func newHasher(memoryKiB uint32) *hasher {
	idKey := argon2.NewIDKey(hashTime, memoryKiB, hashThreads)
	return &hasher{
		free: max(1, min(runtime.GOMAXPROCS(0)-1, hashSlotsMax)),
		derive: func(password string, salt []byte) []byte {
			return idKey([]byte(password), salt, nil, nil, uint32(len(passwordHash{}.key)))
		},
	}
}

// hash hashes the password of a new room under a fresh salt. It waits for a
// slot: ErrBusy if too many do, and the cause of ctx if that ends first.
func (h *hasher) hash(ctx context.Context, password string) (passwordHash, error) {
	if err := h.acquire(ctx, &h.creations, hashWaitingCreations); err != nil {
		return passwordHash{}, err
	}
	defer h.release()
	var made passwordHash
	rand.Read(made.salt[:]) // never fails
	copy(made.key[:], h.derive(password, made.salt[:]))
	return made, nil
}

// verify reports whether want was made from password. It waits, and fails, as
// hash does; how long it computes does not depend on what is right.
func (h *hasher) verify(ctx context.Context, password string, want passwordHash) (bool, error) {
	if err := h.acquire(ctx, &h.joins, hashWaiting); err != nil {
		return false, err
	}
	defer h.release()
	key := h.derive(password, want.salt[:])
	return subtle.ConstantTimeCompare(key, want.key[:]) == 1, nil
}

// acquire takes a slot, or waits for one in queue unless limit do so already.
func (h *hasher) acquire(ctx context.Context, queue *waiters, limit int) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	h.mu.Lock()
	if h.free > 0 {
		h.free--
		h.mu.Unlock()
		return nil
	}
	if len(*queue) >= limit || len(h.joins)+len(h.creations) >= hashWaiting {
		h.mu.Unlock()
		return ErrBusy
	}
	turn := make(chan struct{})
	*queue = append(*queue, turn)
	h.mu.Unlock()

	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.Index(*queue, turn); i >= 0 {
		*queue = slices.Delete(*queue, i, i+1)
	} else {
		h.releaseLocked() // the slot came at the same moment: the next one's
	}
	return context.Cause(ctx)
}

func (h *hasher) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.releaseLocked()
	if h.quiet == nil {
		h.quiet = time.AfterFunc(freeMemoryAfter, freeMemory)
	}
	h.quiet.Reset(freeMemoryAfter)
}

// releaseLocked hands a slot on to who is next, or puts it back.
func (h *hasher) releaseLocked() {
	for _, queue := range []*waiters{&h.joins, &h.creations} {
		if len(*queue) > 0 {
			close((*queue)[0])
			*queue = slices.Delete(*queue, 0, 1)
			return
		}
	}
	h.free++
}
