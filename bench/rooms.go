package main

import (
	"context"
	"fmt"
	"time"
)

const (
	roomPeople = 10
	roomRate   = 2 // messages a second in each room; its people take turns
)

func (b *bench) runRooms(ctx context.Context) ([]*table, error) {
	window := b.windowOr(15 * time.Second)
	t := &table{
		title: fmt.Sprintf("**rooms**: %d rooms of %d people, %d messages a second in each room; medians of %d rounds of %v; nothing lost.",
			b.rooms, roomPeople, roomRate, b.rounds, window),
		figures: []figure{{"p50 ms", true}, {"p99 ms", true}, {"p99.9 ms", false}, {"CPU %", true}, {"CPU µs/delivery", false}},
		against: []string{"hub", "floor"},
	}
	crowds, err := b.gatherAll(ctx, b.rooms, roomPeople)
	if err != nil {
		return nil, err
	}
	defer closeAll(crowds)
	for round := range b.rounds {
		for _, c := range crowds {
			b.progress("rooms: round %d, %s", round+1, c.server.name)
			var times []time.Duration
			u, err := c.measure(func() (err error) {
				times, err = latencies(ctx, c.rooms, roomRate, window)
				return err
			})
			if err != nil {
				return []*table{t}, fmt.Errorf("%s: %w", c.server.name, err)
			}
			t.add("", c.server.name, milliseconds(percentile(times, 50)), milliseconds(percentile(times, 99)),
				milliseconds(percentile(times, 99.9)), u.cpuPercent(), u.cpuEach())
		}
	}
	return []*table{t}, nil
}
