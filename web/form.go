package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

// form is a posted form's fields, each at most once, all of it UTF-8.
type form map[string]string

// readForm reads a form of at most maxBytes and keeps the named fields: a
// missing one is empty, an unknown one is ignored, a doubled one is an error.
func readForm(c echo.Context, maxBytes int64, fields ...string) (form, error) {
	r := c.Request()
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		return nil, errNotAForm
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, maxBytes))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return nil, errFormTooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, errSlowForm
	}
	if err != nil {
		return nil, errBrokenForm
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errBrokenForm
	}
	f := form{}
	for _, name := range fields {
		v := values[name]
		switch {
		case len(v) > 1:
			return nil, errDoubledField
		case len(v) == 1 && !utf8.ValidString(v[0]):
			return nil, errNotUTF8
		case len(v) == 1:
			f[name] = v[0]
		}
	}
	return f, nil
}
