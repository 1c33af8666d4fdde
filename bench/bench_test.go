package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary be what else this program can be, in a process of
// its own.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && references[os.Args[1]] != nil || len(os.Args) == 3 && os.Args[1] == hashMode {
		main()
	}
	os.Exit(m.Run())
}

// TestEveryScenario runs all of them with few people for a moment. A scenario
// fails if a message is lost, doubled or out of order; how long anything took is
// not looked at.
func TestEveryScenario(t *testing.T) {
	if _, err := residentBytes(os.Getpid()); err != nil {
		t.Skip("figures come from Linux's /proc: ", err)
	}
	program, err := build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	tiny := bench{
		rounds:   1,
		window:   100 * time.Millisecond,
		servers:  []string{"mayfly", "hub", "floor"},
		mayfly:   program,
		loads:    []load{{3, 8}, {5, 1}},
		rooms:    2,
		idle:     30,
		absences: []absence{{100, 50 * time.Millisecond, 3}, {50, 200 * time.Millisecond, 1}},
		joins:    3,
		argon2:   leastArgon2,
		log:      io.Discard,
	}
	want := map[string][]string{ // rows of each table
		"fanout":  {"3 | 8, mayfly; 3 | 8, hub; 3 | 8, floor; 5 | 1, mayfly; 5 | 1, hub; 5 | 1, floor"},
		"rooms":   {", mayfly; , hub; , floor"},
		"idle":    {", mayfly; , hub; , floor"},
		"stalled": {", mayfly; , hub; , floor"},
		"resume":  {"100 | 50ms | 3, mayfly; 50 | 200ms | 1, mayfly"},
		"joins":   {"join, mayfly; bare Argon2id, mayfly; session resume, mayfly; session resume, hub; session resume, floor", ", mayfly; , floor"},
	}
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath("ss"); err != nil && s.name == "stalled" {
				t.Skip("needs ss: ", err)
			}
			b := tiny
			tables, err := s.run(&b, t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, table := range tables {
				var rows []string
				for _, r := range table.rows {
					rows = append(rows, r.name+", "+r.server)
					for _, figures := range r.rounds {
						if len(r.rounds) != 1 || len(figures) != len(table.figures) {
							t.Errorf("%s: %v, want one round of %d figures", r.server, r.rounds, len(table.figures))
						}
					}
				}
				got = append(got, strings.Join(rows, "; "))
			}
			if !slices.Equal(got, want[s.name]) {
				t.Errorf("rows %q, want %q", got, want[s.name])
			}
			if s.name == "resume" {
				for _, r := range tables[0].rows {
					if sent, read := r.median(0), r.median(1); sent == 0 || read != sent {
						t.Errorf("%s: read %v of %v", r.name, read, sent)
					}
				}
			}
		})
	}
}

// TestTheGeneratorNoticesWhatIsWrong: a check that cannot fail proves nothing.
func TestTheGeneratorNoticesWhatIsWrong(t *testing.T) {
	const (
		one   = `{"type":"message","seq":1,"id":"0-0-5","from":"x","html":"a"}` + "\n"
		two   = `{"type":"message","seq":2,"id":"1-0-5","from":"y","html":"b"}` + "\n"
		early = `{"type":"message","seq":1,"id":"1-0-5","from":"y","html":"b"}` + "\n"
		late  = `{"type":"message","seq":2,"id":"0-0-5","from":"x","html":"a"}` + "\n"
	)
	for _, c := range []struct {
		name, first, second string // what two people read, of whom each has said one thing
		ok                  bool
	}{
		{"all is well", one + two, one + two, true},
		{"one is missing", one + two, one, false},
		{"one is doubled", one + two, one + one + two, false},
		{"another order", one + two, early + late, false},
		{"a gap", one + two, one + two + `{"type":"gap","seq":3,"missed":1}` + "\n", false},
		{"a refusal", one + two, one + two + `{"type":"refused","id":"1-0-5","reason":"too-fast"}` + "\n", false},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		room := []*person{
			{server: &server{kind: kinds["mayfly"]}, number: 0, sent: 1},
			{server: &server{kind: kinds["mayfly"]}, number: 1, sent: 1},
		}
		for i, lines := range []string{c.first, c.second} {
			room[i].hear([]byte(lines), nil)
		}
		if err := arrivedIn(ctx, room, room); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
		cancel()
	}
}

// TestALinkReadsFramesOfAnySize, however they arrive.
func TestALinkReadsFramesOfAnySize(t *testing.T) {
	var stream []byte
	var want []string
	for _, n := range []int{1, 125, 126, 4000, 0xffff, 0x10000} {
		text := strings.Repeat("x", n-1) + "\n"
		want = append(want, text)
		frame := appendFrame(nil, frameText, []byte(text))
		head := len(frame) - n - 4 // a server does not mask
		frame[1] &^= 0x80
		stream = slices.Concat(stream, frame[:head], frame[head+4:])
		stream = append(stream, framePong, 0)
	}
	stream = append(stream, frameClose, 2, 0x0f, 0xa0)
	for _, chunk := range []int{7, 1000, len(stream)} {
		client, server := net.Pipe()
		go func() {
			for part := range slices.Chunk(stream, chunk) {
				server.Write(part)
			}
		}()
		l := &link{conn: client, websocket: true, buf: make([]byte, linkBytes)}
		for i, text := range want {
			if got, err := l.receive(); err != nil || !bytes.Equal(got, []byte(text)) {
				t.Errorf("chunks of %d: frame %d is %d bytes, %v", chunk, i, len(got), err)
			}
		}
		if _, err := l.receive(); err != closedError(4000) {
			t.Errorf("chunks of %d: %v", chunk, err)
		}
		client.Close()
	}
}

func TestATableShowsMediansAndRatiosOfRounds(t *testing.T) {
	table := &table{title: "T", cases: []string{"n"}, figures: []figure{{"µs", true}, {"more", false}}, against: []string{"hub"}}
	for round, neighbours := range []float64{1, 10, 2} {
		table.add("7", "mayfly", neighbours*1, float64(round))
		table.add("7", "hub", neighbours*4, 1000)
	}
	var out strings.Builder
	table.print(&out)
	want := "\nT\n\n| n | server | µs | × hub | more |\n|---|---|---:|---:|---:|\n" +
		"| 7 | mayfly | 2 | 0.250 | 1 |\n| 7 | hub | 8 | 1 | 1000 |\n"
	if out.String() != want {
		t.Errorf("printed %s, want %s", out.String(), want)
	}
}

func TestItSaysWhatItDoesNotKnow(t *testing.T) {
	for _, args := range [][]string{{"fan"}, {"-servers", "mayfly,niltalk"}, {"-colour"}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
