package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// loop keeps a number of messages under way in a room. A message is under way
// until everybody has read it, and who reads it last sends the next. Were it the
// sender's own reading that counted, a reader could fall behind without end, and
// the bounded channels of the hub would throw it out.
type loop struct {
	people int32
	reads  []atomic.Int32 // of each message under way
	over   atomic.Bool
}

// read counts a reading of the room's message k and reports whether it was the
// last, and another message is to be sent.
func (l *loop) read(k int) bool {
	reads := &l.reads[k%len(l.reads)]
	if reads.Add(1) < l.people {
		return false
	}
	reads.Store(0) // for the message that follows
	return !l.over.Load()
}

// talk keeps this many messages under way in each room for a time, then waits
// for the last of them.
func (c *crowd) talk(ctx context.Context, underWay int, d time.Duration) error {
	loops := make([]*loop, len(c.rooms))
	for i, room := range c.rooms {
		loops[i] = &loop{people: int32(len(room)), reads: make([]atomic.Int32, underWay)}
		for _, p := range room {
			p.change(func() { p.loop = loops[i] })
		}
		for n := range underWay {
			if err := room[n%len(room)].say(); err != nil {
				return err
			}
		}
	}
	err := sleep(ctx, d)
	for _, l := range loops {
		l.over.Store(true)
	}
	err = errors.Join(err, c.arrived(ctx))
	for _, p := range c.people {
		p.change(func() { p.loop = nil })
	}
	return err
}

// speak sends so many messages a second in each of the rooms for a time: the
// rooms take turns, and the people in them.
func speak(ctx context.Context, rooms [][]*person, perSecond float64, d time.Duration) error {
	every := time.Duration(float64(time.Second) / perSecond / float64(len(rooms)))
	begun := time.Now()
	for k := range int(d / every) {
		if err := sleep(ctx, time.Until(begun.Add(time.Duration(k)*every))); err != nil {
			return err
		}
		room := rooms[k%len(rooms)]
		if err := room[k/len(rooms)%len(room)].say(); err != nil {
			return err
		}
	}
	return sleep(ctx, time.Until(begun.Add(d)))
}

// arrived waits until everybody has read everything, and fails if a message is
// lost, doubled or out of order for anybody.
func (c *crowd) arrived(ctx context.Context) error {
	for _, room := range c.rooms {
		if err := arrivedIn(ctx, room, room); err != nil {
			return err
		}
	}
	return nil
}

// arrivedIn is arrived for some readers of a room, in which the speakers have
// spoken.
func arrivedIn(ctx context.Context, readers, speakers []*person) error {
	sent := sentBy(speakers)
	deadline := time.Now().Add(patience)
	var first transcript
	for i, p := range readers {
		read, _, err := p.state()
		for err == nil && read.messages < sent && time.Now().Before(deadline) {
			if err = sleep(ctx, time.Millisecond); err == nil {
				read, _, err = p.state()
			}
		}
		if i == 0 {
			first = read
		}
		switch {
		case err != nil:
			return fmt.Errorf("person %d: %w", p.number, err)
		case read.messages != sent || read.doubled > 0 || read.gaps > 0:
			err := fmt.Errorf("person %d read %d of %d messages, %d events twice, %d gaps", p.number, read.messages, sent, read.doubled, read.gaps)
			return errors.Join(err, broken(speakers))
		case read.order != first.order:
			return fmt.Errorf("person %d read them in another order", p.number)
		}
	}
	return nil
}

// broken names those whose connection has ended: what they sent last may have
// gone with it.
func broken(people []*person) error {
	var errs []error
	for _, p := range people {
		if _, _, err := p.state(); err != nil {
			errs = append(errs, fmt.Errorf("person %d: %w", p.number, err))
		}
	}
	return errors.Join(errs...)
}

// sentBy is how many messages these people have sent.
func sentBy(people []*person) (sent int) {
	for _, p := range people {
		_, n, _ := p.state()
		sent += n
	}
	return sent
}

// latencies lets people speak as speak does and returns how long each delivery
// took, sorted. They must read everything.
func latencies(ctx context.Context, rooms [][]*person, perSecond float64, d time.Duration) (times []time.Duration, err error) {
	for _, p := range slices.Concat(rooms...) {
		p.change(func() { p.timed, p.times = true, p.times[:0] })
	}
	if err := speak(ctx, rooms, perSecond, d); err != nil {
		return nil, err
	}
	for _, room := range rooms {
		if err := arrivedIn(ctx, room, room); err != nil {
			return nil, err
		}
		for _, p := range room {
			p.change(func() {
				p.timed = false
				times = append(times, p.times...)
			})
		}
	}
	slices.Sort(times)
	return times, nil
}
