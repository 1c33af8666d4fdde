package main

import (
	"os"
	"time"
)

// usage is what a measurement took.
type usage struct {
	cpu        time.Duration // of the server
	generator  time.Duration // CPU time too
	took       time.Duration
	deliveries int
	frames     int
}

// measure is what f took.
func (c *crowd) measure(f func() error) (usage, error) {
	before, err := c.usage()
	if err != nil {
		return usage{}, err
	}
	if err := f(); err != nil {
		return usage{}, err
	}
	u, err := c.usage()
	u.cpu -= before.cpu
	u.generator -= before.generator
	u.took -= before.took
	u.deliveries -= before.deliveries
	u.frames -= before.frames
	return u, err
}

// usage is what there was until now.
func (c *crowd) usage() (u usage, err error) {
	for _, p := range c.people {
		read, _, _ := p.state()
		u.deliveries += read.messages
		u.frames += read.frames
	}
	u.took = time.Since(epoch)
	if u.cpu, err = cpuTime(c.server.pid); err == nil {
		u.generator, err = cpuTime(os.Getpid())
	}
	return u, err
}

// cpuEach is the server's CPU time per delivery in microseconds, and generatorEach
// the load generator's.
func (u usage) cpuEach() float64       { return microseconds(u.cpu) / float64(u.deliveries) }
func (u usage) generatorEach() float64 { return microseconds(u.generator) / float64(u.deliveries) }

// cpuPercent is of one core.
func (u usage) cpuPercent() float64 { return 100 * u.cpu.Seconds() / u.took.Seconds() }
