package main

import (
	"net"
	"testing"
	"time"
)

// TestConnectionsBeyondTheLimitWait, and get their turn when one has ended.
func TestConnectionsBeyondTheLimitWait(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := newLimitListener(inner, 2)
	accepted := make(chan net.Conn)
	ended := make(chan error, 1)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				ended <- err
				return
			}
			accepted <- conn
		}
	}()
	for range 3 {
		conn, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	first := <-accepted
	<-accepted
	select {
	case <-accepted:
		t.Fatal("a third connection beyond a limit of two")
	case <-time.After(100 * time.Millisecond):
	}
	first.Close()
	first.Close() // frees one place, not two
	if _, ok := (<-accepted).(interface{ NetConn() net.Conn }).NetConn().(*net.TCPConn); !ok {
		t.Error("the connection below is hidden")
	}
	l.Close()
	if err := <-ended; err == nil {
		t.Error("accepting goes on")
	}
}
