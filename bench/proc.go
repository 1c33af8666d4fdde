package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU time in /proc: USER_HZ is 100 on every Linux.
const tick = 10 * time.Millisecond

// cpuTime is the CPU time that a process has used, user and system.
func cpuTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the program's name in parentheses; utime and stime
	// are the 14th and 15th.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("cannot read /proc/%d/stat", pid)
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, err
}

// residentBytes is the memory of a process that is in RAM.
func residentBytes(pid int) (int64, error) {
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(rollup)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "Rss:" {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("cannot read /proc/%d/smaps_rollup", pid)
}

// sendQueue is the server's end of one connection.
type sendQueue struct {
	established bool
	bytes       int64 // memory that the kernel holds for what waits to be sent
}

// sendQueues are a server's connections by their other ends. The tool ss has
// them from the kernel, with the overhead of its buffers; /proc/net/tcp would
// tell the payload alone.
func sendQueues(ctx context.Context, addr string) (map[string]sendQueue, error) {
	out, err := exec.CommandContext(ctx, "ss", "--tcp", "--all", "--numeric", "--memory", "--oneline", "--no-header", "src", addr).Output()
	if err != nil {
		return nil, fmt.Errorf("asking ss (of iproute2): %w", err)
	}
	queues := map[string]sendQueue{}
	for line := range strings.Lines(string(out)) {
		// ESTAB 0 0 127.0.0.1:8080 127.0.0.2:40000 skmem:(r0,rb131072,t0,tb87040,f0,w4608,o0,bl0,d0)
		fields := strings.Fields(line)
		if len(fields) < 6 {
			continue
		}
		_, w, _ := strings.Cut(fields[5], ",w")
		w, _, _ = strings.Cut(w, ",")
		n, err := strconv.ParseInt(w, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("cannot read ss: %q", line)
		}
		queues[fields[4]] = sendQueue{established: fields[0] == "ESTAB", bytes: n}
	}
	return queues, nil
}
