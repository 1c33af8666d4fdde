// Package web speaks HTTP and WebSocket: routes, pages, sockets, headers and
// limits over the domain in package rooms.
package web

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"mayfly/rooms"
	"mayfly/session"
)

// Bounds on how long and how much a client may keep the server reading.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second // header and body of a request
	writeTimeout      = 30 * time.Second // a password may wait its turn to be hashed
	idleTimeout       = 60 * time.Second
	maxHeaderBytes    = 16 << 10
	formBytes         = 8 << 10 // every form but the composer's
)

// Options are what a server needs to know. Registry is required.
type Options struct {
	Registry       *rooms.Registry
	BaseURL        *url.URL // what share links start with; nil: the request
	TrustedProxies []netip.Prefix
	ExitURL        *url.URL     // where "Exit this page" leads to; nil: a page of our own
	Log            *slog.Logger // errors of our own making; nil: none
}

// Server answers for all rooms of one registry.
type Server struct {
	options  Options
	registry *rooms.Registry
	limits   rooms.Limits // the registry's
	sealer   *session.Sealer
	sources  *sources
	receipts *receipts
	pumps    pumps
	heart    heart
	screens  screens
	log      *slog.Logger
	secure   bool // https: known from the base URL, for we never end TLS ourselves
	handler  http.Handler
}

// NewServer makes a server with fresh session keys.
func NewServer(o Options) *Server {
	secure := o.BaseURL != nil && o.BaseURL.Scheme == "https"
	s := &Server{
		options:  o,
		registry: o.Registry,
		limits:   o.Registry.Limits(),
		sealer:   session.NewSealer(secure),
		sources:  newSources(o.TrustedProxies),
		receipts: newReceipts(),
		log:      o.Log,
		secure:   secure,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.handler = s.routes()
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// HTTPServer is an http.Server for s with every timeout set and a quiet error
// log.
func (s *Server) HTTPServer() *http.Server {
	return &http.Server{
		Handler:           s,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          quietLog(s.log),
		ConnContext:       withConn,
	}
}

func (s *Server) routes() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.Logger.SetOutput(io.Discard)
	e.IPExtractor = s.sources.extract
	e.HTTPErrorHandler = s.handleError
	e.Use(s.recover, s.headers, s.sameOrigin())

	page := func(path string, h echo.HandlerFunc) {
		e.GET(path, h)
		e.HEAD(path, h)
	}
	page("/", s.home)
	page("/healthz", s.healthz)
	page("/static/:hash/:name", s.static)
	page("/receipt/:receipt", s.receipt)
	page(neutralPath, s.neutral)
	page("/r/:room", s.room)
	page("/r/:room/exit", s.exiting)
	page("/r/:room/session", s.session)
	page("/r/:room/qr", s.qr)
	page("/r/:room/compose", s.compose)
	page("/r/:room/ended/:cause", s.ended)
	e.GET("/r/:room/ws", s.socket)
	e.GET("/r/:room/live", s.live)
	e.POST("/rooms", s.create)
	e.POST("/r/:room/join", s.join)
	e.POST("/r/:room/messages", s.postMessage)
	e.POST("/r/:room/media", s.media)
	e.POST("/r/:room/arm", s.arm)
	e.POST("/r/:room/disarm", s.disarm)
	e.POST("/r/:room/exit", s.exit)
	e.POST("/r/:room/stay", s.stay)
	e.POST("/r/:room/logout", s.logout)
	e.POST("/r/:room/purge", s.purge)
	return e
}

func (s *Server) healthz(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// origin is what links to this server start with, without a slash at the end.
func (s *Server) origin(r *http.Request) string {
	if s.options.BaseURL != nil {
		return s.options.BaseURL.Scheme + "://" + s.options.BaseURL.Host
	}
	return "http://" + r.Host
}

// insecure reports whether the network can read along: plain http to another
// computer. Onion services encrypt by themselves.
func (s *Server) insecure(r *http.Request) bool {
	if s.secure {
		return false
	}
	host := r.Host
	if s.options.BaseURL != nil {
		host = s.options.BaseURL.Host
	}
	return !isLocal(hostname(host)) && !isOnion(hostname(host))
}

func hostname(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return hostport
}
