package web

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// TestFramesNeverMix: a reader that is slow to read large messages and pings all
// the time gets every message in order, every pong, and nothing in between.
func TestFramesNeverMix(t *testing.T) {
	t.Parallel()
	const count, size = 100, 12 << 10
	_, bob, anas, bobs := two(t, smallBuffers)
	bobs.ws.CloseNow()
	w := bob.raw()
	w.conn.(*net.TCPConn).SetReadBuffer(32 << 10)
	go func() {
		for i := range count {
			anas.say(sendObject(fmt.Sprint(i), strings.Repeat(fmt.Sprint(i%10), size)))
			anas.expect("message")
			if _, err := w.conn.Write(frameBytes(true, opPing, fmt.Append(nil, "ping ", i))); err != nil {
				return
			}
		}
	}()
	messages, pongs := 0, 0
	for messages < count || pongs < count {
		op, payload, err := w.read()
		if err != nil {
			t.Fatalf("after %d messages and %d pongs: %v", messages, pongs, err)
		}
		switch op {
		case opPong:
			if want := fmt.Sprint("ping ", pongs); string(payload) != want {
				t.Fatalf("pong %q, want %q", payload, want)
			}
			pongs++
		case opText:
			for line := range bytes.Lines(payload) {
				o := decode(t, line)
				if o.text("type") != "message" {
					continue
				}
				if want := strings.Repeat(fmt.Sprint(messages%10), size); o.text("html") != want || o.text("id") != fmt.Sprint(messages) {
					t.Fatalf("message %s instead of %d", o.text("id"), messages)
				}
				messages++
			}
			time.Sleep(time.Millisecond)
		case opPing:
		default:
			t.Fatalf("opcode %d", op)
		}
	}
}

// TestWhatComesWithTheHandshakeIsHeard: a browser need not wait for the answer
// before it speaks; net/http has read some of it by then.
func TestWhatComesWithTheHandshakeIsHeard(t *testing.T) {
	ana, bob, anas, bobs := two(t)
	bobs.ws.CloseNow()
	conn, err := bob.s.dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var hello bytes.Buffer
	fmt.Fprintf(&hello, "GET %s/ws HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nCookie: mayfly=%s\r\n\r\n",
		bob.path, bob.s.host, bob.cookie(bob.path))
	for i := range 50 { // more than one read of any buffer in between
		hello.Write(frameBytes(true, opText, []byte(sendObject(fmt.Sprint(i), strings.Repeat("early ", 20)))))
	}
	if _, err := conn.Write(hello.Bytes()); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if o := anas.expect("message"); o.text("id") != fmt.Sprint(i) {
			t.Fatalf("message %s instead of %d", o.text("id"), i)
		}
	}
	ana.get(ana.path).want(t, http.StatusOK)
}

// TestFramesInAnyPieces: answers to pings, whole and torn, alone and before what
// is said, change nothing about it.
func TestFramesInAnyPieces(t *testing.T) {
	t.Parallel()
	_, bob, anas, bobs := two(t)
	bobs.ws.CloseNow()
	w := bob.raw()
	id := 0
	for _, piece := range []int{1, 2, 5, 6, 7, 131, readBuffer - 1, readBuffer, readBuffer + 1, 1 << 20} {
		var said bytes.Buffer
		first := id
		for _, payload := range []int{0, 1, 124, controlPayload} {
			pong := frameBytes(true, opPong, bytes.Repeat([]byte("p"), payload))
			said.Write(pong)
			said.Write(pong)
			said.Write(frameBytes(true, opText, []byte(sendObject(fmt.Sprint(id), strings.Repeat("x", payload+1)))))
			said.Write(pong)
			id++
		}
		for all := said.Bytes(); len(all) > 0; {
			n := min(piece, len(all))
			w.write(all[:n])
			all = all[n:]
			if piece <= 7 {
				time.Sleep(100 * time.Microsecond) // so that it arrives by itself, as a rule
			}
		}
		for i := first; i < id; i++ {
			if o := anas.expect("message"); o.text("id") != fmt.Sprint(i) {
				t.Fatalf("pieces of %d bytes: message %s instead of %d", piece, o.text("id"), i)
			}
		}
	}
}

