package format

import (
	"strings"
	"testing"
)

func TestColorsBecomeTheNearestOfTheTheme(t *testing.T) {
	for value, want := range map[string]string{
		// The theme's names are their own.
		"red": "red", "orange": "orange", "yellow": "yellow", "green": "green", "teal": "teal", "blue": "blue",
		"purple": "purple", "pink": "pink", "brown": "brown", "gray": "gray", "GREY": "gray",
		// What CSS adds is near one of them.
		"crimson": "red", "maroon": "red", "gold": "yellow", "lime": "green", "cyan": "teal", "navy": "blue", "lightblue": "blue",
		"indigo": "purple", "rebeccapurple": "purple", "magenta": "pink", "chocolate": "orange", "sienna": "brown", "silver": "gray",
		// Every way to write it.
		"#f00": "red", "#F00F": "red", "#ff0000": "red", "#ff0000ff": "red", "rgb(255,0,0)": "red", "rgb(100% 0% 0% / 50%)": "red",
		"rgba(255, 0, 0, .5)": "red", "hsl(0,100%,50%)": "red", "hsl(-360deg 100% 50%)": "red", "hsla(240, 100%, 50%, 1)": "blue",
		" #808080 ": "gray",
		// The theme knows better what is legible.
		"black": "", "#000": "", "white": "", "whitesmoke": "", "transparent": "", "#f000": "", "rgba(255,0,0,0)": "",
	} {
		if got, ok := nearestColor(value); got != want || !ok {
			t.Errorf("%q is %q, %v, want %q", value, got, ok, want)
		}
	}
	for _, value := range []string{"", "nocolor", "#", "#ff", "#fffff", "#ggg", "#+12", "rgb(1,2)", "rgb(1,2,3", "rgb(NaN,0,0)", "rgb(a,b,c)",
		"hsl(Inf,1%,1%)", "rgb(1,2,3,4,5)", "lab(50% 1 1)", "var(--x)", "inherit", "url(x)", "red;", "expression(1)"} {
		if got, ok := nearestColor(value); ok {
			t.Errorf("%q is %q, want no colour", value, got)
		}
	}
}

func TestEveryClassIsKeptAndReachable(t *testing.T) {
	reach := map[string]string{
		"m-big": "<big>x</big>", "m-media": "<img src=https://x.example/>",
		"m-video": "<video src=https://x.example/></video>", "m-audio": "<audio src=https://x.example/></audio>",
	}
	for _, class := range Classes() {
		src, ok := reach[class]
		if name, found := strings.CutPrefix(class, "m-c-"); found {
			src = "<font color=" + name + ">x</font>"
		} else if name, found := strings.CutPrefix(class, "m-b-"); found {
			src = `<p style="background-color: ` + name + `">x</p>`
		} else if name, found := strings.CutPrefix(class, "m-"); found && !ok {
			src = "<p align=" + name + ">x</p>"
		}
		if got := checkMessage(t, src).HTML; !strings.Contains(got, class) {
			t.Errorf("%s: %q gives %q", class, src, got)
		}
		typed := `<a class="other ` + class + ` m-media" href="https://x.example/">x</a>`
		if got := checkMessage(t, typed); !strings.Contains(got.HTML, class) || strings.Contains(got.HTML, "other") || len(got.Dropped) != 1 {
			t.Errorf("%q gives %q, dropped %q", typed, got.HTML, got.Dropped)
		}
	}
}

func TestStyleBecomesClasses(t *testing.T) {
	for src, want := range map[string]string{
		`<b style="color:red;background-color:#ff0;text-align:center">x</b>`: `<b class="m-center m-c-red m-b-yellow">x</b>`,
		`<b style="COLOR : Red !important">x</b>`:                            `<b class="m-c-red">x</b>`,
		`<b style="background: blue">x</b>`:                                  `<b class="m-b-blue">x</b>`,
		`<b style="color:red;color:blue">x</b>`:                              `<b class="m-c-blue">x</b>`,
		`<b style="color:black">x</b>`:                                       `<b>x</b>`,
		`<font color=navy>x</font>`:                                          `<span class="m-c-blue">x</span>`,
		`<center style="text-align:right">x</center>`:                        `<div class="m-right">x</div>`,
		`<p align=middle>x</p>`:                                              `<p class="m-center">x</p>`,
		`<table bgcolor=red><tr><td align=right bgcolor=#00f>x</table>`: `<table class="m-b-red"><tbody><tr>` +
			`<td class="m-right m-b-blue">x</td></tr></tbody></table>`,
		`<p class="m-c-red m-c-red m-b-blue">x</p>`: `<p class="m-c-red m-b-blue">x</p>`,
	} {
		if got := checkMessage(t, src); got.HTML != want || len(got.Dropped) > 0 {
			t.Errorf("%s:\ngot  %s, dropped %q\nwant %s", src, got.HTML, got.Dropped, want)
		}
	}
	for _, style := range []string{"color:red;width:3px", "position:fixed", "color:nocolor", "text-align:x", "background:url(x)", "x"} {
		if got := checkMessage(t, `<p style="`+style+`">x</p>`); len(got.Dropped) != 1 || got.Dropped[0] != "style" {
			t.Errorf("%q: dropped %q, want style", style, got.Dropped)
		}
	}
}
