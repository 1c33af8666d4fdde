package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/andybalholm/brotli"
	"github.com/labstack/echo/v4"
	"github.com/sethvargo/go-diceware/diceware"

	"mayfly/rooms"
	"mayfly/session"
	"mayfly/static"
	"mayfly/views"
)

// render writes a page only when all of it could be made.
func render(c echo.Context, status int, page templ.Component) error {
	var b bytes.Buffer
	// Into memory, so whatever became of the request in the meantime.
	if err := page.Render(context.WithoutCancel(c.Request().Context()), &b); err != nil {
		return fmt.Errorf("rendering page: %w", err)
	}
	return writePage(c, status, b.Bytes())
}

// How pages are compressed with Brotli: a room of 25 KB to 6.2, in 0.9 ms and with
// 0.9 MiB of memory; gzip takes 0.6 ms and 0.8 MiB for 6.6.
const (
	pageQuality = 5
	pageWindow  = 16 // 2^16 bytes
)

// writePage writes a whole page, compressed where the browser takes that. Nothing
// in our pages is worth guessing by their length: what a stranger can put into
// one, a field of a form, is answered to their own browser alone, and no secret
// beside it lives longer than that answer.
func writePage(c echo.Context, status int, page []byte) error {
	h := c.Response().Header()
	h.Set("Vary", "Accept-Encoding")
	accept := c.Request().Header.Get("Accept-Encoding")
	// Not from a pool: a writer keeps the last that it was given.
	var packed bytes.Buffer
	var w io.WriteCloser
	switch {
	case accepts(accept, "br"):
		h.Set("Content-Encoding", "br")
		w = brotli.NewWriterOptions(&packed, brotli.WriterOptions{Quality: pageQuality, LGWin: pageWindow})
	case accepts(accept, "gzip"):
		h.Set("Content-Encoding", "gzip")
		w = gzip.NewWriter(&packed)
	default:
		return c.HTMLBlob(status, page)
	}
	w.Write(page) // into memory, which does not fail
	w.Close()
	h.Set("Content-Length", strconv.Itoa(packed.Len()))
	return c.HTMLBlob(status, packed.Bytes())
}

func (s *Server) frame(c echo.Context) views.Frame {
	return views.Frame{Insecure: s.insecure(c.Request()), ExitTo: s.exitTo()}
}

// roomFrame is the frame of a page whose exit has a session to end.
func (s *Server) roomFrame(c echo.Context) views.Frame {
	frame := s.frame(c)
	frame.ExitForm = roomPath(c) + "/exit"
	return frame
}

// passwordWords is how many words an offered password has: five of 7,776 are
// 64 bits.
const passwordWords = 5

func (s *Server) home(c echo.Context) error {
	if left, err := c.Cookie(checkCookie); err == nil && (left.Value == checkLeft || left.Value == checkLeftArmed) {
		s.clearCheck(c)
		return render(c, http.StatusOK, views.LoggedOut(s.frame(c), left.Value == checkLeftArmed))
	}
	words, err := diceware.Generate(passwordWords)
	if err != nil {
		return fmt.Errorf("making a password: %w", err)
	}
	s.setCheck(c, checkForm)
	return render(c, http.StatusOK, views.Home(views.HomePage{
		Frame:      s.frame(c),
		Password:   strings.Join(words, "-"),
		Offered:    true,
		MaxMinutes: s.maxMinutes(),
		Lease:      leaseFields[rooms.DefaultLease],
	}))
}

func (s *Server) maxMinutes() int { return max(1, int(s.limits.Lifetime/time.Minute)) }

// leaseFields are the values of the form's field "lease".
var leaseFields = map[time.Duration]string{
	2 * time.Minute:  "2",
	5 * time.Minute:  "5",
	15 * time.Minute: "15",
	rooms.LeaseRoom:  "room",
}

// unusable is a time that the registry refuses, together with whatever else is
// wrong with a form.
const unusable = -time.Second

// parseLease turns the field into a lease; an empty one is the default.
func parseLease(field string) time.Duration {
	if field == "" {
		return rooms.DefaultLease
	}
	for lease, f := range leaseFields {
		if f == field {
			return lease
		}
	}
	return unusable
}

// parseMinutes turns the field into a lifetime; an empty one is the default.
func parseMinutes(field string) time.Duration {
	if field == "" {
		return 0
	}
	n, err := strconv.ParseUint(field, 10, 16)
	if err != nil || n == 0 {
		return unusable
	}
	return time.Duration(n) * time.Minute
}

