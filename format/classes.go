package format

import (
	"slices"
	"strings"
)

// The classes that are not colours. Inline style never reaches a page (it
// would need a weaker Content-Security-Policy); these stand in for it.
const (
	classBig   = "m-big"
	classMedia = "m-media" // a link to media from elsewhere
	classVideo = "m-video" // beside m-media: the media is a video
	classAudio = "m-audio" // beside m-media: the media is a recording
	textColor  = "m-c-"    // followed by a name of colors
	background = "m-b-"
)

var (
	alignments   = []string{"left", "center", "right", "justify"}
	mediaClasses = []string{classMedia, classVideo, classAudio}
	lookClasses  = func() []string {
		list := []string{classBig}
		for _, name := range alignments {
			list = append(list, "m-"+name)
		}
		for _, prefix := range []string{textColor, background} {
			for _, c := range colors {
				if class := prefix + c.name; !slices.Contains(list, class) {
					list = append(list, class)
				}
			}
		}
		return list
	}()
)

// Classes returns every class that a formatted message can carry, for the
// style sheet to define: m-c-NAME colours text, m-b-NAME its background.
func Classes() []string { return slices.Concat(lookClasses, mediaClasses) }

// look collects the classes of one element.
type look map[string]bool

// keep adds the classes of ours in a typed class attribute, on the element as,
// and reports whether there were no others.
func (l look) keep(typed, as string) bool {
	all := true
	for _, class := range strings.Fields(typed) {
		if slices.Contains(lookClasses, class) || as == "a" && slices.Contains(mediaClasses, class) {
			l[class] = true
		} else {
			all = false
		}
	}
	return all
}

// style adds the classes that stand for a typed style attribute, and reports
// whether they say all of it.
func (l look) style(typed string) bool {
	all := true
	for declaration := range strings.SplitSeq(typed, ";") {
		property, value, _ := strings.Cut(declaration, ":")
		value, _, _ = strings.Cut(value, "!important")
		switch property = strings.ToLower(strings.TrimSpace(property)); property {
		case "":
		case "color":
			all = l.color(textColor, value) && all
		case "background", "background-color":
			all = l.color(background, value) && all
		case "text-align":
			all = l.align(value) && all
		default:
			all = false
		}
	}
	return all
}

// align adds the class of a text-align or align value.
func (l look) align(value string) bool {
	value = strings.ToLower(strings.TrimSpace(value))
	if value == "middle" {
		value = "center"
	}
	if !slices.Contains(alignments, value) {
		return false
	}
	for _, other := range alignments {
		l.remove("m-" + other)
	}
	l["m-"+value] = true
	return true
}

// color adds the class of the theme's colour nearest to a CSS value. Black,
// white and the transparent are understood and have none: the theme's own
// text and page are what is legible in dark and in light.
func (l look) color(prefix, value string) bool {
	name, ok := nearestColor(value)
	if !ok {
		return false
	}
	for _, c := range colors {
		l.remove(prefix + c.name)
	}
	if name != "" {
		l[prefix+name] = true
	}
	return true
}

func (l look) remove(classes ...string) {
	for _, class := range classes {
		delete(l, class)
	}
}

// String returns the classes in the order of Classes.
func (l look) String() string {
	var list []string
	for _, class := range Classes() {
		if l[class] {
			list = append(list, class)
		}
	}
	return strings.Join(list, " ")
}
