package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"

	"mayfly/format"
)

// onePixel is the smallest picture, oneSecond a sound without samples.
const (
	onePixel  = "data:image/gif;base64,R0lGODlhAQABAIAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="
	oneSecond = "data:audio/wav;base64,UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="
	oneVideo  = "data:video/webm;base64,GkXfo59ChoEBQveBAULygQRC84EIQoKEd2VibUKHgQJChYEC"
)

// elements is one message for each group of elements that a message may have
// (design.md, section 6), and what must be found in its body.
var elements = []struct{ html, found string }{
	{`<a href="https://example.org/x" title="t" lang="de" dir="ltr">a</a>`, `a[href="https://example.org/x"][title=t][lang=de][dir=ltr][target=_blank][rel~=noopener][rel~=noreferrer]`},
	{`<abbr title="long">abbr</abbr>`, `abbr[title=long]`},
	{`<address>address</address>`, `address`},
	{`<article>article</article>`, `article`},
	{`<aside>aside</aside>`, `aside`},
	{`<audio controls src="` + oneSecond + `"></audio>`, `audio[controls][src^="data:audio/wav"]`},
	{`<b>b</b>`, `b`},
	{`<bdi>bdi</bdi>`, `bdi`},
	{`<bdo dir="rtl">bdo</bdo>`, `bdo[dir=rtl]`},
	{`<blockquote cite="https://example.org/q">blockquote</blockquote>`, `blockquote[cite]`},
	{`one<br>two`, `br`},
	{`<cite>cite</cite>`, `cite`},
	{`<code>code</code>`, `code`},
	{`<table><caption>caption</caption><colgroup><col span="2"></colgroup><thead><tr><th scope="col" abbr="h">head</th><th>x</th></tr></thead><tbody><tr><td colspan="2">cell</td></tr><tr><td rowspan="2">y</td><td>z</td></tr></tbody><tfoot><tr><td>foot</td></tr></tfoot></table>`,
		`table > caption + colgroup > col[span="2"] | thead th[scope=col][abbr=h] | tbody td[colspan="2"] | td[rowspan="2"] | tfoot td`},
	{`<data value="42">data</data>`, `data[value="42"]`},
	{`<dl><dt>term</dt><dd>what it is</dd></dl>`, `dl > dt + dd`},
	{`<del datetime="2026-01-01" cite="https://example.org/d">del</del>`, `del[datetime="2026-01-01"][cite]`},
	{`<details open><summary>summary</summary>more</details>`, `details[open] > summary`},
	{`<dfn>dfn</dfn>`, `dfn`},
	{`<div>div</div>`, `div`},
	{`<em>em</em>`, `em`},
	{`<figure><img src="` + onePixel + `" alt="dot" width="4" height="4"><figcaption>caption</figcaption></figure>`, `figure > img[alt=dot][width="4"][height="4"][src^="data:image/gif"] + figcaption`},
	{`<footer>footer</footer>`, `footer`},
	{`<h1>h1</h1><h2>h2</h2><h3>h3</h3><h4>h4</h4><h5>h5</h5><h6>h6</h6>`, `h1 | h2 | h3 | h4 | h5 | h6`},
	{`<header>header</header>`, `header`},
	{`<hgroup><h2>title</h2><p>subtitle</p></hgroup>`, `hgroup > h2 + p`},
	{`above<hr>below`, `hr`},
	{`<i>i</i>`, `i`},
	{`<ins datetime="2026-01-01">ins</ins>`, `ins[datetime]`},
	{`<kbd>kbd</kbd>`, `kbd`},
	{`<mark>mark</mark>`, `mark`},
	{`<menu><li>menu</li></menu>`, `menu > li`},
	{`<meter value="2" min="0" max="10" low="3" high="8" optimum="5">2 of 10</meter>`, `meter[value="2"][min="0"][max="10"][low="3"][high="8"][optimum="5"]`},
	{`<nav>nav</nav>`, `nav`},
	{`<ol start="3" reversed type="a"><li value="7">item</li></ol>`, `ol[start="3"][reversed][type=a] > li[value="7"]`},
	{`<p>p</p>`, `p`},
	{`<picture><source src="` + onePixel + `" type="image/gif"><img src="` + onePixel + `" alt="dot"></picture>`, `picture > img[alt=dot]`},
	{`<pre>pre  two</pre>`, `pre`},
	{`<progress value="3" max="4">3 of 4</progress>`, `progress[value="3"][max="4"]`},
	{`<q cite="https://example.org/q">q</q>`, `q[cite]`},
	{`<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>`, `ruby > rt | ruby > rp`},
	{`<s>s</s>`, `s`},
	{`<samp>samp</samp>`, `samp`},
	{`<section>section</section>`, `section`},
	{`<small>small</small>`, `small`},
	{`<span>span</span>`, `span`},
	{`<strong>strong</strong>`, `strong`},
	{`<sub>sub</sub><sup>sup</sup>`, `sub | sup`},
	{`<time datetime="12:00">time</time>`, `time[datetime="12:00"]`},
	{`<u>u</u>`, `u`},
	{`<ul><li>ul</li></ul>`, `ul > li`},
	{`<var>var</var>`, `var`},
	{`<video controls width="40" height="30" poster="` + onePixel + `" src="` + oneVideo + `"></video>`, `video[controls][width="40"][height="30"][poster^="data:image/gif"]`},
	{`long<wbr>word`, `wbr`},
	// What is replaced by today's element.
	{`<acronym title="t">acronym</acronym>`, `abbr[title=t]`},
	{`<big>big</big>`, `.m-big`},
	{`<center>center</center>`, `.m-center`},
	{`<dir><li>dir</li></dir>`, `ul > li`},
	{`<font color="red">font</font>`, `[class^=m-c-]`},
	{`<strike>strike</strike>`, `s`},
	{`<tt>tt</tt>`, `code`},
	{`<main>main</main>`, `div`},
	{`<output>output</output>`, `span`},
	{`<search>search</search>`, `div`},
	// Colours and alignment.
	{`<span style="color: #c00">red</span>`, `span[class^=m-c-]:not([style])`},
	{`<p style="background-color: yellow; text-align: right">p</p>`, `p.m-right[class*=m-b-]:not([style])`},
	{`<p align="center">p</p>`, `p.m-center`},
}

