package e2e

import (
	"testing"
	"time"
)

func TestZZDebug(t *testing.T) {
	s := newServer(t, nil)
	ana := desktop(t, "Ana")
	link := ana.opens(s.local())
	bob := s.guest(link, "Bob")
	for n := 0; n < 3000; n += 500 {
		bob.says(numbered("word", n, n+500)...)
		for range 8 {
			time.Sleep(250 * time.Millisecond)
			t.Log(n, see[any](ana, `[[...document.querySelectorAll('.lines')].map((c) => c.childElementCount).join(' '), document.visibilityState, document.activeElement.tagName, getSelection().rangeCount, getSelection().anchorNode?.nodeName, document.querySelectorAll('[data-seq]').length]`))
		}
	}
}
