package format

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// nested are tags in an order that an HTML parser has to repair.
var nested = []string{
	"<b>x<i>y</b>z</i>", "<p><b>x<p>y</b>z", "<b>A<p>x</b>y</p>z", "<a href=https://x.example>x<a href=https://y.example>y",
	"<table>x<tr><td>y<b>z</table>w", "<table><b><tr><td>x</b>y</table>z", "<td>x</td><tr>y", "<table><caption>x<td>y<table><tr><col>z",
	"<table><colgroup>x<col>y<thead><th>z<tfoot><td>w</tr></tbody></table></table>", "<ul><li>x<li>y<ul><li>z</ul>w</ul>v",
	"<li>x<div><li>y<b><li>z", "<dl><dt>x<dd>y<dt>z</dl><dd>w", "<h1>x<h2>y<b><h3>z</h4>w", "<h1><video><h2>x",
	"<ruby>x<rp>(<rt>y<rp>)</ruby>z<rt>w", "<ruby><p>x<rt>y<video><rt>z", "<ruby><a><ruby><hgroup></ruby><rt>x", "<p>x<ul><li>y</p>z", "</p></b></table></br>x",
	"<details><summary>x<p>y</summary>z", "<a href=tel:1><table><tr><td><a href=tel:2>x", "<font color=red><p>x</font>y",
	"<pre>\n\nx<p>y</pre>", "<picture><b><img src=https://x.example/a></picture>x", "<video><p>x<source src=https://x.example/a>y</video>",
	"<audio><audio>x</audio></audio>", "<a href=tel:1>x<video src=https://x.example/a><p>y</a>z", "<hr><p>x<hr>y", "x<br>\ny\n<br>z",
	"<p>x\n<b>\n</b>\n<p>y", "http://a.example\"http://b.example.", "x<script></script>http://a.example", "ht<script></script>tp://a.example",
	"<b><b><b><b><b><p>x</b>y</b>z</p>w", "<code>http://a.example</code><p>http://b.example)", "<video>\n<source src=x>\n</video>",
	"<small><table><td></small>x<small></table>y", "<span><div>x</span>y</div>z", "<div><span>x</div>y</span>z",
	strings.Repeat("<div>", maxNesting) + "<img src=https://x.example/a>http://a.example", strings.Repeat("<i>", maxNesting-1) + "<table>x<p>y<table>z",
	strings.Repeat("<i>", maxNesting-1) + "<a href=tel:1><b><video src=https://x.example/a>x", strings.Repeat("<div>", 99) + "<p><b>x<p>y",
	"x<audio src=data:audio/ogg;base64,AAAA> http://a.example</audio>",
}

func TestAnyNestingIsRepaired(t *testing.T) {
	for _, src := range nested {
		checkMessage(t, src)
	}
}

func TestRandomNestingIsRepaired(t *testing.T) {
	pieces, random := pieces(), rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var src strings.Builder
		for range 1 + random.IntN(60) {
			src.WriteString(pieces[random.IntN(len(pieces))])
		}
		checkMessage(t, src.String())
	}
}

func TestNestingIsBounded(t *testing.T) {
	for _, depth := range []int{maxNesting - 1, maxNesting, maxNesting + 1, 2000} {
		src := strings.Repeat("<div>", depth) + "x" + strings.Repeat("</div>", depth)
		got := strings.Count(checkMessage(t, src).HTML, "<div>")
		if want := min(depth, maxNesting); got != want {
			t.Errorf("%d nested: %d stay, want %d", depth, got, want)
		}
	}
}

// worst are sources of 16 KiB that are costly for parsers and filters.
func worst() []string {
	fill := func(s string) string { return strings.Repeat(s, 1<<14/len(s)) }
	half := func(s string) string { return strings.Repeat(s, 1<<13/len(s)) }
	many := func(open string) string {
		var s strings.Builder
		for i := 0; s.Len() < 1<<13-80; i++ {
			s.WriteString(strings.ReplaceAll(open, "#", strings.Repeat("x", 1+i%50)))
		}
		return s.String()
	}
	return []string{
		fill("<b>x"), fill("<b>x</b>"), fill("a<b<c"), fill("<"), fill("&"), fill("&lt;"), fill("'"), fill("\n"), fill("<!--"), fill("<script>"),
		fill("</script "), fill("<textarea>"), fill(`<b a="`), fill("<table>"), fill("<table><tr><td>"), fill("<div><table><td></div></table>"),
		fill("<table><b>"), fill("<p>x"), fill("<ul><li>"), fill("<a href=tel:1>x"), fill("<a href=tel:1><div>"), fill("http://a.bc "),
		fill("http://"), fill("(((((http://a)))))"), fill("<video>"), fill("<video src=http://a>"), fill("<img src=http://a>"), fill("<ruby><rt>"),
		fill("<i></b>"), fill("<hr>"), fill("<b><p>x</b>"), fill("x </p>"), fill("<h1><b>"), fill("<br>\n"), fill("<pre>\n"), fill(" \n"),
		"<b " + half("a ") + half("b ")[6:] + ">x", "<p " + half("title=x ") + ">x", `<p style="` + half("color:red;") + half("top:0;")[6:] + `">x`,
		`<p class="` + half("m-c-red ") + `">x`,
		many("<b title=#>") + half("<p>x"), many("<b title=#>") + half("x</b>"), many("<i title=#>") + half("<table><td>x</table>"),
		many("<font color=red title=#>") + half("<div>x</div>"), many("<a href=tel:1><b title=#>") + half("<p>x"),
		half("<b>") + half("<p>x"), half("<b><i>") + half("</b></i>"), half("<li><b>") + half("<li>x"), half("<video>") + half("<p>x"),
		half("<div>") + half("x</span>"), fill("http://a"), fill("</table>"), fill("<svg></svg>"),
	}
}
