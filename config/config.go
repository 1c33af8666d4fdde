// Package config turns flags and environment variables into one checked struct.
//
// # Memory
//
// The worst case of the defaults, everything at its bound at the same time:
//
//	256 MiB  event buffers, over all rooms
//	313 MiB  5,000 connections, each being written a batch of 64 KiB
//	 59 MiB  5,000 connections: goroutines, buffers and cursor, 12 KiB each
//	166 MiB  10,000 participants: 1,024 remembered message ids of 16 bytes
//	         and about 1 KiB for alias and state
//	 76 MiB  4 password hashes of 19 MiB
//	  4 MiB  1,000 rooms, 4 KiB each
//	-------
//	874 MiB
//
// Participants outnumber connections on paper: 1,000 rooms of 200 would
// remember ids worth 3 GiB. So the rooms together hold at most twice
// MaxConnections participants, the absent ones of a lease among them.
//
// A crowd of attackers can add to this for as long as reading and writing may
// stall: per connection an unfinished frame of 97 KiB (6 bytes for each of
// MessageBytes, as in JSON's \u0000, and 1 KiB), and instead of a batch one
// event of 128 KiB (8 x MessageBytes) that its buffer has already evicted. That
// is 474 and 313 MiB if all 5,000 do both. One source gets 20 rooms and 20
// participants in each, so it takes 4 sources that share their rooms.
//
// The collector lets the heap grow to twice what lives unless GOMEMLIMIT holds
// it, as the files in deploy/ do. MaxConnections is the setting that counts:
// half of it saves 269 MiB, and 393 MiB of the attack.
package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"
)

// Config is the settings of one server, checked.
type Config struct {
	// Listen is the host:port to serve on. Port 0 lets the system choose.
	Listen string

	// BaseURL is what share links start with: scheme, host and perhaps a port,
	// nothing else. It is nil when each request's own address is to be used.
	BaseURL *url.URL

	// Lifetime is the default and longest life of a room.
	Lifetime time.Duration

	// MaxRooms bounds the live rooms, MaxParticipants the people in each, and
	// MaxConnections the open sockets and streams of all rooms. The package
	// comment says what they cost.
	MaxRooms, MaxParticipants, MaxConnections int

	// MessageBytes is the longest message as sent, in bytes of UTF-8.
	MessageBytes int

	// MessageRate is messages a second per participant; 0 means no limit.
	MessageRate int

	// JoinRate is wrong passwords, and rooms created, per source and minute;
	// 0 means no limit per source.
	JoinRate int

	// Argon2Memory is the memory of one password hash in KiB.
	Argon2Memory uint32

	// TrustedProxies are the networks whose X-Forwarded-For counts.
	TrustedProxies []netip.Prefix

	// ExitURL is where "Exit this page" leads to; nil is a page of Mayfly's own
	// that does not look like Mayfly.
	ExitURL *url.URL

	// DebugListen is the loopback host:port of pprof and metrics, or empty.
	DebugListen string
}

// A setting is one flag and the environment variable of the same name.
type setting struct {
	name    string // of the flag, without its dash
	value   string // the default, as one would type it
	shown   string // what the tables show for a default that is empty
	meaning string // with the unit
	parse   parser
}

// A parser checks a value and stores it. Its error says what is wrong with the
// value and what is allowed.
type parser func(c *Config, value string) error

