// Bench measures Mayfly beside two bare reference servers, in one run on one
// machine: each server is a process of its own, all get the same load, and every
// figure stands beside its ratio to the same figure of the references. README.md
// explains it and holds results.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) == 2 && references[os.Args[1]] != nil {
		fmt.Fprintln(os.Stderr, "bench:", serveReference(os.Args[1]))
		os.Exit(1)
	}
	if len(os.Args) == 3 && os.Args[1] == hashMode {
		memoryKiB, err := strconv.Atoi(os.Args[2])
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		hashAll(memoryKiB)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// hashMode as the first argument makes this program one that hashes.
const hashMode = "hash"

// references are the servers that this program can be itself.
var references = map[string]func(net.Listener) error{
	"hub":   serveHub,
	"floor": serveFloor,
}

// serveReference is this program as a reference server, until it is killed.
func serveReference(name string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	return references[name](listener)
}

// bench is what is to be measured, and how long.
type bench struct {
	rounds  int
	window  time.Duration // of one measurement; 0: as long as the scenario needs
	settle  time.Duration // from the last connection to the measurement of idle people
	servers []string      // keys of kinds
	mayfly  string        // the program
	debug   string        // Mayfly's -debug-listen; empty: none

	loads    []load    // of fanout
	rooms    int       // of rooms
	idle     int       // people of idle
	absences []absence // of resume
	joins    int       // in one measurement of joins
	argon2   int       // KiB, of joins
	log      io.Writer
}

// progress says what is going on, for a run takes minutes.
func (b *bench) progress(format string, values ...any) {
	fmt.Fprintf(b.log, format+"\n", values...)
}

// windowOr is how long one measurement takes in a scenario that needs d.
func (b *bench) windowOr(d time.Duration) time.Duration {
	if b.window > 0 {
		return b.window
	}
	return d
}

// A scenario's run returns its tables as far as they came, even if it fails.
type scenario struct {
	name, about string
	run         func(*bench, context.Context) ([]*table, error)
}

var scenarios = []scenario{
	{"fanout", "one room of 10, 100 and 1000 people with 64 messages under way, and of 100 with one", (*bench).runFanout},
	{"rooms", "100 rooms of 10 people, 2 messages a second in each room", (*bench).runRooms},
	{"idle", "memory and CPU of people who are connected and silent", (*bench).runIdle},
	{"stalled", "100 readers, 5 of whom stop reading, and 200 messages of 4 KiB a second", (*bench).runStalled},
	{"resume", "a reset in mid-stream, back after 1 s and after 60 s, at 20 and 300 messages a second", (*bench).runResume},
	{"joins", "joins, session resumes, and rooms in a storm of joins", (*bench).runJoins},
}

// run measures what args ask for and prints the tables to out.
func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	b := &bench{
		loads:  []load{{10, 64}, {100, 64}, {1000, 64}, {100, 1}},
		argon2: defaultArgon2,
		log:    errOut,
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.Usage = func() {
		fmt.Fprintf(errOut, "bench [flags] [scenario ...]\n\nScenarios (default: all):\n")
		for _, s := range scenarios {
			fmt.Fprintf(errOut, "  %-8s %s\n", s.name, s.about)
		}
		fmt.Fprintf(errOut, "\nFlags:\n")
		flags.PrintDefaults()
	}
	flags.IntVar(&b.rounds, "rounds", 5, "measurements of each server, in turn; figures are their medians")
	flags.DurationVar(&b.window, "window", 0, "length of one measurement; 0: the scenario's own")
	flags.DurationVar(&b.settle, "settle", 20*time.Second, "idle: from the last connection to the measurement")
	servers := flags.String("servers", "mayfly,hub,floor", `what is measured; "unerased" is Mayfly that does not overwrite freed memory`)
	flags.StringVar(&b.mayfly, "mayfly", "", "the mayfly to measure; empty: built from this module")
	flags.StringVar(&b.debug, "debug", "", "-debug-listen of the server mayfly, to profile it meanwhile")
	people := flags.Int("people", 0, "fanout: only this many people")
	underWay := flags.Int("under-way", 64, "fanout: messages under way, with -people")
	flags.IntVar(&b.rooms, "rooms", 100, "rooms: how many")
	flags.IntVar(&b.idle, "idle", 15000, "idle: how many people")
	long := flags.Duration("away", time.Minute, "resume: the longer absence; the shorter is 1s")
	flags.IntVar(&b.joins, "joins", 100, "joins: how many in one measurement")
	if err := flags.Parse(args); err != nil {
		return err
	}
	for _, rate := range []float64{20, 300} {
		b.absences = append(b.absences, absence{rate, time.Second, 10}, absence{rate, *long, 1})
	}
	if *people > 0 {
		b.loads = []load{{*people, *underWay}}
	}
	b.servers = strings.Split(*servers, ",")
	for _, name := range b.servers {
		if _, ok := kinds[name]; !ok {
			return fmt.Errorf("there is no server %q", name)
		}
	}
	chosen := scenarios
	if flags.NArg() > 0 {
		chosen = nil
		for _, name := range flags.Args() {
			i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
			if i < 0 {
				return fmt.Errorf("there is no scenario %q; bench -h lists them", name)
			}
			chosen = append(chosen, scenarios[i])
		}
	}
	if b.mayfly == "" {
		dir, err := os.MkdirTemp("", "mayfly-bench")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if b.mayfly, err = build(ctx, dir); err != nil {
			return err
		}
	}
	for _, s := range chosen {
		tables, err := s.run(b, ctx)
		for _, t := range tables {
			t.print(out)
		}
		if err != nil {
			fmt.Fprintf(out, "\n%s was not finished.\n", s.name)
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// build makes mayfly as `make build` does and returns where it is.
func build(ctx context.Context, dir string) (string, error) {
	program := filepath.Join(dir, "mayfly")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "mayfly/cmd/mayfly")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building mayfly: %w\n%s", err, out)
	}
	return program, nil
}

// sleep waits, unless ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