// TestEveryElementRenders: each formatting element really is there, on another
// person's screen, with the attributes that belong to it (P9).
func TestEveryElementRenders(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), desktop(t, "Bob")
	link := ana.create(s.local(), "Ana", "Harvest", password)
	bob.join(link, "Bob", password)
	for _, e := range elements {
		ana.post(e.html)
	}
	bob.until("all messages", `messages().length === $0`, len(elements))
	for i, e := range elements {
		for part := range strings.SplitSeq(e.found, "|") {
			bob.check(fmt.Sprintf("%s shows %s", e.html, part), `document.querySelectorAll('[data-body]')[$0].querySelector($1)?.checkVisibility() !== undefined`, i, strings.TrimSpace(part))
		}
	}
	bob.check("ol counts as it should", `getComputedStyle(document.querySelector('[data-body] ol[type=a]')).listStyleType === 'lower-alpha'`)
	bob.check("pre keeps its spaces", `document.querySelector('[data-body] pre').innerText === 'pre  two'`)
	bob.check("hidden parts of details can be opened", `document.querySelector('[data-body] details').open`)
	bob.check("nothing plays by itself", `![...document.querySelectorAll('[data-body] :is(audio, video)')].some((m) => m.autoplay || !m.paused)`)
	bob.check("headings look like headings", `(() => {
		const size = (n) => parseFloat(getComputedStyle(document.querySelector('[data-body] h' + n)).fontSize);
		return size(1) > size(6) && [1, 2, 3, 4, 5, 6].every((n) => getComputedStyle(document.querySelector('[data-body] h' + n)).fontWeight >= 600);
	})()`)
	for selector, property := range map[string]string{
		"em": "fontStyle=italic", "i": "fontStyle=italic", "strong": "fontWeight=700", "s": "textDecorationLine=line-through",
		"u": "textDecorationLine=underline", "sub": "verticalAlign=sub", "sup": "verticalAlign=super", "bdo": "direction=rtl",
		"th": "display=table-cell", "hr": "display=block", "table": "display=table|block",
	} {
		name, want, _ := strings.Cut(property, "=")
		bob.check(selector+" looks like "+property, `$2.split('|').includes(String(getComputedStyle(document.querySelector('[data-body] ' + $0))[$1]))`, selector, name, want)
	}
}

// TestColoursAreSeen: every class a message can carry changes how it looks, in
// the light and in the dark.
func TestColoursAreSeen(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := desktop(t, "Ana")
	ana.create(s.local(), "Ana", "Harvest", password)
	var html strings.Builder
	html.WriteString(`<span>plain</span>`)
	for _, class := range format.Classes() {
		fmt.Fprintf(&html, `<p class="%s">%s</p>`, class, class)
	}
	ana.post(html.String())
	ana.reads(see[string](ana, `messages()[0].text`))
	for _, scheme := range []string{"light", "dark"} {
		command(ana, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		ana.until("the colour scheme", `matchMedia('(prefers-color-scheme: ' + $0 + ')').matches`, scheme)
		seen := map[string]string{}
		for _, class := range format.Classes() {
			property := map[string]string{"m-c-": "color", "m-b-": "backgroundColor", "m-big": "fontSize"}[class[:min(4, len(class))]]
			switch {
			case class == "m-big":
				property = "fontSize"
			case property == "" && strings.HasPrefix(class, "m-media"), class == "m-video", class == "m-audio":
				continue // on links alone, and drawn as a button
			case property == "":
				property = "textAlign"
			}
			look := see[[]string](ana, `[document.querySelector('[data-body] span'), document.querySelector('[data-body] .' + $0)].map((e) => getComputedStyle(e)[$1])`, class, property)
			if look[0] == look[1] && class != "m-left" {
				t.Errorf("%s: %s looks like plain text: %s %s", scheme, class, property, look[0])
			}
			if other, ok := seen[property+look[1]]; ok && property != "textAlign" {
				t.Errorf("%s: %s and %s look the same: %s", scheme, class, other, look[1])
			}
			seen[property+look[1]] = class
		}
	}
}

// post sends a message without a keyboard: it is quicker where the message, not
// the writing, is what a story is about. It reports whether it was accepted.
func (p *person) post(html string) bool {
	p.t.Helper()
	before := see[int](p, `(() => {
		const c = composer();
		c.value = $0;
		c.form.requestSubmit();
		return messages().length;
	})()`, html)
	p.until(fmt.Sprintf("an answer to %.80q", html), `composer().value === '' || document.querySelector('[data-hint]').innerText !== '' && !composer().form.hasAttribute('data-pending')`)
	return see[bool](p, `composer().value === ''`) && before >= 0
}
