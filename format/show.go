package format

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Links do not nest, and what the renderer writes has no > inside a tag.
var (
	anchor      = regexp.MustCompile(`(?s)<a( [^>]*)>.*?</a>`)
	anchorClass = regexp.MustCompile(` class="([^"]*)"`)
	anchorHref  = regexp.MustCompile(` href="([^"]*)"`)
)

// Media puts what show returns in the place of every link to media from
// elsewhere. formatted is a result of Message; kind is "image", "video" or
// "audio". What show returns must be phrasing content.
func Media(formatted string, show func(kind string, address *url.URL) string) string {
	if !strings.Contains(formatted, classMedia) {
		return formatted
	}
	return anchor.ReplaceAllStringFunc(formatted, func(whole string) string {
		attributes := anchor.FindStringSubmatch(whole)[1]
		class, href := anchorClass.FindStringSubmatch(attributes), anchorHref.FindStringSubmatch(attributes)
		if class == nil || href == nil {
			return whole
		}
		classes := strings.Fields(class[1])
		address, err := url.Parse(html.UnescapeString(href[1]))
		if err != nil || !slices.Contains(classes, classMedia) {
			return whole
		}
		kind := "image"
		switch {
		case slices.Contains(classes, classVideo):
			kind = "video"
		case slices.Contains(classes, classAudio):
			kind = "audio"
		}
		return show(kind, address)
	})
}
