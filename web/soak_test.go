package web

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

var soakTime = flag.Duration("soak", 2*time.Second, "how long TestSoak goes on; make soak does it for longer")

const (
	soakRound   = 2 * time.Second
	soakWorkers = 16
	soakLife    = 5 * time.Second // of a room that nobody purges

	// soakHeap is by how much the heap may differ: receipts are kept for two
	// minutes, and pools have their own pace.
	soakHeap = 8 << 20
)

// TestSoak opens rooms at full speed, talks in them and ends them in every way.
// Afterwards the goroutines, descriptors and heap are what they were (P2, P7).
func TestSoak(t *testing.T) {
	s := newTestServer(t, func(set *setup) { set.limits.Lifetime = soakLife })
	goroutines := s.goroutines()
	var lives atomic.Int64
	round := func(t *testing.T) {
		t.Run("round", func(t *testing.T) {
			var workers sync.WaitGroup
			for range soakWorkers {
				workers.Go(func() {
					for end := time.Now().Add(soakRound); time.Now().Before(end) && !t.Failed(); {
						kind := int(lives.Add(1))
						t.Run("life", func(t *testing.T) { s.life(t, kind) })
					}
				})
			}
			workers.Wait()
		})
		nothingStays(t, s, goroutines)
		s.clients = nil
	}
	round(t) // after it all that stays for good is there
	descriptors, heap := openDescriptors(t), heapBytes()
	for end := time.Now().Add(*soakTime); time.Now().Before(end) && !t.Failed(); {
		round(t)
	}
	if now := openDescriptors(t); now > descriptors {
		t.Errorf("%d descriptors are open, %d before", now, descriptors)
	}
	if now := heapBytes(); now > heap+soakHeap {
		t.Errorf("%d bytes are in use, %d before", now, heap)
	}
	t.Logf("%d rooms", lives.Load())
}

// life is that of one room; kind says how it ends.
func (s *testServer) life(t *testing.T, kind int) {
	ana := s.person(t).create("Ana", "minutes", "")
	anas := ana.open()
	bob := s.person(t).join(ana.path, "Bob")
	bobs := bob.open()
	cy := s.person(t).join(ana.path, "Cy")
	cys := cy.open()
	for i := range 20 {
		anas.say(sendObject(fmt.Sprint("m", i), "hello <b>again</b>"), ackObject(anas.welcome.seq()))
		bobs.say(sendObject(fmt.Sprint("m", i), "and again"), `{"type":"typing"}`)
	}
	for range 40 {
		cys.expect("message")
	}
	open := []*tab{anas, bobs}
	switch kind % 4 {
	case 0:
		bob.post(bob.path+"/logout").want(t, http.StatusSeeOther)
		bobs.ended("logged-out", 4503)
		open = []*tab{anas, cys}
	case 1:
		cys.ws.CloseNow()
	case 2:
		cys.ws.Close(websocket.StatusNormalClosure, "")
	case 3:
		open = append(open, cys)
	}
	if kind%25 != 0 { // the others expire
		var purge sync.WaitGroup
		purge.Go(func() { ana.post(ana.path + "/purge") })
		defer purge.Wait()
	}
	for _, k := range open {
		k.over()
	}
}

// over waits for the end of the room, confirms it, and waits for the end of the
// connection. On a busy machine a room expires before it is purged.
func (k *tab) over() {
	k.t.Helper()
	o := k.next()
	for o.text("type") != "ended" {
		o = k.next()
	}
	if cause := o.text("cause"); cause != "purged" && cause != "expired" {
		k.t.Errorf("ended: %s", cause)
	}
	k.say(`{"type":"wiped"}`)
	k.code()
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil && runtime.GOOS == "linux" {
		t.Fatal(err)
	}
	return len(all)
}

// heapBytes is what is in use after what may go has gone.
func heapBytes() uint64 {
	var m runtime.MemStats
	for range 2 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
