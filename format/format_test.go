package format

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// mustShow fails unless each source shows as want, with nothing dropped.
func mustShow(t *testing.T, cases map[string]string) {
	t.Helper()
	for src, want := range cases {
		if got := checkMessage(t, src); got.HTML != want || len(got.Dropped) > 0 {
			t.Errorf("%q:\ngot  %q, dropped %q\nwant %q", src, got.HTML, got.Dropped, want)
		}
	}
}

func TestWhatIsNotHTMLShowsAsTyped(t *testing.T) {
	for _, src := range []string{
		"vector<int> v", "if a<b", "a < b", "<3", "<foo>", "<int>", "</foo>", "a<b && c>d", "x <- y", "<>", "</>", "< b>x", "<my-element>",
		"<b", "<b title", `<b title="x`, "<b title=>", "<b <i", "<b 1>", `<b "x">`, "<1b>", "<bé>", "<path d=x>", "map<string, vector<int>>",
		"<![CDATA[x]]>", "<?xml version=1?>", "<!-- never closed", "<!element x>", "List<String> a = b;", "<user@mail.example>",
		"<https>", "i<sizeof(a)>b", "template<typename T>", "->", "'\"'", "#include <stdio.h>",
	} {
		want := strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;", "'", "&#39;", `"`, "&#34;").Replace(src)
		mustShow(t, map[string]string{src: want})
	}
	mustShow(t, map[string]string{
		"&lt;b&gt; &amp;amp; &copy; AT&T": "&lt;b&gt; &amp;amp; © AT&amp;T",
		"if a<b then <b>bold</b>":         "if a&lt;b then <b>bold</b>",
		"x<!-- y -->z<!doctype html>w":    "xzw",
		"<B>x</B><I/>y":                   "<b>x</b><i>y</i>",
	})
}

func TestPlainLineBreaksBreakTheLine(t *testing.T) {
	mustShow(t, map[string]string{
		"a\nb": "a<br/>b", "a\r\nb": "a<br/>b", "a\rb": "a<br/>b", "a\n\nb": "a<br/><br/>b", "a&#10;b": "a<br/>b",
		"\n\na\n\n": "a", "  a  ": "a", "<b>a\n</b>b": "<b>a<br/></b>b",
		"a<br>\nb": "a<br/>b", "a<br>\n\nb": "a<br/><br/>b",
		"a\n<p>b\nc</p>\nd":                              "a<p>b<br/>c</p>d",
		"<ul>\n  <li>a</li>\n  <li>b</li>\n</ul>\n":      "<ul><li>a</li><li>b</li></ul>",
		"<table>\n<tr>\n<td>\na\n</td>\n</tr>\n</table>": "<table><tbody><tr><td>a</td></tr></tbody></table>",
		"<pre>\na\n\n b </pre>\nc":                       "<pre>a\n\n b </pre>c",
		"<pre>\n\na</pre>":                               "<pre>\n\na</pre>",
		"<code>a\nb</code>":                              "<code>a<br/>b</code>",
		"<b>a</b>\n<i>b</i>":                             "<b>a</b><br/><i>b</i>",
		"a\n<hr>\nb":                                     "a<hr/>b",
	})
}

func TestControlCharactersAndBrokenUTF8(t *testing.T) {
	mustShow(t, map[string]string{
		"a\x00b\x07c\x7f": "abc", "a\u0085b&#1;c&#x80;": "abc€", "a\tb": "a\tb", "a\xffb": "a\ufffdb", "<b title='a\x01&#2;b'>x</b>": `<b title="ab">x</b>`,
		"\u202ea\u2066b": "\u202ea\u2066b",
	})
}

// open is how every link opens.
const open = ` rel="noopener noreferrer nofollow ugc" target="_blank">`