// Counts end where a typing error is likelier than the wish. MessageBytes runs
// from a few sentences to 64 KiB: formatting may make a message 8 times as long,
// and 512 KiB is half of a room's buffer, so no message pushes out all others.
var settings = []setting{
	{"listen", ":8080", "", "address to serve on, as [host]:port",
		listen},
	{"base-url", "", "from the request", "what share links start with, as https://host[:port]",
		baseURL},
	{"lifetime", "60m", "", "default and longest life of a room, 1m to 60m",
		lifetime},
	{"max-rooms", "1000", "", "rooms at once, 1 to 100000",
		whole(1, 100_000, func(c *Config) *int { return &c.MaxRooms })},
	{"max-participants", "200", "", "people per room, 1 to 10000",
		whole(1, 10_000, func(c *Config) *int { return &c.MaxParticipants })},
	{"max-connections", "5000", "", "open sockets and streams, 1 to 100000",
		whole(1, 100_000, func(c *Config) *int { return &c.MaxConnections })},
	{"message-bytes", "16384", "", "longest message in bytes, 256 to 65536",
		whole(256, 65_536, func(c *Config) *int { return &c.MessageBytes })},
	{"message-rate", "5", "", "messages a second per person, 0 (no limit) to 1000",
		whole(0, 1000, func(c *Config) *int { return &c.MessageRate })},
	{"join-rate", "10", "", "wrong passwords, and new rooms, a minute per source, 0 (no limit) to 1000",
		whole(0, 1000, func(c *Config) *int { return &c.JoinRate })},
	{"argon2-memory", "19456", "", "memory of one password hash in KiB, 1024 to 1048576",
		whole(1024, 1<<20, func(c *Config) *uint32 { return &c.Argon2Memory })},
	{"trusted-proxies", "", "none", "CIDRs, comma between, whose X-Forwarded-For counts",
		trustedProxies},
	{"exit-url", "", "a page of its own", "where “Exit this page” leads to, as https://host/path",
		exitURL},
	{"debug-listen", "", "off", "loopback address of pprof and metrics, as host:port",
		debugListen},
}

func (s setting) variable() string {
	return "MAYFLY_" + strings.ToUpper(strings.ReplaceAll(s.name, "-", "_"))
}

// unset is the default as the tables show it.
func (s setting) unset() string {
	if s.value == "" {
		return s.shown
	}
	return s.value
}

// Parse reads the settings from args (without the program's name), from the
// environment where a flag is absent, or else from their defaults. An empty
// variable counts as absent. The error is one sentence for whoever starts the
// server. With -h Parse prints every setting to out and returns flag.ErrHelp.
func Parse(args []string, getenv func(string) string, out io.Writer) (Config, error) {
	flags := flag.NewFlagSet("mayfly", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	given := map[string]string{}
	for _, s := range settings {
		flags.Func(s.name, s.meaning, func(value string) error {
			given[s.name] = value
			return nil
		})
	}
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help(out)
		return Config{}, err
	case err != nil:
		return Config{}, fmt.Errorf("%w; mayfly -h lists every setting", err)
	case flags.NArg() > 0:
		return Config{}, fmt.Errorf("unexpected argument %q; mayfly -h lists every setting", flags.Arg(0))
	}

	var c Config
	for _, s := range settings {
		source, value := "default of -"+s.name, s.value
		if v := getenv(s.variable()); v != "" {
			source, value = "environment variable "+s.variable(), v
		}
		if v, ok := given[s.name]; ok {
			source, value = "flag -"+s.name, v
		}
		if err := s.parse(&c, value); err != nil {
			return Config{}, fmt.Errorf("%s: %w", source, err)
		}
	}
	return c, nil
}

// Table writes the settings as a Markdown table.
func Table(w io.Writer) {
	fmt.Fprint(w, "| flag | default | meaning | environment variable |\n|---|---|---|---|\n")
	for _, s := range settings {
		fmt.Fprintf(w, "| `-%s` | %s | %s | `%s` |\n", s.name, s.unset(), s.meaning, s.variable())
	}
}

func help(out io.Writer) {
	fmt.Fprint(out, `Mayfly serves chatrooms that leave nothing behind.

  mayfly [flags]               serve until interrupted
  mayfly healthcheck [flags]   ask the server with these flags whether it serves

A flag wins over its environment variable; an empty variable counts as not set.

`)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "FLAG\tDEFAULT\tMEANING\tENVIRONMENT VARIABLE")
	for _, s := range settings {
		fmt.Fprintf(table, "-%s\t%s\t%s\t%s\n", s.name, s.unset(), s.meaning, s.variable())
	}
	table.Flush()
}
