package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
)

const (
	lobbies        = 10 // rooms that are joined
	stormRooms     = 20 // rooms that are talked in meanwhile
	resumesPerJoin = 10 // session resumes measured for each join: they are that much quicker
	hashTurn       = 10 // joins, then bare hashes, so that both suffer the same neighbours
)

// runJoins measures Mayfly's joins beside the password hash alone, which is
// most of a join and must be, resumes beside what a bare connection costs, and
// what a storm of joins does to running rooms.
func (b *bench) runJoins(ctx context.Context) ([]*table, error) {
	window := b.windowOr(10 * time.Second)
	costs := &table{
		title: fmt.Sprintf("**joins**: one after the other, with -argon2-memory %d; medians of %d rounds of %d joins and %d resumes.",
			b.argon2, b.rounds, b.joins, resumesPerJoin*b.joins),
		cases:   []string{"what"},
		figures: []figure{{"CPU ms each", false}, {"/ bare Argon2id", false}},
	}
	storms := &table{
		title: fmt.Sprintf("**storm**: %d rooms of %d people, %d messages a second in each, while %d people at a time join others; "+
			"beside the floor, which nobody joins, a process of its own hashes all the time; medians of %d rounds of %v.",
			stormRooms, roomPeople, roomRate, connectors, b.rounds, window),
		figures: []figure{{"p50 ms calm", false}, {"p50 ms storm", true}, {"p99 ms calm", false}, {"p99 ms storm", true}, {"p99 storm/calm", true}, {"joins/s", false}},
		against: []string{"floor"},
	}
	for round := range b.rounds {
		for _, name := range b.servers {
			b.progress("joins: round %d, %s", round+1, name)
			if err := b.joinsOn(ctx, costs, storms, name, window); err != nil {
				return []*table{costs, storms}, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return []*table{costs, storms}, nil
}

func (b *bench) joinsOn(ctx context.Context, costs, storms *table, name string, window time.Duration) error {
	c, err := b.gather(ctx, name, b.argon2, stormRooms, roomPeople, shortText)
	if err != nil {
		return err
	}
	defer c.close()
	storm := b.hashBeside
	if c.server.mayfly {
		l, err := openLobby(ctx, c.server)
		if err != nil {
			return err
		}
		if err := b.joinCosts(ctx, costs, c, l); err != nil {
			return err
		}
		storm = l.storm
	}
	if err := b.resumeCost(ctx, costs, c); err != nil {
		return err
	}
	if name == "hub" {
		return nil // its storm would say no more than the floor's
	}
	calm, err := latencies(ctx, c.rooms, roomRate, window)
	if err != nil {
		return err
	}
	var stormy []time.Duration
	joins, err := storm(ctx, func() (err error) {
		stormy, err = latencies(ctx, c.rooms, roomRate, window)
		return err
	})
	if err != nil {
		return err
	}
	p99Calm, p99Storm := milliseconds(percentile(calm, 99)), milliseconds(percentile(stormy, 99))
	storms.add("", name, milliseconds(percentile(calm, 50)), milliseconds(percentile(stormy, 50)),
		p99Calm, p99Storm, p99Storm/p99Calm, joins/window.Seconds())
	return nil
}

// joinCosts measures the CPU of joins and of bare hashes.
func (b *bench) joinCosts(ctx context.Context, costs *table, c *crowd, l *lobby) error {
	var hashes time.Duration
	joining, err := c.measure(func() (err error) {
		hashes, err = b.joinAndHash(ctx, l)
		return err
	})
	if err != nil {
		return err
	}
	name := c.server.name
	costs.add("join", name, milliseconds(joining.cpu)/float64(b.joins), float64(joining.cpu)/float64(hashes))
	costs.add("bare Argon2id", name, milliseconds(hashes)/float64(b.joins), 1)
	return nil
}

// resumeCost measures what a connection costs that was reset and comes back; with
// the references there is no session in it.
func (b *bench) resumeCost(ctx context.Context, costs *table, c *crowd) error {
	resumes := resumesPerJoin * b.joins
	resuming, err := c.measure(func() error {
		for i := range resumes {
			p := c.people[i%len(c.people)]
			p.reset()
			if err := p.connect(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	costs.add("session resume", c.server.name, milliseconds(resuming.cpu)/float64(resumes), math.NaN())
	return nil
}

// joinAndHash lets people join and, by turns, hashes as many passwords as Mayfly
// does, here and with nothing around it. It returns the CPU time of these.
func (b *bench) joinAndHash(ctx context.Context, l *lobby) (hashes time.Duration, err error) {
	salt := make([]byte, 16)
	for done := 0; done < b.joins; {
		n := min(hashTurn, b.joins-done)
		done += n
		for range n {
			if err := l.join(ctx); err != nil {
				return 0, err
			}
		}
		before, err := cpuTime(os.Getpid())
		if err != nil {
			return 0, err
		}
		for range n {
			hashPassword(salt, b.argon2)
		}
		now, err := cpuTime(os.Getpid())
		if err != nil {
			return 0, err
		}
		hashes += now - before
	}
	return hashes, nil
}

// hashPassword is the work that a join cannot do without.
func hashPassword(salt []byte, memoryKiB int) {
	rand.Read(salt)
	argon2.IDKey([]byte(password), salt, 2, uint32(memoryKiB), 1, 32)
}

// hashAll is this program as a process that hashes until it is killed, on one
// core at a time.
func hashAll(memoryKiB int) {
	runtime.GOMAXPROCS(1)
	for salt := make([]byte, 16); ; {
		hashPassword(salt, memoryKiB)
	}
}

// hashBeside runs f while another process hashes; nobody joins.
func (b *bench) hashBeside(ctx context.Context, f func() error) (joins float64, err error) {
	program, err := os.Executable()
	if err != nil {
		return 0, err
	}
	hashing := exec.CommandContext(ctx, program, hashMode, fmt.Sprint(b.argon2))
	if err := hashing.Start(); err != nil {
		return 0, err
	}
	defer hashing.Wait()
	defer hashing.Process.Kill()
	return math.NaN(), f()
}

// lobby is rooms that people join and do nothing in.
type lobby struct {
	server *server
	paths  []string
	joined atomic.Int64
}

func openLobby(ctx context.Context, s *server) (*lobby, error) {
	l := &lobby{server: s}
	for range lobbies {
		seat, err := s.open(ctx, "lobby")
		if err != nil {
			return nil, err
		}
		l.paths = append(l.paths, seat.path)
	}
	return l, nil
}

// join lets one more person in, into each room in turn.
func (l *lobby) join(ctx context.Context) error {
	n := int(l.joined.Add(1))
	_, err := l.server.join(ctx, l.paths[n%len(l.paths)], n)
	return err
}

// storm lets connectors people at a time join while f runs, and returns how
// many did.
func (l *lobby) storm(ctx context.Context, f func() error) (joins float64, err error) {
	before := l.joined.Load()
	var over atomic.Bool
	var jobs sync.WaitGroup
	errs := make([]error, connectors)
	for i := range errs {
		jobs.Go(func() {
			for !over.Load() && errs[i] == nil {
				errs[i] = l.join(ctx)
			}
		})
	}
	err = f()
	over.Store(true)
	jobs.Wait()
	return float64(l.joined.Load() - before), errors.Join(slices.Insert(errs, 0, err)...)
}
