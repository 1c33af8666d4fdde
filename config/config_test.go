package config

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

type env map[string]string

func (e env) get(name string) string { return e[name] }

func parse(args ...string) (Config, error) {
	return Parse(args, env{}.get, io.Discard)
}

func mustParse(t *testing.T, e env, args ...string) Config {
	t.Helper()
	c, err := Parse(args, e.get, io.Discard)
	if err != nil {
		t.Fatalf("Parse(%q): %v", args, err)
	}
	return c
}

// TestDefaultsAreTheDocumentedOnes names every setting of docs/design.md,
// section 7.
func TestDefaultsAreTheDocumentedOnes(t *testing.T) {
	want := Config{
		Listen:          ":8080",
		BaseURL:         nil,
		Lifetime:        60 * time.Minute,
		MaxRooms:        1000,
		MaxParticipants: 200,
		MaxConnections:  5000,
		MessageBytes:    16384,
		MessageRate:     5,
		JoinRate:        10,
		Argon2Memory:    19456,
		TrustedProxies:  nil,
		ExitURL:         nil,
		DebugListen:     "",
	}
	if got := mustParse(t, env{}); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}

	var names []string
	for _, s := range settings {
		names = append(names, s.name)
	}
	wantNames := []string{"listen", "base-url", "lifetime", "max-rooms", "max-participants", "max-connections",
		"message-bytes", "message-rate", "join-rate", "argon2-memory", "trusted-proxies", "exit-url", "debug-listen"}
	if !reflect.DeepEqual(names, wantNames) {
		t.Errorf("settings are\n%q, want\n%q", names, wantNames)
	}
}

// others has for every setting a value that is not its default, and a second
// one.
var others = []struct{ flag, variable, value, second string }{
	{"-listen", "MAYFLY_LISTEN", "127.0.0.1:1", "127.0.0.1:2"},
	{"-base-url", "MAYFLY_BASE_URL", "https://a.example", "https://b.example"},
	{"-lifetime", "MAYFLY_LIFETIME", "10m", "20m"},
	{"-max-rooms", "MAYFLY_MAX_ROOMS", "7", "8"},
	{"-max-participants", "MAYFLY_MAX_PARTICIPANTS", "7", "8"},
	{"-max-connections", "MAYFLY_MAX_CONNECTIONS", "7", "8"},
	{"-message-bytes", "MAYFLY_MESSAGE_BYTES", "700", "800"},
	{"-message-rate", "MAYFLY_MESSAGE_RATE", "7", "8"},
	{"-join-rate", "MAYFLY_JOIN_RATE", "7", "8"},
	{"-argon2-memory", "MAYFLY_ARGON2_MEMORY", "7000", "8000"},
	{"-trusted-proxies", "MAYFLY_TRUSTED_PROXIES", "10.0.0.0/8", "fd00::/8"},
	{"-exit-url", "MAYFLY_EXIT_URL", "https://a.example/weather", "https://b.example"},
	{"-debug-listen", "MAYFLY_DEBUG_LISTEN", "127.0.0.1:1", "127.0.0.1:2"},
}

func TestFlagWinsOverVariable(t *testing.T) {
	if len(others) != len(settings) {
		t.Fatalf("the test knows %d settings, there are %d", len(others), len(settings))
	}
	defaults := mustParse(t, env{})
	for _, o := range others {
		byFlag := mustParse(t, env{}, o.flag, o.value)
		byVariable := mustParse(t, env{o.variable: o.value})
		second := mustParse(t, env{o.variable: o.second})
		both := mustParse(t, env{o.variable: o.second}, o.flag, o.value)
		switch {
		case reflect.DeepEqual(byFlag, defaults):
			t.Errorf("%s %s changes nothing", o.flag, o.value)
		case !reflect.DeepEqual(byVariable, byFlag):
			t.Errorf("%s=%s is not %s %s", o.variable, o.value, o.flag, o.value)
		case reflect.DeepEqual(second, byFlag):
			t.Errorf("%s: %s and %s are the same", o.flag, o.value, o.second)
		case !reflect.DeepEqual(both, byFlag):
			t.Errorf("%s=%s wins over %s %s", o.variable, o.second, o.flag, o.value)
		}
	}
}

