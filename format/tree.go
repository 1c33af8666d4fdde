package format

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxNesting is how deep elements may nest; deeper ones are left out and their
// text stays. People need about 10, parsers stop at 512 (x/net/html, Blink).
const maxNesting = 100

// builder turns tags, in whatever order they were typed, into a tree that an
// HTML parser reads back as the same tree. So that no parser has anything to
// repair (adoption agency, foster parents), every rule of the HTML standard's
// tree construction that could move an element of the list is applied here
// first, or a stricter one: builder is linear in time, a parser is not.
type builder struct {
	root    *html.Node
	open    []openElement // from the outside in
	again   []openElement // formatting to open again before the next text
	late    []*html.Node  // links to add once the link around them is closed
	dropped *drops
	// cloned is the bytes of the tags opened again: all by which the output
	// can outgrow the source without bound. Over most, none is opened.
	cloned, most int
}

// openElement is an element whose end has not come yet.
type openElement struct {
	node  *html.Node
	typed string // its name as typed, before replacement
	el    element
	// remote is the address of media from elsewhere in node, which a picture,
	// an audio or a video becomes a link to if it has none of its own.
	remote string
	// ended says that the end tag came inside a block that is still open; the
	// element ends with that block.
	ended bool
}

func newBuilder(dropped *drops, most int) *builder {
	root := &html.Node{Type: html.ElementNode, DataAtom: atom.Div, Data: "div"}
	return &builder{root: root, dropped: dropped, most: most}
}

// read builds the tree of what lex returned.
func (b *builder) read(src string) {
	z := html.NewTokenizer(strings.NewReader(src))
	for {
		switch z.Next() {
		case html.ErrorToken: // the end: a string has no other
			b.popTo(0)
			return
		case html.TextToken:
			b.text(tidy(z.Token().Data))
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			b.start(t.Data, t.Attr)
		case html.EndTagToken:
			b.end(z.Token().Data)
		}
	}
}

func (b *builder) top() *html.Node {
	if len(b.open) == 0 {
		return b.root
	}
	return b.open[len(b.open)-1].node
}

func (b *builder) text(s string) {
	if s != "" && b.top().DataAtom == atom.Pre && b.top().FirstChild == nil {
		s = strings.TrimPrefix(s, "\n") // HTML: the line after <pre> is its first
	}
	if strings.Trim(s, blanks) != "" {
		b.intoCell()
		b.reopen()
	} else if inTable(b.top()) {
		return
	}
	appendText(b.top(), s)
}

// start opens the element name, or puts it in place if it is void.
func (b *builder) start(name string, typed []html.Attribute) {
	el, ok := elements[name]
	if !ok || el.fate != kept {
		return // lex left none
	}
	as := name
	if el.as != "" {
		as = el.as
	}
	attr, remote := clean(name, as, typed, b.dropped)
	shape := elements[as].shape
	o := openElement{node: newElement(as, attr), typed: name, el: el, remote: remote}

	switch {
	case shape&tablePart != 0:
		if !b.inPlace(as) {
			return
		}
	case shape&block != 0:
		b.intoCell()
		b.closeBefore(as)
	case as == "source" || as == "track":
		b.source(o)
		return
	default:
		b.intoCell()
		b.closeBefore(as)
		if as != "rp" && as != "rt" {
			b.reopen()
		}
	}
	switch {
	case as == "img":
		b.image(o)
	case shape&void != 0:
		b.top().AppendChild(o.node)
	case len(b.open) < maxNesting || shape&tablePart != 0:
		b.push(o)
	}
}

func (b *builder) push(o openElement) {
	b.top().AppendChild(o.node)
	b.open = append(b.open, o)
}

// closeBefore ends what an HTML parser would end at the start of the element
// as: section 13.2.6.4.7 of the standard, "in body".
func (b *builder) closeBefore(as string) {
	switch as {
	case "li", "dd", "dt":
		for i := len(b.open) - 1; i >= 0; i-- {
			n := b.open[i].node
			if isItem(n.Data) && (n.Data == "li") == (as == "li") {
				b.popTo(i)
				break
			}
			if s := elements[n.Data].shape; s&(block|tablePart) != 0 && n.Data != "address" && n.Data != "div" && n.Data != "p" {
				break
			}
		}
	case "a":
		if i := b.find(isNamed("a")); i >= 0 {
			b.popTo(i)
		}
		b.again = slices.DeleteFunc(b.again, isNamed("a"))
	case "rp", "rt":
		// A <ruby> that waited for its end goes as well, so look again.
		for i := b.find(isNamed("ruby")); i >= 0 && i+1 < len(b.open); i = b.find(isNamed("ruby")) {
			b.popTo(i + 1)
		}
	}
	if elements[as].shape&block == 0 {
		return
	}
	if i := b.find(isNamed("p")); i >= 0 {
		b.popTo(i)
	}
	if isHeading(as) {
		if i := b.find(isBlock); i >= 0 && isHeading(b.open[i].node.Data) {
			b.popTo(i)
		}
	}
}