// TestWrongAnswers: a pong that is none ends the connection, as any wrong frame does.
func TestWrongAnswers(t *testing.T) {
	t.Parallel()
	pong := func(length int) []byte { return frameBytes(true, opPong, make([]byte, length)) }
	for name, wrong := range map[string][]byte{
		"longer than a control frame": pong(controlPayload + 1),
		"without a mask":              {framePong, 0},
		"in two":                      frameBytes(false, opPong, nil),
		"with a reserved bit":         append([]byte{framePong | 0x40}, pong(0)[1:]...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, bob, anas, bobs := two(t)
			bobs.ws.CloseNow()
			w := bob.raw()
			w.until(opText, "welcome")
			w.write(wrong)
			if code := w.code(); !slices.Contains([]int{0, int(websocket.StatusProtocolError), closeProtocol}, code) {
				t.Errorf("closed with %d", code)
			}
			anas.say(sendObject("1", "still here"))
			anas.expect("message")
		})
	}
}

// TestPurgeInMidFrame: who is in the middle of saying something when the room is
// purged is told so, and gone soon.
func TestPurgeInMidFrame(t *testing.T) {
	t.Parallel()
	ana, bob, _, bobs := two(t)
	bobs.ws.CloseNow()
	w := bob.raw()
	w.until(opText, "welcome")
	half := frameBytes(true, opText, []byte(sendObject("1", "never finished")))
	w.write(half[:len(half)/2])
	ana.post(ana.path + "/purge")
	w.until(opText, "purged")
	began := time.Now()
	w.code()
	if took := time.Since(began); took > endedWait+3*closeWait {
		t.Errorf("gone after %v", took)
	}
}

func TestSealedFramesHaveTheShortestHeader(t *testing.T) {
	for n, want := range map[int]string{
		0: "\x81\x00", 1: "\x81\x01", 125: "\x81\x7d", 126: "\x81\x7e\x00\x7e", 65535: "\x81\x7e\xff\xff",
		65536: "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00",
	} {
		payload := strings.Repeat("x", n)
		if got := string(textFrame([]byte(payload))); got != want+payload {
			t.Errorf("%d bytes: header %q", n, got[:len(got)-n])
		}
	}
}

// FuzzParseAck: the short way reads an ack as package json would, or not at all.
func FuzzParseAck(f *testing.F) {
	for _, seed := range []string{`1`, `0`, `00`, `9007199254740991`, `99999999999999999`, `-1`, `1.5`, `1e3`, ``, ` 1`, `1,"seq":2`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seq string) {
		line := []byte(`{"type":"ack","seq":` + seq + `}`)
		o, ok := parseAck(line)
		if !ok {
			return
		}
		// A blank before the end keeps it from the short way.
		slow, err := parseObject(append(line[:len(line)-1:len(line)-1], " }"...))
		if err != nil || slow != o {
			t.Errorf("%s: %+v, but package json says %+v, %v", line, o, slow, err)
		}
	})
}

// FuzzParseSend: the same of a send.
func FuzzParseSend(f *testing.F) {
	for _, seed := range []string{`a","html":"hello`, `a","html":"`, `a","html":"x","to":"y`, `a","html":"\u0041`, `a b","html":"x`, "a\",\"html\":\"\t", `a","html":"ä","html":"`, `a"}{"`, `a","html":"x","id":"b`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, rest string) {
		line := []byte(`{"type":"send","id":"` + rest + `"}`)
		o, ok := parseSend(line)
		if !ok || !utf8.ValidString(rest) { // which a frame is, or it does not come here
			return
		}
		slow, err := parseObject(append(line[:len(line)-1:len(line)-1], " }"...))
		if err != nil || slow != o {
			t.Errorf("%s: %+v, but package json says %+v, %v", line, o, slow, err)
		}
	})
}
