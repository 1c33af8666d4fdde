package main

import (
	"context"
	"fmt"
	"time"
)

// runIdle connects people who say nothing. Their memory is what the process
// grows by from the first room to the last, per person: what a server needs
// without anybody is not theirs.
func (b *bench) runIdle(ctx context.Context) ([]*table, error) {
	window := b.windowOr(30 * time.Second)
	t := &table{
		title: fmt.Sprintf("**idle**: %d people in rooms of %d; medians of %d rounds; memory right after the last connection and %v later, then CPU over %v.",
			b.idle, roomPeople, b.rounds, b.settle, window),
		figures: []figure{{"KiB/person at once", false}, {"KiB/person", true}, {"CPU %", false}},
		against: []string{"hub", "floor"},
	}
	for round := range b.rounds {
		for _, name := range b.servers {
			b.progress("idle: round %d, %s", round+1, name)
			if err := b.idleOn(ctx, t, name, window); err != nil {
				return []*table{t}, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return []*table{t}, nil
}

func (b *bench) idleOn(ctx context.Context, t *table, name string, window time.Duration) error {
	c, err := b.gather(ctx, name, leastArgon2, 1, roomPeople, shortText)
	if err != nil {
		return err
	}
	defer c.close()
	before, err := residentBytes(c.server.pid)
	if err != nil {
		return err
	}
	rooms := max(1, b.idle/roomPeople-1)
	grown := func() (float64, error) {
		now, err := residentBytes(c.server.pid)
		return float64(now-before) / 1024 / float64(rooms*roomPeople), err
	}
	if err := c.add(ctx, rooms, roomPeople, shortText); err != nil {
		return err
	}
	atOnce, err := grown()
	if err != nil {
		return err
	}
	if err := sleep(ctx, b.settle); err != nil {
		return err
	}
	u, err := c.measure(func() error { return sleep(ctx, window) })
	if err != nil {
		return err
	}
	settled, err := grown()
	if err != nil {
		return err
	}
	t.add("", name, atOnce, settled, u.cpuPercent())
	return c.arrived(ctx) // and everybody is still there
}
