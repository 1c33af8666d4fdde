package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// weighed is what a visit costs: every answer with its headers, as it came over
// the wire.
type weighed struct {
	mu      sync.Mutex
	address map[network.RequestID]string // of answers that are still coming
	answers []string
	bytes   float64
}

// weighs begins to weigh what a person's browser is answered.
func (p *person) weighs() *weighed {
	p.t.Helper()
	w := &weighed{address: map[network.RequestID]string{}}
	if err := chromedp.Listen(p.ctx, w.note); err != nil {
		p.t.Fatal(err)
	}
	return w
}

func (w *weighed) note(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "data:") {
			w.address[e.RequestID] = e.Request.URL
		}
	case *network.EventLoadingFinished:
		if address := w.address[e.RequestID]; address != "" {
			delete(w.address, e.RequestID)
			w.bytes += e.EncodedDataLength
			w.answers = append(w.answers, fmt.Sprintf("%s: %.0f bytes", address, e.EncodedDataLength))
		}
	}
}

// atMost checks the weight once everything has come.
func (w *weighed) atMost(t *testing.T, bytes float64, requests int) {
	t.Helper()
	waitFor(t, "all answers", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.address) == 0
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	t.Logf("%.0f bytes: %s", w.bytes, strings.Join(w.answers, ", "))
	if w.bytes > bytes || len(w.answers) > requests || len(w.answers) == 0 {
		t.Errorf("%.0f bytes in %d requests, want at most %.0f in %d: %s", w.bytes, len(w.answers), bytes, requests, strings.Join(w.answers, ", "))
	}
}

// TestPagesAreLight: a first visit, with nothing in the browser's cache, is quick
// over a slow line, also where browsers take gzip alone.
func TestPagesAreLight(t *testing.T) {
	t.Parallel()
	eachOrigin(t, func(t *testing.T, s *server, origin string) {
		ana := phone(t, "Ana")
		first := ana.weighs()
		ana.open(origin + "/")
		first.atMost(t, 14<<10, 3)

		bob := phone(t, "Bob")
		link := bob.admitted(origin+"/rooms", "room", "Harvest")
		room := bob.weighs()
		bob.open(link)
		bob.connected()
		room.atMost(t, 24<<10, 3)
	})
}
