package format

import (
	"strconv"
	"strings"
	"testing"
)

const benchLimit = 16384 // -message-bytes by default

func benchmark(b *testing.B, src string) {
	src = src[:min(len(src), benchLimit)]
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		Message(src, benchLimit)
	}
}

// On one core of the machine this was written on: 0.3 µs for the plain line,
// 26 µs for 16 KiB of it, 22 µs for the line with markup and 3.7 ms for 16 KiB
// of tags.
func BenchmarkPlainLine(b *testing.B) {
	benchmark(b, "Are you safe? I'm at the usual place until nine.")
}
func BenchmarkPlain16KiB(b *testing.B) { benchmark(b, strings.Repeat("plain words ", 2000)) }
func BenchmarkMarkupLine(b *testing.B) {
	benchmark(b, `I <b>mean</b> it: <a href="https://example.com/a">read this</a>`+"\nnow")
}
func BenchmarkTags16KiB(b *testing.B) {
	benchmark(b, strings.Repeat(`<p class="m-c-red">One <b>two</b> <i>three</i>`, 400))
}

// The slowest of worst() takes 12 ms on an idle core.
func BenchmarkWorst16KiB(b *testing.B) {
	for i, src := range worst() {
		b.Run(strconv.Itoa(i), func(b *testing.B) { benchmark(b, src) })
	}
}

// Twice the source is about twice the work, whatever it is. Work is counted in
// allocations: they do not depend on what else the machine does.
func TestNoMessageTakesMoreThanItsLength(t *testing.T) {
	for _, src := range worst() {
		work := func(src string) float64 {
			return testing.AllocsPerRun(1, func() { Message(src, 2*benchLimit) })
		}
		if once, twice := work(src), work(src+src); twice > 3*once {
			t.Errorf("%.40q…: %v allocations, %v for twice of it", src, once, twice)
		}
	}
}
