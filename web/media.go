package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/idna"

	"mayfly/views"
)

// mediaURLBytes is the longest address of media from elsewhere: what browsers
// and servers commonly take.
const mediaURLBytes = 2048

// hostPattern is a host and port that can stand in a Content-Security-Policy
// without meaning anything else.
var hostPattern = regexp.MustCompile(`^([a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$`)

// hostNames takes the names that browsers take, with underscores too.
var hostNames = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// media answers a click on media from elsewhere with a small frame that may
// load from that one host, run nothing and reach nobody.
func (s *Server) media(c echo.Context) error {
	if _, _, err := s.participant(c); err != nil {
		return err
	}
	f, err := readForm(c, formBytes, "url", "kind")
	if err != nil {
		return err
	}
	address, origin, err := mediaAddress(f["url"])
	if err != nil {
		return err
	}
	kind := f["kind"]
	if kind != "video" && kind != "audio" {
		kind = "image"
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'none'",
		"img-src " + origin,
		"media-src " + origin,
		"style-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'self'",
		"sandbox",
	}, "; "))
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	return render(c, http.StatusOK, views.Media(views.MediaPage{URL: address, Kind: kind}))
}

// mediaAddress checks an http(s) address and returns it with its origin, the
// host in ASCII.
func mediaAddress(raw string) (address, origin string, err error) {
	if len(raw) > mediaURLBytes {
		return "", "", errMediaURL
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Opaque != "" {
		return "", "", errMediaURL
	}
	host := strings.ToLower(u.Host)
	if !strings.HasPrefix(host, "[") {
		name, port, _ := strings.Cut(host, ":")
		if name, err = hostNames.ToASCII(strings.TrimSuffix(name, ".")); err != nil {
			return "", "", errMediaURL
		}
		if host = name; port != "" {
			host += ":" + port
		}
	}
	if !hostPattern.MatchString(host) {
		return "", "", errMediaURL
	}
	u.Host = host
	return u.String(), u.Scheme + "://" + host, nil
}