func TestLinksOpenApart(t *testing.T) {
	mustShow(t, map[string]string{
		`<a href="https://x.example/?a=1&copy=2#c">y</a>`:           `<a href="https://x.example/?a=1&amp;copy=2#c"` + open + `y</a>`,
		`<a href=" HTTPS://x.example/a b ">y</a>`:                   `<a href="https://x.example/a%20b"` + open + `y</a>`,
		`<a href=" WWW.x.example/a">y</a>`:                          `<a href="https://WWW.x.example/a"` + open + `y</a>`,
		`<a href="mailto:a@b.example?subject=x">y</a>`:              `<a href="mailto:a@b.example?subject=x"` + open + `y</a>`,
		`<a href="tel:+49-30-1">y</a>`:                              `<a href="tel:+49-30-1"` + open + `y</a>`,
		`<a href="https://x.example" target=_self rel=opener>y</a>`: `<a href="https://x.example"` + open + `y</a>`,
		`<a>y</a>`: `<a>y</a>`,
	})
	for _, href := range []string{"javascript:x", "data:text/html,x", "ftp://x", "x", "/x", "//x.example", "#x", "?x", "", "https:x", "https://",
		"https://a@b.example", "https://a:b@c.example", "https://a\\@b.example", "https://:80", "mailto:", "blob:https://x", "https://a%zz"} {
		got := checkMessage(t, `<a href="`+href+`">y</a>`)
		if got.HTML != "<a>y</a>" || !slices.Equal(got.Dropped, []string{"href"}) {
			t.Errorf("%q gives %q, dropped %q", href, got.HTML, got.Dropped)
		}
	}
}

func TestBareAddressesBecomeLinks(t *testing.T) {
	for src, want := range map[string]string{
		"https://x.example":                    "[https://x.example]",
		"HTTP://X.example/":                    "[HTTP://X.example/]",
		"see https://x.example/a?b=c#d, ok":    "see [https://x.example/a?b=c#d], ok",
		"(https://x.example).":                 "([https://x.example]).",
		"https://x.example/a_(b)!":             "[https://x.example/a_(b)]!",
		"(see https://x.example/a_(b))":        "(see [https://x.example/a_(b)])",
		"*https://x.example*":                  "*[https://x.example]*",
		"a\nhttps://x.example\nb":              "a<br/>[https://x.example]<br/>b",
		"<b>https://x.example</b>":             "<b>[https://x.example]</b>",
		"https://x.example:8080/ü":             "[https://x.example:8080/ü]",
		"https://x.example/\u200bb":            "[https://x.example/]\u200bb",
		"<code>https://x.example</code>":       "<code>https://x.example</code>",
		"<pre>https://x.example</pre>":         "<pre>https://x.example</pre>",
		"<kbd><b>https://x.example</b></kbd>":  "<kbd><b>https://x.example</b></kbd>",
		"<samp>https://x.example</samp>":       "<samp>https://x.example</samp>",
		"<a>https://x.example</a>":             "<a>https://x.example</a>",
		"https://a@b.example":                  "https://a@b.example",
		"xhttps://x.example":                   "xhttps://x.example",
		"https://":                             "https://",
		"http://?x":                            "http://?x",
		"ftp://x.example www.x.example":        "ftp://x.example www.x.example",
		"javascript://x.example/%0aalert(1)":   "javascript://x.example/%0aalert(1)",
		"https://x.example<b>y</b>":            "[https://x.example]<b>y</b>",
		"https://x.example\"https://y.example": "[https://x.example]&#34;[https://y.example]",
	} {
		for {
			before, rest, found := strings.Cut(want, "[")
			if !found {
				break
			}
			address, after, _ := strings.Cut(rest, "]")
			scheme, host, _ := strings.Cut(address, ":")
			want = before + `<a href="` + strings.ToLower(scheme) + ":" + host + `"` + open + address + "</a>" + after
		}
		mustShow(t, map[string]string{src: want})
	}
}

