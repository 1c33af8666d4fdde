package format

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// unnamed stands in the place of a picture that its author has no words for.
// Screen readers read it in their own language, as "framed picture".
const unnamed = "\U0001F5BC"

// mend has what is below parent mean to a screen reader what it looks like: an
// item stands in a list, a picture has words, and a link that shows nothing is
// none.
func mend(parent *html.Node) {
	for c := parent.FirstChild; c != nil; {
		next := c.NextSibling
		mend(c)
		switch {
		case c.DataAtom == atom.A && !shows(c):
			for k := c.FirstChild; k != nil; k = c.FirstChild {
				c.RemoveChild(k)
				parent.InsertBefore(k, c)
			}
			parent.RemoveChild(c)
		case c.DataAtom == atom.Img && !slices.ContainsFunc(c.Attr, func(a html.Attribute) bool { return a.Key == "alt" }):
			c.Attr = slices.Insert(c.Attr, 0, html.Attribute{Key: "alt", Val: unnamed})
		case isItem(c.Data) && !isListOf(parent, c):
			list := listBefore(c)
			if list == nil {
				list = newElement(listName(c), nil)
				parent.InsertBefore(list, c)
			}
			parent.RemoveChild(c)
			list.AppendChild(c)
		}
		c = next
	}
}

// listName is the element that items like n stand in.
func listName(n *html.Node) string {
	if n.DataAtom == atom.Li {
		return "ul"
	}
	return "dl"
}

// isListOf reports whether items like n may stand in parent.
func isListOf(parent, n *html.Node) bool {
	switch {
	case n.DataAtom == atom.Li:
		return isList(parent.Data) || parent.DataAtom == atom.Menu
	case parent.DataAtom == atom.Div: // a group
		return parent.Parent != nil && parent.Parent.DataAtom == atom.Dl
	}
	return parent.DataAtom == atom.Dl
}

// listBefore is the list that n continues, or nil.
func listBefore(n *html.Node) *html.Node {
	list := n.PrevSibling
	for list != nil && list.Type == html.TextNode && strings.Trim(list.Data, blanks) == "" {
		list = list.PrevSibling
	}
	if list == nil || list.Data != listName(n) {
		return nil
	}
	return list
}
