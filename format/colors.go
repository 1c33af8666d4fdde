package format

import (
	"math"
	"strconv"
	"strings"

	"golang.org/x/image/colornames"
)

// colors are the theme's colours, each at one or more places of sRGB: a name
// covers its vivid, its dark and its light tones.
var colors = []struct {
	name string
	rgb  uint32
}{
	{"red", 0xff0000}, {"red", 0x8b0000}, {"red", 0xb22222}, {"red", 0xf08080},
	{"orange", 0xffa500}, {"orange", 0xff7f24},
	{"yellow", 0xffff00}, {"yellow", 0xf0e68c}, {"yellow", 0xfff8dc},
	{"green", 0x008000}, {"green", 0x00ff00}, {"green", 0x90ee90}, {"green", 0x8fbc8f},
	{"teal", 0x008080}, {"teal", 0x00ffff}, {"teal", 0xafeeee}, {"teal", 0x48d1cc}, {"teal", 0xe0ffff},
	{"blue", 0x0000ff}, {"blue", 0x1e90ff}, {"blue", 0xadd8e6},
	{"purple", 0x800080}, {"purple", 0x8a2be2}, {"purple", 0xd8bfd8},
	{"pink", 0xff69b4}, {"pink", 0xff00ff}, {"pink", 0xffc0cb},
	{"brown", 0xa52a2a}, {"brown", 0x8b4513}, {"brown", 0xd2b48c},
	{"gray", 0x808080},
}

// colorsAt are colors in OKLab.
var colorsAt = func() (at [][3]float64) {
	for _, c := range colors {
		at = append(at, oklab(float64(c.rgb>>16)/255, float64(c.rgb>>8&0xff)/255, float64(c.rgb&0xff)/255))
	}
	return at
}()

// Where a colour is a shade of gray, and where that is black or white to the
// eye, in OKLab: chosen so that dimgray to gainsboro are gray, and snow, linen
// and whitesmoke are white.
const (
	grayChroma = 0.03
	blackBelow = 0.30
	whiteFrom  = 0.90
)

// nearestColor returns the name of the theme's colour nearest to a CSS value,
// "" for one that the theme's own text or page stands for, and false if value
// is no colour.
func nearestColor(value string) (name string, ok bool) {
	r, g, b, alpha, ok := parseColor(strings.ToLower(strings.TrimSpace(value)))
	if !ok {
		return "", false
	}
	lab := oklab(r, g, b)
	if chroma := math.Hypot(lab[1], lab[2]); alpha == 0 || chroma < grayChroma {
		if alpha == 0 || lab[0] < blackBelow || lab[0] >= whiteFrom {
			return "", true
		}
		return "gray", true
	}
	best := math.Inf(1)
	for i, at := range colorsAt {
		if d := math.Hypot(math.Hypot(at[0]-lab[0], at[1]-lab[1]), at[2]-lab[2]); d < best && colors[i].name != "gray" {
			best, name = d, colors[i].name
		}
	}
	return name, true
}

// oklab returns the sRGB colour r, g, b (0 to 1) as lightness and two axes of
// hue in which distance is how different colours look (Björn Ottosson, "A
// perceptual color space for image processing", 2020).
func oklab(r, g, b float64) [3]float64 {
	linear := func(c float64) float64 {
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	r, g, b = linear(r), linear(g), linear(b)
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	return [3]float64{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

// parseColor reads a CSS colour in lower case: a name, #rgb, #rgba, #rrggbb,
// #rrggbbaa, rgb(), rgba(), hsl() or hsla(). All results are from 0 to 1.
func parseColor(v string) (r, g, b, alpha float64, ok bool) {
	if v == "transparent" {
		return 0, 0, 0, 0, true
	}
	if c, ok := colornames.Map[v]; ok {
		return float64(c.R) / 255, float64(c.G) / 255, float64(c.B) / 255, 1, true
	}
	if v == "rebeccapurple" { // CSS 4; SVG 1.1 does not have it
		v = "#663399"
	}
	if digits, ok := strings.CutPrefix(v, "#"); ok {
		return parseHex(digits)
	}
	function, list, _ := strings.Cut(v, "(")
	list, closed := strings.CutSuffix(list, ")")
	args := strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(", /\t\n", r) })
	if !closed || len(args) < 3 || len(args) > 4 {
		return 0, 0, 0, 0, false
	}
	alpha = 1
	if len(args) == 4 {
		if alpha, ok = parseNumber(args[3], 1); !ok {
			return 0, 0, 0, 0, false
		}
	}
	switch function {
	case "rgb", "rgba":
		r, ok1 := parseNumber(args[0], 255)
		g, ok2 := parseNumber(args[1], 255)
		b, ok3 := parseNumber(args[2], 255)
		return r, g, b, alpha, ok1 && ok2 && ok3
	case "hsl", "hsla":
		h, err := strconv.ParseFloat(strings.TrimSuffix(args[0], "deg"), 64)
		s, ok2 := parseNumber(args[1], 100)
		l, ok3 := parseNumber(args[2], 100)
		ok = err == nil && math.Abs(h) < 1e6 && ok2 && ok3
		part := func(n float64) float64 { // CSS Color 4, section 7.1
			k := math.Mod(math.Mod(n+h/30, 12)+12, 12)
			return l - s*min(l, 1-l)*max(-1, min(k-3, 9-k, 1))
		}
		return part(0), part(8), part(4), alpha, ok
	}
	return 0, 0, 0, 0, false
}

func parseHex(digits string) (r, g, b, alpha float64, ok bool) {
	if len(digits) == 3 || len(digits) == 4 {
		var twice []byte
		for _, c := range []byte(digits) {
			twice = append(twice, c, c)
		}
		digits = string(twice)
	}
	if len(digits) == 6 {
		digits += "ff"
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	part := func(shift int) float64 { return float64(n>>shift&0xff) / 255 }
	return part(24), part(16), part(8), part(0), err == nil && len(digits) == 8
}

// parseNumber reads a share of one: a percentage, or a number up to full.
func parseNumber(s string, full float64) (float64, bool) {
	s, percent := strings.CutSuffix(s, "%")
	if percent {
		full = 100
	}
	n, err := strconv.ParseFloat(s, 64)
	return max(0, min(n/full, 1)), err == nil && n == n
}
