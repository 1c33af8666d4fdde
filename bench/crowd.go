package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of the load generator.
const (
	connectors = 8               // people who come in at the same time
	ackEvery   = 2 * time.Second // design.md, section 5
	ackSteps   = 100             // acknowledgements are spread over ackEvery in so many steps
)

// crowd is all the people that are connected to one server.
type crowd struct {
	server *server
	rooms  [][]*person
	people []*person // of all rooms
	quit   chan struct{}
	jobs   sync.WaitGroup
}

// gather starts a server of this name and fills rooms on it with people who
// say text. Its close ends all of it.
func (b *bench) gather(ctx context.Context, name string, argon2, rooms, people int, text string) (*crowd, error) {
	s, err := b.start(ctx, name, argon2)
	if err != nil {
		return nil, err
	}
	c := &crowd{server: s, quit: make(chan struct{})}
	if err := c.add(ctx, rooms, people, text); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// add opens more rooms and fills them.
func (c *crowd) add(ctx context.Context, rooms, people int, text string) error {
	first := len(c.rooms)
	c.rooms = append(c.rooms, make([][]*person, rooms)...)
	err := parallel(rooms, func(i int) (err error) {
		c.rooms[first+i], err = c.fill(ctx, fmt.Sprintf("room-%d", first+i), people, text)
		return err
	})
	added := slices.Concat(c.rooms[first:]...)
	c.people = append(c.people, added...)
	if c.server.mayfly {
		c.jobs.Go(func() { c.acknowledge(added) })
	}
	return err
}

// fill opens a room and lets people in, one after the other. It returns those
// who are in even if it fails.
func (c *crowd) fill(ctx context.Context, name string, people int, text string) (room []*person, err error) {
	seat, err := c.server.open(ctx, name)
	for err == nil {
		p := &person{server: c.server, number: len(room), seat: seat, text: text}
		if err = p.connect(ctx); err != nil {
			break
		}
		if room = append(room, p); len(room) == people {
			break
		}
		seat, err = c.server.join(ctx, seat.path, len(room))
	}
	return room, err
}

// parallel calls f for 0 to n-1, connectors at a time, until one fails.
func parallel(n int, f func(i int) error) error {
	var next atomic.Int64
	var failed atomic.Bool
	errs := make([]error, n)
	var jobs sync.WaitGroup
	for range connectors {
		jobs.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && !failed.Load(); i = int(next.Add(1)) - 1 {
				if errs[i] = f(i); errs[i] != nil {
					failed.Store(true)
				}
			}
		})
	}
	jobs.Wait()
	return errors.Join(errs...)
}

// acknowledge lets these people acknowledge what has arrived, every ackEvery.
func (c *crowd) acknowledge(people []*person) {
	t := time.NewTicker(ackEvery / ackSteps)
	defer t.Stop()
	for step := 0; ; step = (step + 1) % ackSteps {
		select {
		case <-c.quit:
			return
		case <-t.C:
		}
		for i := step; i < len(people); i += ackSteps {
			people[i].ack()
		}
	}
}

// close drops all connections and stops the server.
func (c *crowd) close() {
	close(c.quit)
	c.jobs.Wait()
	for _, p := range c.people {
		p.reset()
	}
	c.server.stop()
}
