package static

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"mayfly/rooms"
)

// The contrasts that WCAG 2.2 AA asks for: text on its background (1.4.3), and
// the outline of a control or a focus (1.4.11).
const (
	textContrast    = 4.5
	controlContrast = 3
)

func TestContrast(t *testing.T) {
	light, dark := themes(t)
	for theme, color := range map[string]map[string]string{"light": light, "dark": dark} {
		surfaces := []string{"--color-page", "--color-surface", "--color-own", "--color-inset"}
		grounds := append([]string{}, surfaces...)
		texts := []string{"--color-text", "--color-text-subtle", "--color-link", "--color-accent", "--color-danger"}
		for name := range color {
			if strings.HasPrefix(name, "--back-") {
				grounds = append(grounds, name)
			}
			if strings.HasPrefix(name, "--text-") {
				texts = append(texts, name)
			}
		}
		if len(grounds) != len(surfaces)+10 || len(texts) != 5+10 {
			t.Fatalf("%s: found %d backgrounds and %d texts", theme, len(grounds), len(texts))
		}
		for _, ground := range grounds {
			for _, text := range texts {
				wantContrast(t, theme, color, text, ground, textContrast)
			}
		}
		shapes := []string{"--color-control"}
		for _, badge := range rooms.BadgeColors {
			name := "--badge-" + badge
			if color[name] == "" {
				name = "--text-" + badge
			}
			shapes = append(shapes, name)
		}
		for _, surface := range surfaces {
			for _, shape := range shapes {
				wantContrast(t, theme, color, shape, surface, controlContrast)
			}
		}
		for _, pair := range []string{"accent", "danger", "warning", "exit"} {
			wantContrast(t, theme, color, "--color-on-"+pair, "--color-"+pair, textContrast)
		}
	}
}

func wantContrast(t *testing.T, theme string, color map[string]string, text, ground string, want float64) {
	t.Helper()
	if got := contrast(t, color[text], color[ground]); got < want {
		t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", theme, text, ground, got, want)
	}
}

// themes are the custom properties of the style sheet that are opaque colours;
// dark has those of light where it sets none.
func themes(t *testing.T) (light, dark map[string]string) {
	t.Helper()
	sheet, err := os.ReadFile("base.css")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`:root \{[^}]*\}`).FindAllString(string(sheet), -1)
	if len(blocks) != 2 {
		t.Fatalf("found %d :root blocks, want one for light and one for dark", len(blocks))
	}
	property := regexp.MustCompile(`(--[a-z-]+): (#(?:[0-9a-f]{3}){1,2}|var\(--text-[a-z]+\));`)
	theme := func(blocks ...string) map[string]string {
		color := map[string]string{}
		for _, block := range blocks {
			for _, match := range property.FindAllStringSubmatch(block, -1) {
				color[match[1]] = match[2]
			}
		}
		for name, value := range color {
			if other, ok := strings.CutPrefix(value, "var("); ok {
				color[name] = color[strings.TrimSuffix(other, ")")]
			}
		}
		return color
	}
	return theme(blocks[0]), theme(blocks...)
}

// contrast is WCAG's contrast ratio of two colours written as #rgb or #rrggbb.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(t *testing.T, color string) float64 {
	t.Helper()
	if len(color) == 4 {
		color = string([]byte{'#', color[1], color[1], color[2], color[2], color[3], color[3]})
	}
	if len(color) != 7 {
		t.Fatalf("%q is no colour", color)
	}
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(color[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