// inPlace goes to where the table part as belongs in the table around it, and
// opens the parts between. It returns false if there is no table.
func (b *builder) inPlace(as string) bool {
	table := lastIndex(b.open, isNamed("table"))
	if table < 0 {
		return false
	}
	// path leads from the table to where the part belongs. What is missing of
	// it is opened, by its first name; what is open beyond it is closed.
	var path [][]string
	section := []string{"tbody", "thead", "tfoot"}
	switch as {
	case "col":
		path = [][]string{{"colgroup"}}
	case "tr":
		path = [][]string{section}
	case "td", "th":
		path = [][]string{section, {"tr"}}
	}
	i := table + 1
	for _, names := range path {
		if i == len(b.open) || !slices.Contains(names, b.open[i].node.Data) {
			b.popTo(i)
			b.push(openElement{node: newElement(names[0], nil), typed: names[0]})
		}
		i++
	}
	b.popTo(i)
	return true
}

// intoCell opens a cell where text would otherwise stand in a table directly.
func (b *builder) intoCell() {
	if inTable(b.top()) {
		b.inPlace("td")
		b.push(openElement{node: newElement("td", nil), typed: "td", el: elements["td"]})
	}
}

// end closes the element typed as name, if it is open and within reach. Text
// elements wait for the end of a block inside them.
func (b *builder) end(name string) {
	match := func(o openElement) bool { return o.typed == name && !o.ended }
	if i := lastIndex(b.again, match); i >= 0 {
		b.again = slices.Delete(b.again, i, i+1)
		return
	}
	var i int
	switch {
	case name == "br":
		b.start("br", nil) // as every browser does
		return
	case name == "table" || elements[name].shape&tablePart != 0:
		if i = lastIndex(b.open, func(o openElement) bool { return match(o) || o.typed == "table" }); i >= 0 && !match(b.open[i]) {
			return // it belongs to a table outside this one
		}
	case name == "li":
		if i = b.find(func(o openElement) bool { return match(o) || isList(o.node.Data) }); i >= 0 && !match(b.open[i]) {
			return // it belongs to a list outside this one
		}
	case isHeading(name):
		i = b.find(func(o openElement) bool { return isHeading(o.node.Data) })
	default:
		i = b.find(match)
	}
	if i < 0 {
		return
	}
	b.open[i].ended = true
	if isBlock(b.open[i]) || !slices.ContainsFunc(b.open[i:], isBlock) {
		b.popTo(i)
	}
}

// popTo closes all but the first n open elements, and the elements around them
// that waited for it.
func (b *builder) popTo(n int) {
	for len(b.open) > n || len(b.open) > 0 && b.open[len(b.open)-1].ended {
		o := b.open[len(b.open)-1]
		b.open = b.open[:len(b.open)-1]
		switch {
		case o.el.shape&barrier != 0:
			b.again = nil
		case o.el.shape&formatting != 0 && !o.ended:
			b.again = slices.Insert(b.again, 0, o)
		}
		switch o.node.Data {
		case "audio", "picture", "video":
			b.settle(o)
		case "a":
			if lastIndex(b.open, isNamed("a")) < 0 {
				for _, n := range b.late {
					b.top().AppendChild(n)
				}
				b.late = nil
			}
		}
	}
}

// reopen opens again what formatting was cut off by the end of a block.
func (b *builder) reopen() {
	for _, o := range b.again {
		for _, a := range o.node.Attr {
			b.cloned += len(a.Key) + len(a.Val) + len(` =""`)
		}
		b.cloned += 2*len(o.node.Data) + len("<></>")
		if b.cloned > b.most || len(b.open) >= maxNesting {
			break
		}
		o.node = newElement(o.node.Data, o.node.Attr)
		b.push(o)
	}
	b.again = nil
}

// find returns the index of the innermost open element that match accepts and
// that an end tag here reaches, or -1.
func (b *builder) find(match func(openElement) bool) int {
	for i := len(b.open) - 1; i >= 0; i-- {
		if match(b.open[i]) {
			return i
		}
		if elements[b.open[i].node.Data].shape&barrier != 0 {
			break
		}
	}
	return -1
}

func lastIndex(open []openElement, match func(openElement) bool) int {
	for i := len(open) - 1; i >= 0; i-- {
		if match(open[i]) {
			return i
		}
	}
	return -1
}

func isNamed(name string) func(openElement) bool {
	return func(o openElement) bool { return o.node.Data == name }
}

func isBlock(o openElement) bool {
	return elements[o.node.Data].shape&(block|tablePart) != 0
}

// inTable reports whether n holds parts of a table and nothing else.
func inTable(n *html.Node) bool {
	shape := elements[n.Data].shape
	return n.DataAtom == atom.Table || shape&tablePart != 0 && shape&barrier == 0
}

func isHeading(name string) bool {
	return len(name) == 2 && name[0] == 'h' && isDigit(name[1])
}

func isList(name string) bool { return name == "ol" || name == "ul" }

func isItem(name string) bool { return name == "li" || name == "dd" || name == "dt" }

func newElement(name string, attr []html.Attribute) *html.Node {
	return &html.Node{Type: html.ElementNode, DataAtom: atom.Lookup([]byte(name)), Data: name, Attr: attr}
}

// appendText adds s to parent, as one node with text that is already last.
func appendText(parent *html.Node, s string) {
	if last := parent.LastChild; last != nil && last.Type == html.TextNode {
		last.Data += s
	} else if s != "" {
		parent.AppendChild(&html.Node{Type: html.TextNode, Data: s})
	}
}
