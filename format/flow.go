package format

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// blanks are the characters that HTML collapses; tidy leaves no others.
const blanks = " \t\n"

// flow writes the line breaks and the bare addresses in the text under root as
// <br> and <a>. Blanks at either end of a block mean nothing and are removed,
// and so is the line break that follows a typed <br>.
func flow(root *html.Node) {
	f := flower{fresh: true}
	f.walk(root, true)
	f.boundary()
}

// flower remembers, from left to right, what stands before the next text.
type flower struct {
	fresh bool         // a block has just begun or ended
	broke bool         // a <br> stands right before
	trail []*html.Node // blanks and line breaks since the last thing that shows
}

func (f *flower) walk(parent *html.Node, link bool) {
	for c := parent.FirstChild; c != nil; {
		next := c.NextSibling
		switch shape := elements[c.Data].shape; {
		case c.Type == html.TextNode:
			f.text(c, link)
		case c.DataAtom == atom.Pre:
			f.boundary()
		case shape&(block|tablePart) != 0:
			f.boundary()
			f.walk(c, link)
			f.boundary()
		case shape&void != 0:
			f.shown()
			f.broke = c.DataAtom == atom.Br
		default:
			f.walk(c, link && !isVerbatim(c))
			if isAlone(c) {
				f.shown()
			}
		}
		c = next
	}
}

// text puts the nodes that show n's text in its place.
func (f *flower) text(n *html.Node, link bool) {
	parent, s := n.Parent, n.Data
	put := func(nodes ...*html.Node) {
		for _, c := range nodes {
			parent.InsertBefore(c, n)
		}
	}
	defer parent.RemoveChild(n)

	if isComposite(parent) {
		s = strings.ReplaceAll(s, "\n", " ")
	}
	if f.fresh {
		s = strings.TrimLeft(s, blanks)
	}
	if s == "" {
		return
	}
	if rest, found := strings.CutPrefix(strings.TrimLeft(s, " \t"), "\n"); found && f.broke {
		s = rest
	}
	f.broke = false

	body := strings.TrimRight(s, blanks)
	for i, line := range strings.Split(body, "\n") {
		if i > 0 {
			put(newElement("br", nil))
		}
		if link {
			put(linked(line)...)
		} else {
			put(&html.Node{Type: html.TextNode, Data: line})
		}
	}
	if body != "" {
		f.shown()
	}
	for i, line := range strings.Split(s[len(body):], "\n") {
		if i > 0 {
			f.trail = append(f.trail, newElement("br", nil))
			put(f.trail[len(f.trail)-1])
		}
		f.trail = append(f.trail, &html.Node{Type: html.TextNode, Data: line})
		put(f.trail[len(f.trail)-1])
	}
}

// shown notes that something stands in the line.
func (f *flower) shown() {
	f.fresh, f.broke, f.trail = false, false, nil
}

// boundary notes that a block begins or ends.
func (f *flower) boundary() {
	for _, n := range f.trail {
		n.Parent.RemoveChild(n)
	}
	f.fresh, f.broke, f.trail = true, false, nil
}

// isVerbatim reports whether addresses in n stay as they are.
func isVerbatim(n *html.Node) bool {
	switch n.DataAtom {
	case atom.A, atom.Code, atom.Kbd, atom.Samp:
		return true
	}
	return false
}

// isComposite reports whether n is put together of parts, between which a line
// break only helps the writer.
func isComposite(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Audio, atom.Picture, atom.Ruby, atom.Video:
		return true
	}
	return false
}

// isAlone reports whether n shows even without text.
func isAlone(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Audio, atom.Hr, atom.Img, atom.Meter, atom.Progress, atom.Video:
		return true
	}
	return false
}

// shows reports whether a reader sees anything of n.
func shows(n *html.Node) bool {
	for c := range n.Descendants() {
		if isAlone(c) || c.Type == html.TextNode && strings.ContainsFunc(c.Data, isVisible) {
			return true
		}
	}
	return false
}

// isVisible reports whether r leaves a mark, which spaces, controls, the empty
// Braille pattern and what Unicode says to ignore where it is not understood
// (the Hangul fillers are among it) do not.
func isVisible(r rune) bool {
	return r != '\u2800' && !unicode.In(r, unicode.Z, unicode.Cc, unicode.Cf,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
