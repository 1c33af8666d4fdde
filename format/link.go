package format

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// linkRel keeps a page that was opened from a message from reaching back to
// the room (noopener), learning where it was linked (noreferrer), and search
// engines from counting the link.
const linkRel = "noopener noreferrer nofollow ugc"

// Links lead to the web, to mail and to the telephone. A relative one would
// lead into the room's own interface, and a name before the host ("user@")
// serves mostly to make one host look like another; both lose their address.
var (
	webLink = rule{whole(webPattern), cleanLink}
	link    = rule{whole(webPattern + `|mailto:[^\s\\]+|tel:[0-9A-Za-z+.,;=()*#%-]+`), cleanLink}
)

// webPattern has no %XX in the host: the host is shown, and must be what it
// looks like.
const webPattern = `https?://[^\s\\/?#@%]+(?:[/?#][^\s\\]*)?`

// cleanLink brings an address to the form that its rule asks for: the scheme
// in lower case, and as browsers do, no line breaks and spaces as %20. What is
// typed as people say it, "www.example.org", gets the scheme it lacks.
func cleanLink(v string) (string, bool) {
	v = asBrowsers.Replace(strings.Trim(v, blanks))
	if len(v) > 4 && strings.EqualFold(v[:4], "www.") {
		v = "https://" + v
	}
	u, err := url.Parse(v)
	if err != nil || strings.HasPrefix(u.Scheme, "http") && u.Hostname() == "" {
		return "", false
	}
	return u.Scheme + v[len(u.Scheme):], true
}

var asBrowsers = strings.NewReplacer("\n", "", "\t", "", " ", "%20")

// hostOf returns the host that address leads to.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // not reached: a rule has parsed it
	}
	return u.Hostname()
}

// apart is what every link carries.
var apart = []html.Attribute{{Key: "rel", Val: linkRel}, {Key: "target", Val: "_blank"}}

// linkAttrs returns the attributes of a link to href, in order.
func linkAttrs(href, class string) []html.Attribute {
	attr := append([]html.Attribute{{Key: "href", Val: href}}, apart...)
	if class != "" {
		attr = slices.Insert(attr, 0, html.Attribute{Key: "class", Val: class})
	}
	return attr
}

// bareAddress matches an address in running text, with whatever follows it up
// to a space, quote or bracket that no address holds.
var bareAddress = regexp.MustCompile("(?i)\\bhttps?://[^\\s\\p{Z}\\p{C}<>\"`]+")

// linked returns s as nodes, its bare addresses as links.
func linked(s string) []*html.Node {
	var nodes []*html.Node
	add := func(s string) {
		if s != "" {
			nodes = append(nodes, &html.Node{Type: html.TextNode, Data: s})
		}
	}
	done := 0
	if strings.Contains(s, "://") {
		for _, m := range bareAddress.FindAllStringIndex(s, -1) {
			address := trimSentence(s[m[0]:m[1]])
			href, ok := webLink.apply(address)
			if !ok {
				continue
			}
			add(s[done:m[0]])
			a := newElement("a", linkAttrs(href, ""))
			appendText(a, address)
			nodes = append(nodes, a)
			done = m[0] + len(address)
		}
	}
	add(s[done:])
	return nodes
}

// trimSentence takes from the end of address what belongs to the sentence
// around it: punctuation, and brackets that were not opened in the address.
func trimSentence(address string) string {
	for address != "" {
		rest := address[:len(address)-1]
		switch c := address[len(address)-1]; c {
		case '.', ',', ';', ':', '!', '?', '\'', '*', '_', '~':
		case ')', ']', '}':
			opening := map[byte]string{')': "(", ']': "[", '}': "{"}[c]
			if strings.Count(address, opening) >= strings.Count(address, string(c)) {
				return address
			}
		default:
			return address
		}
		address = rest
	}
	return address
}