func TestDroppedNamesWhatWasTakenOut(t *testing.T) {
	for src, want := range map[string]string{
		"<script>x</script><SCRIPT>y</SCRIPT><iframe></iframe>z": "z: script iframe",
		`<b onclick=x id=y onclick=z>w</b>`:                      "<b>w</b>: onclick id",
		"<form>a<input><select><option>b</select></form>c":       "abc: form input select option",
		"<svg><b>x</b></svg>y<math>z</math>":                     "y: svg math",
		"<textarea><b>x</b></textarea>":                          "&lt;b&gt;x&lt;/b&gt;: textarea",
		"<xmp><b>&amp;</b></xmp>":                                "&lt;b&gt;&amp;amp;&lt;/b&gt;: xmp",
		"<noscript>x</noscript><noframes><b>y</b></noframes>":    "x<b>y</b>: noscript noframes",
		"<head><title>x</title><meta></head><body>y</body>":      "y: head title meta body",
		"<plaintext>x<b>y</b>":                                   "x<b>y</b>: plaintext",
		"say <script> and <style>":                               "say  and: script style",
		"<style>a</style b='>c<b>d</b>":                          "a&lt;/style b=&#39;&gt;c<b>d</b>: style",
		"<b @click=x xlink:href=y>z</b>":                         "<b>z</b>:",
	} {
		got := checkMessage(t, src)
		if show := strings.TrimSpace(got.HTML + ": " + strings.Join(got.Dropped, " ")); show != want {
			t.Errorf("%s:\ngot  %s\nwant %s", src, show, want)
		}
	}
	var many strings.Builder
	for i := range maxDropped + 1 {
		fmt.Fprintf(&many, "<b x%d=1>", i)
	}
	if got := checkMessage(t, many.String()+"x"); len(got.Dropped) != maxDropped {
		t.Errorf("%d names dropped, want %d", len(got.Dropped), maxDropped)
	}
	for n, want := range map[int]int{31: 1, 32: 1, 33: 0} {
		if got := checkMessage(t, "<b "+strings.Repeat("x", n)+">y"); len(got.Dropped) != want {
			t.Errorf("name of %d bytes: dropped %q", n, got.Dropped)
		}
	}
}

func TestNothingToSeeIsEmpty(t *testing.T) {
	for _, src := range []string{"", " ", "\n\t\r\n", "\u200b\u200d\ufeff", "\u2800", "\u3164\uffa0\u115f", "\u202e\u2066", "\u00a0\u3000", "\ufe0f", "\x00",
		"<b></b>", "<p> </p>", "<br>", "&nbsp;", "&#8203;", "<ul><li></ul>", "<table><td></table>", "<!-- x -->", "<script>x</script>", "<a href=https://x.example></a>",
		"<video></video>", "<img>", "<wbr>", "<details open></details>"} {
		if got, err := Message(src, 1000); !errors.Is(err, ErrEmpty) || got.HTML != "" {
			t.Errorf("%q gives %q, %v, want ErrEmpty", src, got.HTML, err)
		}
	}
	for _, src := range []string{"x", ".", "<hr>", "<img src=" + tinyGIF + ">", "<img src=https://x.example/>", "<progress></progress>", "<meter value=1></meter>",
		"<audio src=data:audio/ogg;base64,AAAA></audio>", "👋🏽", "\u0640"} {
		if _, err := Message(src, 1000); err != nil {
			t.Errorf("%q: %v", src, err)
		}
	}
	if got, _ := Message("<script>x</script>", 1000); !slices.Equal(got.Dropped, []string{"script"}) {
		t.Errorf("dropped %q, want script although nothing is left", got.Dropped)
	}
}

func TestSourceIsBounded(t *testing.T) {
	for n, want := range map[int]error{99: nil, 100: nil, 101: ErrTooLong} {
		if _, err := Message(strings.Repeat("x", n), 100); !errors.Is(err, want) {
			t.Errorf("%d of 100 bytes: %v, want %v", n, err, want)
		}
	}
}

func TestResultIsBounded(t *testing.T) {
	// Nothing grows more than a short bare address.
	links := strings.Repeat("http://a.b ", 20) + "x"
	whole, err := Message(links, 1000)
	if err != nil {
		t.Fatal(err)
	}
	limit := len(whole.HTML)/growth + 1
	for over, want := range map[int]error{-1: nil, 0: nil, 1: ErrTooLong} {
		src := links + strings.Repeat("x", growth*limit+over-len(whole.HTML))
		if got, err := Message(src, limit); !errors.Is(err, want) {
			t.Errorf("%d bytes over: %d bytes, %v, want %v", over, len(got.HTML), err, want)
		}
	}

	// But formatting that is opened again in every paragraph.
	src := "<p><b title=" + strings.Repeat("x", 1000) + ">" + strings.Repeat("<p>x", 1000)
	if _, err := Message(src, len(src)); !errors.Is(err, ErrTooLong) {
		t.Errorf("%v, want ErrTooLong", err)
	}
}