func (s *Server) create(c echo.Context) error {
	f, err := readForm(c, formBytes, "alias", "room", "password", "minutes", "lease", "check")
	if err != nil {
		return err
	}
	room, p, err := s.open(c, f)
	if err != nil {
		x := explain(err)
		if x.apart() {
			return err
		}
		setRetry(c, x)
		s.setCheck(c, checkForm)
		return render(c, x.status, views.Home(views.HomePage{
			Frame: s.frame(c),
			Alias: f["alias"], Room: f["room"], Password: f["password"], Minutes: f["minutes"], Lease: f["lease"],
			MaxMinutes: s.maxMinutes(),
			Problem:    problemAbove(x),
			Problems:   x.fields,
		}))
	}
	return s.enter(c, room, p)
}

func (s *Server) open(c echo.Context, f form) (*rooms.Room, *rooms.Participant, error) {
	if s.cookiesBlocked(c, f) {
		return nil, nil, errCookies
	}
	return s.registry.Create(c.Request().Context(), rooms.Opening{
		Alias: f["alias"], Name: f["room"], Password: f["password"],
		Lifetime: parseMinutes(f["minutes"]), Lease: parseLease(f["lease"]), Source: s.sources.of(c.Request()),
	})
}

// problemAbove is the sentence above a form, if the problem is not at a field.
func problemAbove(x explanation) string {
	if x.words.Heading == "" {
		return ""
	}
	return x.words.Line()
}

// enter gives the browser its session and leads it into the room.
func (s *Server) enter(c echo.Context, room *rooms.Room, p *rooms.Participant) error {
	if err := s.sealer.Set(c.Response(), session.Session{Room: room.ID, Participant: p.ID}); err != nil {
		return err
	}
	s.clearCheck(c)
	return c.Redirect(http.StatusSeeOther, session.Path(room.ID))
}

// The check cookie tells whether a browser keeps cookies at all: every form
// that needs one comes with it, and with a field that says so. After a logout it
// tells the first page that it is the page for that.
const (
	checkCookie    = "mayfly-check"
	checkForm      = "1"
	checkLeft      = "left"
	checkLeftArmed = "left-armed" // a dead man's switch with it
)

func (s *Server) check(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: checkCookie, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	}
}

func (s *Server) setCheck(c echo.Context, value string) { c.SetCookie(s.check(value, 0)) }
func (s *Server) clearCheck(c echo.Context)             { c.SetCookie(s.check("", -1)) }

// cookiesBlocked reports whether a form of ours came back without the cookie
// that went out with it.
func (s *Server) cookiesBlocked(c echo.Context, f form) bool {
	if f["check"] == "" {
		return false
	}
	return len(c.Request().CookiesNamed(checkCookie)) == 0
}

func (s *Server) static(c echo.Context) error {
	file, ok := static.Find(c.Param("hash"), c.Param("name"))
	if !ok {
		return echo.ErrNotFound
	}
	h := c.Response().Header()
	clear(h) // it is no page
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	if c.Param("name") == "formatter.js" {
		h.Set("Content-Security-Policy", workerPolicy)
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	data := file.Data
	switch accept := c.Request().Header.Get("Accept-Encoding"); {
	case file.Brotli != nil && accepts(accept, "br"):
		h.Set("Content-Encoding", "br")
		data = file.Brotli
	case accepts(accept, "gzip") && (data == nil || len(file.Gzip) < len(data)):
		h.Set("Content-Encoding", "gzip")
		data = file.Gzip
	case data == nil:
		plain, err := gzip.NewReader(bytes.NewReader(file.Gzip))
		if err != nil {
			return fmt.Errorf("unpacking a file of our own: %w", err)
		}
		return c.Stream(http.StatusOK, file.ContentType, plain)
	}
	h.Set("Content-Length", strconv.Itoa(len(data)))
	return c.Blob(http.StatusOK, file.ContentType, data)
}

// workerPolicy is the Content-Security-Policy of a script as a worker, which is a
// place of its own: the one that formats for the preview compiles what it loads.
const workerPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"

// accepts reports whether a browser takes this coding by its Accept-Encoding.
func accepts(accept, coding string) bool {
	for _, one := range strings.Split(accept, ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(one), ";")
		if name == coding && strings.TrimSpace(q) != "q=0" {
			return true
		}
	}
	return false
}