// TestEmptyFlagSwitchesOff even if the environment switches on; an empty
// variable is no variable.
func TestEmptyFlagSwitchesOff(t *testing.T) {
	on := env{"MAYFLY_BASE_URL": "https://a.example", "MAYFLY_TRUSTED_PROXIES": "10.0.0.0/8", "MAYFLY_DEBUG_LISTEN": "[::1]:0"}
	c := mustParse(t, on, "-base-url=", "-trusted-proxies=", "-debug-listen=")
	if !reflect.DeepEqual(c, mustParse(t, env{})) {
		t.Errorf("got %+v, want the defaults", c)
	}
	mustParse(t, env{"MAYFLY_MAX_ROOMS": ""})
}

func TestBounds(t *testing.T) {
	tests := []struct {
		flag      string
		low, high int64
		get       func(Config) int64
	}{
		{"-max-rooms", 1, 100_000, func(c Config) int64 { return int64(c.MaxRooms) }},
		{"-max-participants", 1, 10_000, func(c Config) int64 { return int64(c.MaxParticipants) }},
		{"-max-connections", 1, 100_000, func(c Config) int64 { return int64(c.MaxConnections) }},
		{"-message-bytes", 256, 65_536, func(c Config) int64 { return int64(c.MessageBytes) }},
		{"-message-rate", 0, 1000, func(c Config) int64 { return int64(c.MessageRate) }},
		{"-join-rate", 0, 1000, func(c Config) int64 { return int64(c.JoinRate) }},
		{"-argon2-memory", 1024, 1 << 20, func(c Config) int64 { return int64(c.Argon2Memory) }},
	}
	for _, tt := range tests {
		for _, n := range []int64{tt.low - 1, tt.low, tt.low + 1, tt.high - 1, tt.high, tt.high + 1} {
			c, err := parse(fmt.Sprintf("%s=%d", tt.flag, n))
			allowed := tt.low <= n && n <= tt.high
			switch {
			case allowed && err != nil:
				t.Errorf("%s=%d: %v", tt.flag, n, err)
			case allowed && tt.get(c) != n:
				t.Errorf("%s=%d gives %d", tt.flag, n, tt.get(c))
			case !allowed && err == nil:
				t.Errorf("%s=%d is accepted", tt.flag, n)
			}
		}
	}
}

func TestLifetimeBounds(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"59.999999999s": 0, "1m": time.Minute, "1m0.000000001s": time.Minute + 1,
		"59m59.999999999s": time.Hour - 1, "60m": time.Hour, "1h": time.Hour, "60m0.000000001s": 0,
		"0": 0, "-5m": 0, "60": 0, "5 minutes": 0,
	} {
		c, err := parse("-lifetime", value)
		if (err == nil) != (want > 0) || c.Lifetime != want {
			t.Errorf("-lifetime %s gives %v, %v; want %v", value, c.Lifetime, err, want)
		}
	}
}

func TestListen(t *testing.T) {
	for _, value := range []string{":8080", "127.0.0.1:8080", "[::1]:0", "[::]:80", "[fe80::1%eth0]:80", "localhost:8080",
		"my-host.example:65535"} {
		if c := mustParse(t, env{}, "-listen", value); c.Listen != value {
			t.Errorf("-listen %s gives %q", value, c.Listen)
		}
	}
	for _, value := range []string{"", "8080", "localhost", "127.0.0.1", "::1:80", "[::1]", ":65536", ":-1", ":http", ":",
		"http://localhost:80", "*:80", "a b:80", "[::g]:80", "/tmp/socket"} {
		if _, err := parse("-listen", value); err == nil {
			t.Errorf("-listen %q is accepted", value)
		}
	}
}

func TestDebugListenIsLoopbackOnly(t *testing.T) {
	for _, value := range []string{"127.0.0.1:6060", "127.1.2.3:0", "[::1]:6060", "localhost:6060"} {
		if c := mustParse(t, env{}, "-debug-listen", value); c.DebugListen != value {
			t.Errorf("-debug-listen %s gives %q", value, c.DebugListen)
		}
	}
	for _, value := range []string{":6060", "0.0.0.0:6060", "[::]:6060", "126.255.255.255:1", "128.0.0.1:1", "10.0.0.1:1",
		"[::2]:1", "localhost.example:1", "notlocalhost:1", "127.0.0.1", "127.0.0.1:65536"} {
		if _, err := parse("-debug-listen", value); err == nil {
			t.Errorf("-debug-listen %q is accepted", value)
		}
	}
}

