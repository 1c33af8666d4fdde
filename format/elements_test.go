package format

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// appears says in which context an element or attribute can be seen to stay,
// where that is not <name>x</name>.
var appears = map[string]string{
	"audio": "<audio src=data:audio/ogg;base64,T2dn></audio>", "br": "x<br>y", "caption": "<table><caption>x</table>",
	"col": "<table><col><td>x</table>", "colgroup": "<table><colgroup><td>x</table>", "hr": "<hr>", "img": "<img src=" + tinyGIF + ">",
	"picture": "<picture><img src=" + tinyGIF + "></picture>", "source": "<video><source src=data:video/mp4;base64,AAAA></video>",
	"tbody": "<table><tbody><td>x</table>", "td": "<table><td>x</table>", "tfoot": "<table><tfoot><td>x</table>", "th": "<table><th>x</table>",
	"thead": "<table><thead><td>x</table>", "tr": "<table><tr><td>x</table>", "wbr": "x<wbr>y", "video": "<video src=data:video/mp4;base64,AAAA></video>",
	"track": "<video src=data:video/mp4;base64,AAAA><track src=data:text/vtt,WEBVTT></video>",
}

func inContext(name string) string {
	if src, ok := appears[name]; ok {
		return src
	}
	return "<" + name + ">x</" + name + ">"
}

func TestEveryKeptElementRenders(t *testing.T) {
	for name, el := range elements {
		if el.fate != kept || el.as != "" {
			continue
		}
		got := checkMessage(t, inContext(name))
		if !strings.Contains(got.HTML, "<"+name+">") && !strings.Contains(got.HTML, "<"+name+" ") && !strings.Contains(got.HTML, "<"+name+"/>") {
			t.Errorf("%s: %q", name, got.HTML)
		}
		if len(got.Dropped) > 0 {
			t.Errorf("%s: dropped %q", name, got.Dropped)
		}
	}
}

// values are one typed value for every attribute, and how it stays.
var values = map[string][2]string{
	"abbr": {"x", "x"}, "alt": {"x", "x"}, "cite": {"HTTPS://x.example/a b", "https://x.example/a%20b"}, "colspan": {"101", "100"}, "controls": {"x", ""},
	"datetime": {"2026-11-20T10:00Z", "2026-11-20T10:00Z"}, "default": {"", ""}, "dir": {"RTL", "rtl"}, "height": {"4097", "4096"},
	"high": {"0.8", "0.8"}, "href": {"mailto:a@b.example", "mailto:a@b.example"}, "kind": {"captions", "captions"}, "label": {"x", "x"},
	"lang": {"pt-BR", "pt-BR"}, "loop": {"loop", ""}, "low": {"-1", "-1"}, "max": {"10", "10"}, "min": {"1", "1"}, "muted": {"", ""}, "open": {"", ""},
	"optimum": {"1.5", "1.5"}, "poster": {tinyGIF, tinyGIF}, "rel": {"opener", linkRel}, "reversed": {"x", ""}, "rowspan": {"0", "1"},
	"scope": {"Row", "row"}, "span": {"2", "2"}, "srclang": {"en", "en"}, "start": {"-3", "-3"}, "target": {"_top", "_blank"},
	"title": {`a "b"`, "a &#34;b&#34;"}, "value": {"7", "7"}, "width": {"12", "12"},
}

func TestEveryKeptAttributeRenders(t *testing.T) {
	for name, el := range elements {
		if el.fate != kept || el.as != "" {
			continue
		}
		for _, attr := range slices.Concat(slices.Collect(maps.Keys(globalAttrs)), slices.Collect(maps.Keys(el.attrs))) {
			v, ok := values[attr]
			switch {
			case attr == "src": // by TestEveryKeptElementRenders
				continue
			case attr == "type" && name == "ol":
				v = [2]string{"I", "I"}
			case attr == "type":
				v = [2]string{"video/mp4", "video/mp4"}
			case attr == "rel" || attr == "target":
				v[0] += "' href='tel:1"
			case !ok:
				t.Errorf("no value to try for %s", attr)
			}
			src := strings.Replace(inContext(name), "<"+name, "<"+name+" "+attr+"='"+v[0]+"'", 1)
			if got := checkMessage(t, src); !strings.Contains(got.HTML, " "+attr+`="`+v[1]+`"`) || len(got.Dropped) > 0 {
				t.Errorf("%s gives %s, dropped %q", src, got.HTML, got.Dropped)
			}
		}
	}
}

