// Mayfly serves chatrooms that do not outlive themselves.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"mayfly/config"
	"mayfly/rooms"
	"mayfly/web"
)

// When the server stops, screens have screensWait to wipe themselves and
// requests under way have requestsWait to finish.
const (
	screensWait  = 1500 * time.Millisecond
	requestsWait = 3 * time.Second
)

// pageConnections is how many connections there may be beside the sockets and
// streams that -max-connections counts: those that load pages.
const pageConnections = 1024

func main() {
	eraseFreedMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "mayfly:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends, then ends all rooms. It prints where to open
// Mayfly to out, and errors of its own making, never anything about people, to
// errOut. With "healthcheck" as the first argument it asks a running server
// instead.
func run(ctx context.Context, args []string, getenv func(string) string, out, errOut io.Writer) error {
	healthcheck := len(args) > 0 && args[0] == "healthcheck"
	if healthcheck {
		args = args[1:]
	}
	cfg, err := config.Parse(args, getenv, out)
	if err != nil {
		return err
	}
	if healthcheck {
		return checkHealth(ctx, cfg.Listen)
	}
	return serve(ctx, cfg, out, errOut)
}

func serve(ctx context.Context, cfg config.Config, out, errOut io.Writer) error {
	registry := rooms.NewRegistry(rooms.Limits{
		Lifetime:     cfg.Lifetime,
		Rooms:        cfg.MaxRooms,
		Participants: cfg.MaxParticipants,
		People:       2 * cfg.MaxConnections, // the absent included; see package config
		Connections:  cfg.MaxConnections,
		MessageBytes: cfg.MessageBytes,
		MessageRate:  float64(cfg.MessageRate),
		JoinRate:     cfg.JoinRate,
		Argon2Memory: cfg.Argon2Memory,
	})
	server := web.NewServer(web.Options{
		Registry:       registry,
		BaseURL:        cfg.BaseURL,
		TrustedProxies: cfg.TrustedProxies,
		ExitURL:        cfg.ExitURL,
		Log:            slog.New(slog.NewTextHandler(errOut, nil)),
	}).HTTPServer()

	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("cannot listen: %w", err)
	}
	var jobs sync.WaitGroup
	defer jobs.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	jobs.Go(func() { registry.Run(ctx) })
	if cfg.DebugListen != "" {
		debug, err := net.Listen("tcp", cfg.DebugListen)
		if err != nil {
			return errors.Join(fmt.Errorf("cannot listen for -debug-listen: %w", err), listener.Close())
		}
		debugServer := web.DebugServer(registry)
		defer debugServer.Close()
		jobs.Go(func() { debugServer.Serve(debug) })
	}
	announce(out, cfg, listener.Addr().(*net.TCPAddr))

	served := make(chan error, 1)
	go func() { served <- server.Serve(newLimitListener(listener, cfg.MaxConnections+pageConnections)) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	wiping, done := context.WithTimeout(context.Background(), screensWait)
	defer done()
	registry.Close(wiping)
	stopping, done2 := context.WithTimeout(context.Background(), requestsWait)
	defer done2()
	if err := server.Shutdown(stopping); err != nil {
		server.Close()
	}
	// Shutdown does not know sockets; each has a closing handshake to do.
	for registry.Stats().Connections > 0 && stopping.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Fprintln(out, "Mayfly has stopped. All rooms are gone.")
	return nil
}

// checkHealth asks the server that listens on this address whether it serves.
func checkHealth(ctx context.Context, listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("not serving: %w", err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("not serving: status %d", resp.StatusCode)
	}
	return nil
}
