package format

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// clean returns, of the attributes typed on the element name, what stays on
// the element as that is shown in its place: in alphabetical order, which is
// the order that x/net/html gives them. What says how the element looks becomes
// its class. remote is the address of media that is not in the message.
func clean(name, as string, typed []html.Attribute, d *drops) (attr []html.Attribute, remote string) {
	looks := look{}
	fromSet := "" // the first address of a srcset
	if class := elements[name].class; class != "" {
		looks[class] = true
	}
	table := as == "table" || elements[as].shape&tablePart != 0
	player := as == "audio" || as == "video"
	for _, a := range typed {
		value, ok := tidy(a.Val), true
		switch {
		case a.Key == "class":
			ok = looks.keep(value, as)
		case a.Key == "style":
			// After the others, over which it wins.
		case a.Key == "align" && as != "img": // on a picture it means float
			ok = looks.align(value)
		case a.Key == "color" && name == "font":
			ok = looks.color(textColor, value) || looks.color(textColor, "#"+value)
		case a.Key == "bgcolor" && table:
			ok = looks.color(background, value) || looks.color(background, "#"+value)
		case a.Key == "srcset" && (as == "img" || as == "source"):
			first, _, _ := strings.Cut(strings.TrimLeft(value, blanks), " ")
			fromSet, ok = webLink.apply(strings.TrimRight(first, ","))
		case player && a.Key == "controls", as == "a" && (a.Key == "rel" || a.Key == "target"):
			// Set below, whatever was typed.
		default:
			r, listed := elements[as].attrs[a.Key]
			if !listed {
				r, listed = globalAttrs[a.Key]
			}
			if !listed {
				ok = false
				break
			}
			if clean, fits := r.apply(value); fits {
				attr = append(attr, html.Attribute{Key: a.Key, Val: clean})
			} else if a.Key == "src" {
				remote, ok = webLink.apply(value)
			} else {
				ok = false
			}
		}
		if !ok {
			d.add(a.Key)
		}
	}
	if fromSet != "" && (remote != "" || slices.ContainsFunc(attr, func(a html.Attribute) bool { return a.Key == "src" })) {
		d.add("srcset") // one address is enough
	} else if fromSet != "" {
		remote = fromSet
	}
	for _, a := range typed {
		if a.Key == "style" && !looks.style(tidy(a.Val)) {
			d.add("style")
		}
	}

	if i := slices.IndexFunc(attr, func(a html.Attribute) bool { return a.Key == "href" }); i >= 0 {
		attr = append(attr, apart...)
		if !looks[classMedia] || !webLink.allowed.MatchString(attr[i].Val) {
			looks.remove(mediaClasses...)
		}
	} else {
		looks.remove(mediaClasses...)
	}
	if player {
		attr = append(attr, html.Attribute{Key: "controls"})
	}
	if class := looks.String(); class != "" {
		attr = append(attr, html.Attribute{Key: "class", Val: class})
	}
	slices.SortFunc(attr, func(a, b html.Attribute) int { return strings.Compare(a.Key, b.Key) })
	return attr, remote
}
