package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// runResume resets a reader's connection while others go on, lets it come back
// later, and counts what it missed. Every case has a room of its own, all at
// the same time. The references know no resuming.
func (b *bench) runResume(ctx context.Context) ([]*table, error) {
	t := &table{
		title:   "**resume**: a reader's connection is reset in mid-stream and comes back.",
		cases:   []string{"messages/s", "away", "resets"},
		figures: []figure{{"sent", false}, {"read", false}, {"gaps", false}, {"missing by the gaps", false}, {"lost in silence", false}, {"doubled", false}},
	}
	for _, name := range b.servers {
		if !kinds[name].mayfly {
			continue
		}
		if err := b.resumeOn(ctx, t, name); err != nil {
			return []*table{t}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return []*table{t}, nil
}

// absence is one case: how much is said meanwhile, and how often and for how
// long a reader is away.
type absence struct {
	perSecond float64
	away      time.Duration
	resets    int
}

func (b *bench) resumeOn(ctx context.Context, t *table, name string) error {
	const people = 3 // one speaks, one is reset, one reads all the time
	c, err := b.gather(ctx, name, leastArgon2, len(b.absences), people, shortText)
	if err != nil {
		return err
	}
	defer c.close()
	var jobs sync.WaitGroup
	errs := make([]error, len(b.absences))
	for i, a := range b.absences {
		b.progress("resume: %s, %v messages a second, away for %v, %d times", name, a.perSecond, a.away, a.resets)
		jobs.Go(func() { errs[i] = a.in(ctx, c.rooms[i]) })
	}
	jobs.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for i, a := range b.absences {
		sent := sentBy(c.rooms[i])
		read, _, _ := c.rooms[i][1].state()
		t.add(fmt.Sprintf("%v | %v | %d", a.perSecond, a.away, a.resets), name,
			float64(sent), float64(read.messages), float64(read.gaps), float64(read.missed),
			float64(sent-read.messages-read.missed), float64(read.doubled))
	}
	return nil
}

// in lets the first in the room speak and resets the second, who comes back in
// the end. The third must not notice.
func (a absence) in(ctx context.Context, room []*person) error {
	between := min(a.away, time.Second)
	spoken := make(chan error, 1)
	go func() {
		spoken <- speak(ctx, [][]*person{room[:1]}, a.perSecond, time.Duration(a.resets)*(between+a.away)+between)
	}()
	err := a.leaveAndReturn(ctx, room[1], between)
	if err = errors.Join(err, <-spoken); err != nil {
		return err
	}
	return errors.Join(comeBack(ctx, room[1], room), arrivedIn(ctx, []*person{room[0], room[2]}, room))
}

func (a absence) leaveAndReturn(ctx context.Context, p *person, between time.Duration) error {
	for range a.resets {
		if err := sleep(ctx, between); err != nil {
			return err
		}
		p.reset()
		if err := sleep(ctx, a.away); err != nil {
			return err
		}
		if err := p.connect(ctx); err != nil {
			return err
		}
	}
	return nil
}
