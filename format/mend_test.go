package format

import "testing"

// TestMeaningIsMended: what a message looks like is what it says to who hears it.
func TestMeaningIsMended(t *testing.T) {
	for src, want := range map[string]string{
		"<li>a<li>b":                                "<ul><li>a</li><li>b</li></ul>",
		"x<li>a</li>\n<li>b</li>\ny":                "x<ul><li>a</li><li>b</li></ul>y",
		"<li>a</li>x<li>b</li>":                     "<ul><li>a</li></ul>x<ul><li>b</li></ul>",
		"<ul><li>a</ul><li>b":                       "<ul><li>a</li><li>b</li></ul>",
		"<ol><li>a</ol><li>b":                       "<ol><li>a</li></ol><ul><li>b</li></ul>",
		"<li>a<dt>b<dd>c<li>d":                      "<ul><li>a<dl><dt>b</dt><dd>c<ul><li>d</li></ul></dd></dl></li></ul>",
		"<ul><div><li>a</div></ul>":                 "<ul><div><ul><li>a</li></ul></div></ul>",
		"<menu><li>a</menu>":                        "<menu><li>a</li></menu>",
		"<dt>a<dd>b":                                "<dl><dt>a</dt><dd>b</dd></dl>",
		"<dl><div><dt>a<dd>b</div></dl>":            "<dl><div><dt>a</dt><dd>b</dd></div></dl>",
		"<div><dt>a</div>":                          "<div><dl><dt>a</dt></dl></div>",
		"<b><li>a</b>":                              "<b><ul><li>a</li></ul></b>",
		"<table><td><li>a</table>":                  "<table><tbody><tr><td><ul><li>a</li></ul></td></tr></tbody></table>",
		"x<a href=https://x.example/></a>y":         "xy",
		"x<a href=https://x.example/><b> </b></a>y": "x<b> </b>y",
		"<a href=https://x.example/><img alt='' src=" + tinyGIF + "></a>": `<a href="https://x.example/" rel="` + linkRel + `" target="_blank"><img alt="" src="` + tinyGIF + `"/></a>`,
		"<img src=" + tinyGIF + ">":                                       `<img alt="` + unnamed + `" src="` + tinyGIF + `"/>`,
		"<img alt src=" + tinyGIF + ">":                                   `<img alt="" src="` + tinyGIF + `"/>`,
	} {
		if got := checkMessage(t, src); got.HTML != want {
			t.Errorf("%s\n\tgives %s\n\twant  %s", src, got.HTML, want)
		}
	}
}
