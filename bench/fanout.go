package main

import (
	"context"
	"fmt"
	"time"
)

// load is people in one room and messages under way there; see loop.
type load struct{ people, underWay int }

// warmUp is the part of a window that goes before the first measurement.
const warmUp = 4

func (b *bench) runFanout(ctx context.Context) ([]*table, error) {
	window := b.windowOr(3 * time.Second)
	t := &table{
		title: fmt.Sprintf("**fanout**: one room; medians of %d rounds of %v; messages of %d bytes.", b.rounds, window, len(shortText)),
		cases: []string{"people", "under way"},
		figures: []figure{
			{"server CPU µs/delivery", true}, {"deliveries/s", true},
			{"messages/frame", false}, {"generator CPU µs/delivery", false},
		},
		against: []string{"hub", "floor"},
	}
	for _, l := range b.loads {
		if err := b.fanout(ctx, t, l, window); err != nil {
			return []*table{t}, err
		}
	}
	return []*table{t}, nil
}

func (b *bench) fanout(ctx context.Context, t *table, l load, window time.Duration) error {
	crowds, err := b.gatherAll(ctx, 1, l.people)
	if err != nil {
		return err
	}
	defer closeAll(crowds)
	for _, c := range crowds {
		if err := c.talk(ctx, l.underWay, window/warmUp); err != nil {
			return fmt.Errorf("%s: %w", c.server.name, err)
		}
	}
	for round := range b.rounds {
		for _, c := range crowds {
			b.progress("fanout: %d people, %d under way, round %d, %s", l.people, l.underWay, round+1, c.server.name)
			u, err := c.measure(func() error { return c.talk(ctx, l.underWay, window) })
			if err != nil {
				return fmt.Errorf("%s: %w", c.server.name, err)
			}
			t.add(fmt.Sprintf("%d | %d", l.people, l.underWay), c.server.name,
				u.cpuEach(), float64(u.deliveries)/u.took.Seconds(),
				float64(u.deliveries)/float64(u.frames), u.generatorEach())
		}
	}
	return nil
}

// gatherAll fills rooms on every server to be measured.
func (b *bench) gatherAll(ctx context.Context, rooms, people int) (crowds []*crowd, err error) {
	for _, name := range b.servers {
		b.progress("connecting %d people to %s", rooms*people, name)
		c, err := b.gather(ctx, name, leastArgon2, rooms, people, shortText)
		if err != nil {
			closeAll(crowds)
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		crowds = append(crowds, c)
	}
	return crowds, nil
}

func closeAll(crowds []*crowd) {
	for _, c := range crowds {
		c.close()
	}
}