func TestBadValuesAreDropped(t *testing.T) {
	for _, src := range []string{
		"<p dir=up>", "<p lang='a b'>", "<time datetime='<>'>", "<ol type=x>", "<ol start=x>", "<li value=1e9>", "<meter value=NaN>", "<progress max=x>",
		"<q cite=javascript:x>", "<del cite=/x>", "<a href=x>", "<p title>" + "<p id=x>", "<p name=x>", "<p onclick=x>", "<p tabindex=1>", "<p accesskey=x>",
		"<p contenteditable>", "<p popover>", "<p data-x=1>", "<p hidden>", "<p class=x>", "<ul type=x>", "<p color=red>", "<p bgcolor=red>", "<font size=7>",
		"<details name=x>", "<p align=x>", "<a ping=x>", "<a download>",
	} {
		got := checkMessage(t, src+"x")
		if len(got.Dropped) != 1 || strings.Contains(got.HTML, "=") && !strings.Contains(got.HTML, "title") {
			t.Errorf("%s gives %s, dropped %q, want the attribute dropped", src, got.HTML, got.Dropped)
		}
	}
}

// TestEveryElementOfHTMLHasItsFate knows the design's lists on its own, and
// what the standard has beside them, obsolete elements included.
func TestEveryElementOfHTMLHasItsFate(t *testing.T) {
	seen := 0
	check := func(names string, want func(el element) bool) {
		for name := range strings.FieldsSeq(names) {
			seen++
			if el, ok := elements[name]; !ok || !want(el) {
				t.Errorf("%s is %+v", name, el)
			}
		}
	}
	check(`a abbr address article aside audio b bdi bdo blockquote br caption cite code col colgroup data dd del details dfn
		div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd li mark menu meter nav ol p
		picture pre progress q rp rt ruby s samp section small source span strong sub summary sup table tbody td tfoot th
		thead time tr track u ul var video wbr`,
		func(el element) bool { return el.fate == kept && el.as == "" })
	check("acronym big center dir font image main output search strike tt",
		func(el element) bool {
			return el.fate == kept && elements[el.as].fate == kept && elements[el.as].as == ""
		})
	check("applet iframe math object script style svg template title", func(el element) bool { return el.fate == code })
	check("textarea xmp", func(el element) bool { return el.fate == literal })
	check(`area base basefont bgsound blink body button canvas command content datalist dialog embed fencedframe fieldset form
		frame frameset head html input isindex keygen label legend link listing map marquee menuitem meta multicol nextid nobr
		noembed noframes noscript optgroup option param plaintext portal rb rtc select selectedcontent shadow slot spacer`,
		func(el element) bool { return el.fate == dropped })
	if seen != len(elements) {
		t.Errorf("%d elements listed, want %d", len(elements), seen)
	}
}

func TestObsoleteElementsAreReplaced(t *testing.T) {
	for src, want := range map[string]string{
		"<acronym title=x>y</acronym>": `<abbr title="x">y</abbr>`,
		"<big>x</big>":                 `<span class="m-big">x</span>`,
		"<center>x</center>":           `<div class="m-center">x</div>`,
		"<dir><li>x</dir>":             "<ul><li>x</li></ul>",
		"<font color=teal>x</font>":    `<span class="m-c-teal">x</span>`,
		"<strike>x</strike>":           "<s>x</s>",
		"<tt>x</tt>":                   "<code>x</code>",
		"<main>x</main>":               "<div>x</div>",
		"<search>x</search>":           "<div>x</div>",
		"<output>x</output>":           "<span>x</span>",
		"<image src=" + tinyGIF + ">":  `<img alt="` + unnamed + `" src="` + tinyGIF + `"/>`,
	} {
		if got := checkMessage(t, src); got.HTML != want || len(got.Dropped) > 0 {
			t.Errorf("%s gives %s, dropped %q, want %s", src, got.HTML, got.Dropped, want)
		}
	}
}