func TestBaseURL(t *testing.T) {
	for value, want := range map[string]string{
		"https://chat.example.org":       "https://chat.example.org",
		"https://chat.example.org/":      "https://chat.example.org",
		"HTTPS://Chat.Example.org:8443/": "https://chat.example.org:8443",
		"http://192.168.1.5:8080":        "http://192.168.1.5:8080",
		"http://[fd00::1]":               "http://[fd00::1]",
		"http://[fd00::1]:1":             "http://[fd00::1]:1",
		"http://a.example:65535":         "http://a.example:65535",
	} {
		if c := mustParse(t, env{}, "-base-url", value); c.BaseURL.String() != want {
			t.Errorf("-base-url %s gives %s, want %s", value, c.BaseURL, want)
		}
	}
	for _, value := range []string{"chat.example.org", "//chat.example.org", "chat.example.org:8080", "ftp://a.example",
		"https://", "https:a.example", "https://:8080", "https://a.example/chat", "https://a.example//", "https://a.example?",
		"https://a.example/?x=1", "https://a.example#", "https://user@a.example", "https://a.example:0",
		"https://a.example:65536", "https://a.example:", "https://[::1]:", "https://a.example:http", "https://a b", " https://a.example"} {
		if _, err := parse("-base-url", value); err == nil {
			t.Errorf("-base-url %q is accepted", value)
		}
	}
}

func TestExitURL(t *testing.T) {
	for _, value := range []string{"https://www.bbc.com/weather?x=1#now", "http://10.0.0.1:8080", "https://example.org"} {
		if c := mustParse(t, env{}, "-exit-url", value); c.ExitURL.String() != value {
			t.Errorf("-exit-url %s gives %s", value, c.ExitURL)
		}
	}
	for _, value := range []string{"www.bbc.com", "//www.bbc.com", "javascript:alert(1)", "https://", "https:///weather",
		"https://user@a.example", "https://a b", "/weather"} {
		if _, err := parse("-exit-url", value); err == nil {
			t.Errorf("-exit-url %q is accepted", value)
		}
	}
}

func TestTrustedProxies(t *testing.T) {
	c := mustParse(t, env{}, "-trusted-proxies", "10.1.2.3/8, 127.0.0.1,::1/128,fd00::/8,172.16.0.0/1")
	var want []netip.Prefix
	for _, s := range []string{"10.0.0.0/8", "127.0.0.1/32", "::1/128", "fd00::/8", "128.0.0.0/1"} {
		want = append(want, netip.MustParsePrefix(s))
	}
	if !reflect.DeepEqual(c.TrustedProxies, want) {
		t.Errorf("got %v, want %v", c.TrustedProxies, want)
	}
	for _, value := range []string{"10.0.0.0/33", "::/129", "0.0.0.0/0", "::/0", "10.0.0.0/8,", ",", " ", "proxy", "10.0.0.0/8;::1",
		"::ffff:10.0.0.0/104", "::ffff:10.0.0.1", "fe80::1%eth0"} {
		if _, err := parse("-trusted-proxies", value); err == nil {
			t.Errorf("-trusted-proxies %q is accepted", value)
		}
	}
}

