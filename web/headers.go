package web

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime"
	"strings"

	"github.com/labstack/echo/v4"
)

// pagePolicy is the Content-Security-Policy of nearly every page: no style of
// its own, and no frame around it.
var pagePolicy = policy("'self'", "'none'")

// policy is that of pages whose styles come from styles and that ancestors may
// frame. Trusted Types leave one way to turn text into markup, static/trusted.js.
func policy(styles, ancestors string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src " + styles,
		"img-src 'self' data:",
		"media-src data:",
		"connect-src 'self'",
		"frame-src 'self'",
		"form-action 'self'",
		"base-uri 'none'",
		"frame-ancestors " + ancestors,
		"require-trusted-types-for 'script'",
		"trusted-types mayfly",
	}, "; ")
}

// headers sets what every answer carries; a handler may replace them.
func (s *Server) headers(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "browsing-topics=(), camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-DNS-Prefetch-Control", "off") // hosts of links are not looked up before a click
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		if s.trustworthy(c.Request()) {
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
		}
		if s.secure {
			h.Set("Strict-Transport-Security", "max-age=63072000")
		}
		return next(c)
	}
}

// trustworthy reports whether a browser takes the page's origin for one. To others
// it does not apply some headers, and complains about them.
func (s *Server) trustworthy(r *http.Request) bool { return s.secure || isLocal(hostname(r.Host)) }

// sameOrigin refuses what another site makes a browser post.
func (s *Server) sameOrigin() echo.MiddlewareFunc {
	protection := http.NewCrossOriginProtection()
	if s.options.BaseURL != nil {
		// Behind a proxy that rewrites Host the browser's origin is this one.
		if err := protection.AddTrustedOrigin(s.origin(nil)); err != nil {
			panic(err) // config checks the base URL
		}
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if protection.Check(c.Request()) != nil {
				return errCrossSite
			}
			return next(c)
		}
	}
}

// recover turns a panic into a 500. The panic's value may hold what people
// wrote, so the log gets its type and where it came from.
func (s *Server) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				err = &panicError{fmt.Sprintf("panic of type %T at %s", v, panicSite())}
			}
		}()
		return next(c)
	}
}

// panicError is a panic that was caught; what says nothing about people.
type panicError struct{ what string }

func (e *panicError) Error() string { return e.what }

// panicSite is the functions on the stack below the panic, without arguments.
func panicSite() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs)])
	var site []string
	for {
		f, more := frames.Next()
		site = append(site, fmt.Sprintf("%s:%d", f.Function, f.Line))
		if !more || len(site) == 6 {
			return strings.Join(site, " < ")
		}
	}
}

// quietLog takes the standard library's own complaints about connections. They
// name addresses and quote requests, so only their number reaches the log.
func quietLog(l *slog.Logger) *log.Logger {
	return log.New(writerFunc(func(p []byte) (int, error) {
		l.Debug("a connection was refused by net/http")
		return len(p), nil
	}), "", 0)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

var _ io.Writer = writerFunc(nil)

// isLocal reports whether a host name means this very computer.
func isLocal(host string) bool {
	host = strings.Trim(strings.ToLower(host), "[].")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func isOnion(host string) bool {
	return strings.HasSuffix(strings.TrimSuffix(strings.ToLower(host), "."), ".onion")
}
