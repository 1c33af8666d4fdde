// Package format turns what a person typed into the HTML that others see.
//
// A message passes five stages: lex decides what is a tag and what is text;
// builder nests the tags so that every parser reads the same tree; flow breaks
// lines and links addresses; x/net/html renders; and guard, a bluemonday
// policy, has the last word. What is allowed is said once, in elements.go, and
// both builder (through clean) and guard read it there.
package format

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

// ErrEmpty means that a reader would see nothing of the message.
var ErrEmpty = errors.New("nothing to show")

// ErrTooLong means that the source is over the limit, or its HTML over growth
// times the limit.
var ErrTooLong = errors.New("message too long")

const (
	// growth is how many times longer than the limit the HTML may be (design,
	// section 6). Honest text stays below 5: a line break is <br/>.
	growth = 8
	// maxDropped is how many names Result.Dropped holds at most: more than
	// anybody reads in a notice.
	maxDropped = 16
	// maxDroppedBytes is the longest name reported; HTML's longest attribute
	// name, shadowrootdelegatesfocus, has 24 bytes.
	maxDroppedBytes = 32
)

// Result is a formatted message.
type Result struct {
	// HTML is a fragment that is safe inside a <div>: every element in it is
	// listed and closed, nothing in it runs or loads by itself, and parsing
	// and rendering it again, or formatting it again, gives the same bytes.
	// It is at most 8 times the limit long.
	HTML string
	// Dropped names what was taken out: elements and attributes in lower
	// case, in order of appearance, each once, at most 16, each of them
	// [a-z0-9-]{1,32}. Replacing an element by today's is no drop.
	Dropped []string
}

// Message formats src, at most limitBytes of it. It is a pure function and
// takes any bytes. The error is ErrTooLong, or ErrEmpty with Result.Dropped
// still saying why nothing is left.
func Message(src string, limitBytes int) (Result, error) {
	if len(src) > limitBytes {
		return Result{}, ErrTooLong
	}
	if isPlain(src) {
		return plain(src, growth*limitBytes)
	}
	return formatted(src, growth*limitBytes)
}

// isPlain reports whether src means the same as text and as HTML, so that
// plain may stand in for formatted.
func isPlain(src string) bool {
	for _, r := range src {
		if r == '<' || r == '&' || r == unicode.ReplacementChar || unicode.IsControl(r) {
			return false
		}
	}
	return !strings.Contains(src, "://")
}

// plain is formatted for a source that isPlain, at a fraction of the cost.
func plain(src string, maxBytes int) (Result, error) {
	if !strings.ContainsFunc(src, isVisible) {
		return Result{}, ErrEmpty
	}
	out := html.EscapeString(strings.Trim(src, blanks))
	if len(out) > maxBytes {
		return Result{}, ErrTooLong
	}
	return Result{HTML: out}, nil
}

func formatted(src string, maxBytes int) (Result, error) {
	var dropped drops
	b := newBuilder(&dropped, maxBytes)
	b.read(lex(tidy(src), &dropped))
	if b.cloned > maxBytes {
		return Result{}, ErrTooLong
	}
	mend(b.root)
	flow(b.root)
	if !shows(b.root) {
		return Result{Dropped: dropped}, ErrEmpty
	}
	var out bytes.Buffer
	for c := range b.root.ChildNodes() {
		if err := html.Render(&out, c); err != nil {
			return Result{}, err // a void element with children: build makes none
		}
		if out.Len() > maxBytes {
			return Result{}, ErrTooLong
		}
	}
	return Result{HTML: guard.Sanitize(out.String()), Dropped: dropped}, nil
}

// tidy makes src valid UTF-8 with "\n" as its only line break and without
// other control characters than that and the tab.
func tidy(src string) string {
	src = strings.ToValidUTF8(src, string(unicode.ReplacementChar))
	src = strings.ReplaceAll(src, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case unicode.IsControl(r) && r != '\n' && r != '\t':
			return -1
		}
		return r
	}, src)
}

// drops collects Result.Dropped.
type drops []string

func (d *drops) add(name string) {
	if len(*d) == maxDropped || slices.Contains(*d, name) || len(name) > maxDroppedBytes {
		return
	}
	for _, c := range []byte(name) {
		if !isNameByte(c) && c != '-' {
			return
		}
	}
	*d = append(*d, name)
}