func TestErrorsAreOneSentenceThatNamesTheSetting(t *testing.T) {
	tests := []struct {
		args []string
		env  env
		want string
	}{
		{args: []string{"-max-rooms", "0"},
			want: `flag -max-rooms: 0 is too small; allowed are whole numbers from 1 to 100000`},
		{env: env{"MAYFLY_MAX_ROOMS": "100001"},
			want: `environment variable MAYFLY_MAX_ROOMS: 100001 is too large; allowed are whole numbers from 1 to 100000`},
		{args: []string{"-argon2-memory", "19M"},
			want: `flag -argon2-memory: "19M" is not a whole number; allowed are whole numbers from 1024 to 1048576`},
		{args: []string{"-max-rooms="},
			want: `flag -max-rooms: "" is not a whole number; allowed are whole numbers from 1 to 100000`},
		{args: []string{"-max-rooms", "99999999999999999999"},
			want: `flag -max-rooms: "99999999999999999999" is not a whole number; allowed are whole numbers from 1 to 100000`},
		{env: env{"MAYFLY_LIFETIME": "2h"},
			want: `environment variable MAYFLY_LIFETIME: 2h is too long; allowed are 1m to 60m`},
		{args: []string{"-lifetime", "30"},
			want: `flag -lifetime: "30" is not a duration such as 45m; allowed are 1m to 60m`},
		{args: []string{"-listen", "8080"},
			want: `flag -listen: "8080" is not an address with a port; allowed is [host]:port, such as :8080 or 127.0.0.1:8080`},
		{args: []string{"-debug-listen", ":6060"},
			want: `flag -debug-listen: ":6060" can be reached from other computers; allowed is a loopback address with a port, such as 127.0.0.1:6060`},
		{args: []string{"-base-url", "chat.example.org"},
			want: `flag -base-url: "chat.example.org" does not start with http:// or https://; allowed is http:// or https:// and a host, such as https://chat.example.org`},
		{env: env{"MAYFLY_TRUSTED_PROXIES": "::1,0.0.0.0/0"},
			want: `environment variable MAYFLY_TRUSTED_PROXIES: "0.0.0.0/0" trusts everybody, so any visitor could name a false source; allowed are CIDRs with commas between, such as 127.0.0.1/32,::1/128`},
		{args: []string{"-rooms", "5"},
			want: `flag provided but not defined: -rooms; mayfly -h lists every setting`},
		{args: []string{"-max-rooms"},
			want: `flag needs an argument: -max-rooms; mayfly -h lists every setting`},
		{args: []string{"-max-rooms", "5", "serve", "-h"},
			want: `unexpected argument "serve"; mayfly -h lists every setting`},
	}
	for _, tt := range tests {
		var out bytes.Buffer
		_, err := Parse(tt.args, tt.env.get, &out)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%q %q:\ngot  %v\nwant %s", tt.args, tt.env, err, tt.want)
		}
		if out.Len() > 0 {
			t.Errorf("%q printed %q beside the error", tt.args, out.String())
		}
	}
}

// A wrong variable matters only while no flag wins over it.
func TestFlagHidesAWrongVariable(t *testing.T) {
	if c := mustParse(t, env{"MAYFLY_MAX_ROOMS": "many"}, "-max-rooms", "3"); c.MaxRooms != 3 {
		t.Errorf("MaxRooms = %d, want 3", c.MaxRooms)
	}
}

func TestHelpShowsEverySetting(t *testing.T) {
	for _, arg := range []string{"-h", "--help"} {
		var out bytes.Buffer
		_, err := Parse([]string{arg}, env{"MAYFLY_MAX_ROOMS": "many"}.get, &out)
		if !errors.Is(err, flag.ErrHelp) {
			t.Errorf("%s: err = %v, want flag.ErrHelp", arg, err)
		}
		lines := strings.Split(out.String(), "\n")
		for _, s := range settings {
			if !containsLine(lines, "-"+s.name+" ", " "+s.unset()+" ", s.meaning, s.variable()) {
				t.Errorf("%s has no line for %s:\n%s", arg, s.name, out.String())
			}
		}
	}
}

func containsLine(lines []string, parts ...string) bool {
	for _, line := range lines {
		all := true
		for _, p := range parts {
			all = all && strings.Contains(line, p)
		}
		if all {
			return true
		}
	}
	return false
}

func TestTableIsMarkdown(t *testing.T) {
	var out bytes.Buffer
	Table(&out)
	want := "| `-max-rooms` | 1000 | rooms at once, 1 to 100000 | `MAYFLY_MAX_ROOMS` |\n"
	if !strings.Contains(out.String(), want) {
		t.Errorf("no line\n%s in\n%s", want, out.String())
	}
}

// TestMeaningsNameTheBounds keeps the words of the tables and the checks
// together.
func TestMeaningsNameTheBounds(t *testing.T) {
	for _, s := range settings {
		_, err := parse("-"+s.name, "-1")
		if err == nil {
			t.Errorf("-%s=-1 is accepted", s.name)
			continue
		}
		_, allowed, isNumber := strings.Cut(err.Error(), "whole numbers from ")
		meaning := strings.Replace(s.meaning, "0 (no limit)", "0", 1)
		if isNumber && !strings.Contains(meaning, allowed) {
			t.Errorf("-%s is said to be %q, but allowed is %q", s.name, s.meaning, allowed)
		}
	}
}
