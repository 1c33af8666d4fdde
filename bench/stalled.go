package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

const (
	stalledPeople  = 100
	stalledReaders = 5                      // of them
	stalledRate    = 200                    // messages a second
	stalledLook    = 250 * time.Millisecond // between two looks at the memory
)

// runStalled measures what readers who stop reading cost the others and the
// memory. The others must read everything all the same.
func (b *bench) runStalled(ctx context.Context) ([]*table, error) {
	window := b.windowOr(12 * time.Second)
	t := &table{
		title: fmt.Sprintf("**stalled**: %d readers, %d messages a second of %d bytes; %v with all reading, then %v in which %d stop; medians of %d rounds; nothing lost for the others.",
			stalledPeople, stalledRate, len(longText), window, 2*window, stalledReaders, b.rounds),
		figures: []figure{
			{"p99 ms before", false}, {"p99 ms during", false}, {"p99 during/before", false},
			{"kernel KiB/stalled", true}, {"process KiB/stalled", false}, {"ended after s", false},
		},
		against: []string{"hub", "floor"},
	}
	for round := range b.rounds {
		for _, name := range b.servers {
			b.progress("stalled: round %d, %s", round+1, name)
			err := b.stallOn(ctx, t, name, window)
			if err != nil && (kinds[name].mayfly || ctx.Err() != nil) {
				return []*table{t}, fmt.Errorf("%s: %w", name, err)
			}
			if err != nil { // the hub may drop readers whom a busy machine holds up
				b.progress("stalled: %s broke: %v", name, err)
				t.add("", name, slices.Repeat([]float64{math.NaN()}, len(t.figures))...)
			}
		}
	}
	return []*table{t}, nil
}

func (b *bench) stallOn(ctx context.Context, t *table, name string, window time.Duration) error {
	c, err := b.gather(ctx, name, leastArgon2, 1, stalledPeople, longText)
	if err != nil {
		return err
	}
	defer c.close()
	readers, others := c.people[:stalledReaders], c.people[stalledReaders:]
	if _, _, err := c.watch(ctx, readers, others, window/warmUp); err != nil {
		return err
	}
	before, calm, err := c.watch(ctx, readers, others, window)
	if err == nil {
		err = arrivedIn(ctx, readers, others)
	}
	if err != nil {
		return err
	}
	for _, p := range readers {
		p.hold.Lock()
	}
	during, stalled, err := c.watch(ctx, readers, others, 2*window)
	for _, p := range readers {
		p.hold.Unlock()
	}
	if err != nil {
		return err
	}
	p99Before, p99During := milliseconds(percentile(calm, 99)), milliseconds(percentile(stalled, 99))
	each := func(bytes int64) float64 { return float64(bytes) / 1024 / stalledReaders }
	t.add("", name, p99Before, p99During, p99During/p99Before,
		each(during.kernel), each(max(0, during.process-before.process)), during.ended)
	if !c.server.mayfly {
		return nil
	}
	for _, p := range readers {
		if err := comeBack(ctx, p, others); err != nil {
			return fmt.Errorf("a stalled reader came back: %w", err)
		}
	}
	return nil
}

// sight is the most that was seen while something went on.
type sight struct {
	kernel  int64   // bytes that wait to be sent to some readers, in the kernel
	process int64   // bytes of the server that are resident
	ended   float64 // seconds until the server had ended these readers; infinity if it did not
}

// watch lets the others speak for d, of whom all must read everything, and looks
// at the server and the readers' connections meanwhile. The times are those of
// the others' deliveries.
func (c *crowd) watch(ctx context.Context, readers, others []*person, d time.Duration) (s sight, times []time.Duration, err error) {
	begun := time.Now()
	s.ended = math.Inf(1)
	done := make(chan error, 1)
	go func() {
		var err error
		times, err = latencies(ctx, [][]*person{others}, stalledRate, d)
		done <- err
	}()
	ticks := time.NewTicker(stalledLook)
	defer ticks.Stop()
	for {
		select {
		case spoken := <-done:
			return s, times, errors.Join(spoken, err)
		case <-ticks.C:
			if err == nil {
				err = s.look(ctx, c.server, readers, begun)
			}
		}
	}
}

func (s *sight) look(ctx context.Context, from *server, readers []*person, begun time.Time) error {
	queues, err := sendQueues(ctx, from.addr)
	if err != nil {
		return err
	}
	resident, err := residentBytes(from.pid)
	if err != nil {
		return err
	}
	var waiting int64
	established := false
	for _, p := range readers {
		q := queues[p.link.conn.LocalAddr().String()]
		waiting += q.bytes
		established = established || q.established
	}
	s.kernel, s.process = max(s.kernel, waiting), max(s.process, resident)
	if !established && math.IsInf(s.ended, 1) {
		s.ended = time.Since(begun).Seconds()
	}
	return nil
}

// comeBack lets a person of Mayfly whose connection was ended resume, and waits
// until every message of the speakers was read or is counted as missing.
func comeBack(ctx context.Context, p *person, speakers []*person) error {
	sent := sentBy(speakers)
	deadline := time.Now().Add(patience)
	for {
		read, _, err := p.state()
		if err == nil && read.messages+read.missed == sent {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d messages read and %d in gaps, of %d (%v)", read.messages, read.missed, sent, err)
		}
		if err != nil {
			err = p.connect(ctx)
		} else {
			err = sleep(ctx, time.Millisecond)
		}
		if err != nil {
			return err
		}
	}
}
