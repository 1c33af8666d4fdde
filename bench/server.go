package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// patience is how long anything may take that should take no time: a server's
// start, a join, a message on its way.
const patience = 20 * time.Second

// kind is how a server is started and spoken to.
type kind struct {
	mayfly    bool // sessions, acknowledgements, leases
	websocket bool
}

var kinds = map[string]kind{
	"mayfly":   {mayfly: true, websocket: true},
	"unerased": {mayfly: true, websocket: true}, // Mayfly that leaves freed memory as it is
	"hub":      {websocket: true},
	"floor":    {},
}

// server is one server under measurement: a child process.
type server struct {
	kind
	name string
	addr string // 127.0.0.1:port
	pid  int
	http *http.Client // for Mayfly's forms
	stop func()
}

// Mayfly's -argon2-memory in KiB: its default, for joins, and the least there is,
// for when joining is not what is measured.
const (
	defaultArgon2 = 19456
	leastArgon2   = 1024
)

// start runs the server with this name until its stop is called or ctx ends.
func (b *bench) start(ctx context.Context, name string, argon2 int) (*server, error) {
	s := &server{kind: kinds[name], name: name}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{name}
	if s.mayfly {
		program = b.mayfly
		args = []string{"-listen", "127.0.0.1:0", "-message-rate", "0", "-join-rate", "0",
			"-argon2-memory", fmt.Sprint(argon2),
			"-max-rooms", "100000", "-max-participants", "10000", "-max-connections", "100000"}
		if b.debug != "" && name == "mayfly" {
			args = append(args, "-debug-listen", b.debug)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience // then it is killed
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "MAYFLY_") || strings.HasPrefix(v, "GODEBUG=")
	})
	if name == "unerased" {
		cmd.Env = append(cmd.Env, "GODEBUG=clobberfree=0") // see cmd/mayfly/erase_unix.go
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	// Mayfly replaces itself before it listens; that keeps the process's ID.
	s.pid = cmd.Process.Pid
	s.http = &http.Client{
		Timeout:       patience,
		Transport:     &http.Transport{MaxIdleConnsPerHost: connectors},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	addr, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if m := addrPattern.FindStringSubmatch(lines.Text()); m != nil && len(addr) == 0 {
				addr <- m[1]
			}
		}
	}()
	s.stop = func() {
		s.http.CloseIdleConnections()
		cancel()
		<-ended
		cmd.Wait()
	}
	select {
	case s.addr = <-addr:
		return s, nil
	case <-ended:
		err = errors.New("it ended at once")
	case <-time.After(patience):
		err = errors.New("it did not say where it listens")
	}
	s.stop()
	return nil, fmt.Errorf("starting %s: %w", name, err)
}

var addrPattern = regexp.MustCompile(`http://(127\.0\.0\.1:\d+)`)
