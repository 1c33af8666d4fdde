package format

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// FuzzMessage holds every promise of Result and Message against any bytes.
func FuzzMessage(f *testing.F) {
	for _, list := range [][]string{hostile, nested, worst()} {
		for _, src := range list {
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src string) { checkMessage(t, src) })
}

// FuzzFastPath says that plain text is the same on either path.
func FuzzFastPath(f *testing.F) {
	for _, src := range []string{"hello", " a > b ", `"it's"`, "\u200b", "grüße 👋", "\ufeffx", "a\u00a0b ", "https:/x"} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if !isPlain(src) {
			t.Skip()
		}
		fast, fastErr := plain(src, growth*len(src))
		slow, slowErr := formatted(src, growth*len(src))
		if fast.HTML != slow.HTML || !errors.Is(slowErr, fastErr) {
			t.Errorf("%q:\nfast %q, %v\nslow %q, %v", src, fast.HTML, fastErr, slow.HTML, slowErr)
		}
	})
}

// FuzzNesting is FuzzMessage for tags in any order: each byte of the input
// picks one of the pieces.
func FuzzNesting(f *testing.F) {
	f.Add([]byte("any order at all"))
	f.Fuzz(func(t *testing.T, picks []byte) {
		pieces := pieces()
		var src strings.Builder
		for i := 0; i+1 < len(picks); i += 2 {
			src.WriteString(pieces[(int(picks[i])<<8|int(picks[i+1]))%len(pieces)])
		}
		checkMessage(t, src.String())
	})
}

// pieces are the tags of all elements, with and without attributes, and texts
// that matter to where lines break and links begin.
func pieces() []string {
	list := []string{"x", "y z", " ", "\n", "\n\n", "http://a.example", "\"", ").", "<!-- x -->", "&lt;", "<", "<td", "\u200b",
		"<a href=https://b.example>", "<a href=mailto:x@b.example class=m-media>", "<img src=https://c.example/a alt=x>", "<img alt=y>",
		"<img src=" + tinyGIF + ">", "<video src=https://c.example/v>", "<source src=https://c.example/s>", "<audio src=data:audio/ogg;base64,AAAA>",
		"<source src=data:video/mp4;base64,AAAA>", "<font color=red>", "<p align=center>", "<b title=x>", "<b title=y>"}
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		list = append(list, "<"+name+">", "</"+name+">")
	}
	return list
}

// checkMessage formats src and returns the result, after holding it against
// what Message and Result promise.
func checkMessage(t *testing.T, src string) Result {
	t.Helper()
	res, err := Message(src, len(src))
	if err != nil && res.HTML != "" {
		t.Errorf("%q: HTML %q with error %v", src, res.HTML, err)
	}
	if len(res.HTML) > growth*len(src) {
		t.Errorf("%q: %d bytes of HTML for %d", src, len(res.HTML), len(src))
	}
	if len(res.Dropped) > maxDropped || len(slices.Compact(slices.Sorted(slices.Values(res.Dropped)))) < len(res.Dropped) {
		t.Errorf("%q: dropped %q", src, res.Dropped)
	}
	for _, name := range res.Dropped {
		if name == "" || len(name) > 32 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Errorf("%q: dropped %q", src, name)
		}
	}
	if err != nil {
		return res
	}
	if !utf8.ValidString(res.HTML) || strings.ContainsAny(res.HTML, "\r\x00") {
		t.Errorf("%q: bad characters in %q", src, res.HTML)
	}
	if reparsed := reparse(t, res.HTML); reparsed != res.HTML {
		t.Errorf("%q:\ngives %q,\nparsed %q", src, res.HTML, reparsed)
	}
	if guarded := guard.Sanitize(res.HTML); guarded != res.HTML {
		t.Errorf("%q:\ngives %q,\nguarded %q", src, res.HTML, guarded)
	}
	again, err := Message(res.HTML, growth*len(res.HTML))
	if err != nil || again.HTML != res.HTML || len(again.Dropped) > 0 {
		t.Errorf("%q:\nonce %q,\ntwice %q, %q, %v", src, res.HTML, again.HTML, again.Dropped, err)
	}
	checkTokens(t, src, res.HTML)
	return res
}

// reparse returns fragment as an HTML parser reads it inside a <div>.
func reparse(t *testing.T, fragment string) string {
	t.Helper()
	nodes, err := html.ParseFragment(strings.NewReader(fragment), &html.Node{Type: html.ElementNode, DataAtom: atom.Div, Data: "div"})
	if err != nil {
		t.Errorf("parsing %q: %v", fragment, err)
	}
	var out strings.Builder
	for _, n := range nodes {
		if err := html.Render(&out, n); err != nil {
			t.Errorf("rendering %q: %v", fragment, err)
		}
	}
	return out.String()
}
