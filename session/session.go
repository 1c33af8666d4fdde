// Package session seals who a browser is in which room into a cookie.
package session

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/securecookie"
)

// ErrNone says that the request carries no session for this room: no cookie,
// or one that was forged, is of another process or belongs to another room.
var ErrNone = errors.New("no session for this room")

// Session is the cookie's content: which participant of which room.
type Session struct {
	Room        string `json:"r"`
	Participant string `json:"p"`
}

// maxAge bounds how long a sealed cookie is believed: no room lives longer.
// The participant it names usually goes earlier, and the session with it.
const maxAge = time.Hour

// Sealer seals sessions with keys of its own that are never written anywhere:
// no session outlives the process.
type Sealer struct {
	cookie *securecookie.SecureCookie
	secure bool
}

// NewSealer makes new random keys. secure is for https: cookies then carry
// Secure and the __Secure- prefix.
func NewSealer(secure bool) *Sealer {
	hashKey, blockKey := make([]byte, 64), make([]byte, 32)
	rand.Read(hashKey)
	rand.Read(blockKey)
	c := securecookie.New(hashKey, blockKey)
	c.SetSerializer(securecookie.JSONEncoder{})
	c.MaxAge(int(maxAge.Seconds()))
	return &Sealer{cookie: c, secure: secure}
}

func (s *Sealer) name() string {
	if s.secure {
		return "__Secure-mayfly"
	}
	return "mayfly"
}

// Path is the address of a room, and the path its cookie is bound to.
func Path(room string) string { return "/r/" + room }

func (s *Sealer) make(room, value string) *http.Cookie {
	return &http.Cookie{
		Name: s.name(), Value: value, Path: Path(room),
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	}
}

// Set gives the browser its session. The cookie ends with the browser.
func (s *Sealer) Set(w http.ResponseWriter, sess Session) error {
	value, err := s.cookie.Encode(s.name(), sess)
	if err != nil {
		return fmt.Errorf("sealing session: %w", err)
	}
	http.SetCookie(w, s.make(sess.Room, value))
	return nil
}

// Clear takes the room's cookie out of the browser.
func (s *Sealer) Clear(w http.ResponseWriter, room string) {
	c := s.make(room, "")
	c.MaxAge = -1
	http.SetCookie(w, c)
}

// Forget is Clear for a browser that has sent such a cookie, and nothing for
// any other.
func (s *Sealer) Forget(w http.ResponseWriter, r *http.Request, room string) {
	if len(r.CookiesNamed(s.name())) > 0 {
		s.Clear(w, room)
	}
}

// Read opens the request's session for this room, or returns ErrNone. A browser
// may send several cookies of the name; the first that opens counts.
func (s *Sealer) Read(r *http.Request, room string) (Session, error) {
	for _, c := range r.CookiesNamed(s.name()) {
		var sess Session
		if s.cookie.Decode(s.name(), c.Value, &sess) == nil && sess.Room == room {
			return sess, nil
		}
	}
	return Session{}, ErrNone
}
