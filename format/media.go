package format

import (
	"bytes"
	"encoding/base64"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"net/url"
	"slices"
	"strings"

	_ "golang.org/x/image/webp"
	"golang.org/x/net/html"
)

// maxPixels is the size of the largest picture shown, 16 megapixels (64 MiB
// once decoded): a few hundred bytes of PNG can claim far more.
const maxPixels = 16 << 20

// Media in the message itself. Every value is rewritten to one form, base64
// with a bare type. SVG is no picture here: nested <use> freezes a renderer.
var (
	picture            = dataRule(`image/(?:gif|jpeg|png|webp)`)
	recording          = dataRule(recordingTypes)
	pictureOrRecording = dataRule(`image/(?:gif|jpeg|png|webp)|` + recordingTypes)
	captions           = dataRule(`text/vtt`)
)

const recordingTypes = `audio/(?:aac|flac|mp4|mpeg|ogg|wav|wave|webm|x-wav)|video/(?:mp4|mpeg|ogg|webm)`

func dataRule(types string) rule {
	return rule{whole(`data:(?:` + types + `);base64,[A-Za-z0-9+/]+={0,2}`), cleanData}
}

// cleanData returns a data: URL in the form the rules ask for. The type of a
// picture is what its bytes say; one that cannot be decoded, or only to more
// than maxPixels, is refused.
func cleanData(v string) (string, bool) {
	head, body, ok := strings.Cut(v, ",")
	head = strings.ToLower(strings.Join(strings.Fields(head), ""))
	mime, isData := strings.CutPrefix(head, "data:")
	if !ok || !isData {
		return "", false
	}
	mime, isBase64 := strings.CutSuffix(mime, ";base64")
	mime, _, _ = strings.Cut(mime, ";")

	content, err := decode(body, isBase64)
	if err != nil {
		return "", false
	}
	if strings.HasPrefix(mime, "image/") {
		config, kind, err := image.DecodeConfig(bytes.NewReader(content))
		if err != nil || config.Width < 1 || config.Height < 1 || config.Width > maxPixels/config.Height {
			return "", false
		}
		mime = "image/" + kind
	}
	return "data:" + mime + ";base64," + base64.StdEncoding.EncodeToString(content), true
}

func decode(body string, isBase64 bool) ([]byte, error) {
	if !isBase64 {
		s, err := url.PathUnescape(body)
		return []byte(s), err
	}
	body = strings.Join(strings.Fields(body), "")
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(body, "="))
}

// image puts the picture o in place, or a link to it, or what it shows in
// words.
func (b *builder) image(o openElement) {
	switch alt := attrOf(o.node, "alt"); {
	case attrOf(o.node, "src") != "":
		b.top().AppendChild(o.node)
	case o.remote != "":
		b.mediaLink(o.remote, alt, classMedia)
	default:
		b.dropped.add(o.typed)
		appendText(b.top(), alt)
	}
}

// source puts the <source> or <track> o in place, which is directly inside the
// medium it belongs to, and nowhere else.
func (b *builder) source(o openElement) {
	medium := b.top().Data
	switch {
	case medium != "audio" && medium != "video" && (medium != "picture" || o.typed != "source"):
		b.dropped.add(o.typed)
	case attrOf(o.node, "src") != "":
		b.top().AppendChild(o.node)
	case o.remote != "" && o.typed == "source":
		if around := &b.open[len(b.open)-1]; around.remote == "" {
			around.remote = o.remote
		}
	default:
		b.dropped.add(o.typed)
	}
}

// settle decides what becomes of the audio, picture or video o, now that all
// of its content is known.
func (b *builder) settle(o openElement) {
	shown := attrOf(o.node, "src") != ""
	for c := range o.node.ChildNodes() {
		shown = shown || c.Data == "img" || c.Data == "source" && o.node.Data != "picture"
	}
	if shown {
		return
	}
	parent := o.node.Parent
	parent.RemoveChild(o.node)
	if o.remote != "" && !holdsLink(o.node) {
		class := classMedia
		if o.node.Data != "picture" {
			class += " m-" + o.node.Data
		}
		b.mediaLink(o.remote, "", class)
		return
	}
	if o.remote == "" && !holdsLink(o.node) {
		b.dropped.add(o.typed)
	}
	for o.node.FirstChild != nil {
		c := o.node.FirstChild
		o.node.RemoveChild(c)
		switch {
		case c.Type == html.TextNode:
			appendText(parent, c.Data)
		case c.Data != "source" && c.Data != "track":
			parent.AppendChild(c)
		}
	}
}

// mediaLink adds a link that page and stream show as a button. Inside a link
// its words become part of that link, and it follows after.
func (b *builder) mediaLink(address, words, class string) {
	if !strings.ContainsFunc(words, isVisible) {
		words = hostOf(address)
	}
	n := newElement("a", linkAttrs(address, class))
	appendText(n, words)
	switch {
	case lastIndex(b.open, isNamed("a")) >= 0:
		b.late = append(b.late, n)
		appendText(b.top(), words)
	case len(b.open) < maxNesting:
		b.top().AppendChild(n)
	default:
		appendText(b.top(), words)
	}
}

func holdsLink(n *html.Node) bool {
	for c := range n.Descendants() {
		if c.Data == "a" {
			return true
		}
	}
	return false
}

func attrOf(n *html.Node, key string) string {
	if i := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key }); i >= 0 {
		return n.Attr[i].Val
	}
	return ""
}
