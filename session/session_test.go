package session

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// carry is a request with the cookies that w has set, as a browser sends them.
func carry(cookies ...*http.Cookie) *http.Request {
	r := httptest.NewRequest("GET", "/r/ROOM", nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	return r
}

func seal(t *testing.T, s *Sealer, sess Session) *http.Cookie {
	t.Helper()
	w := httptest.NewRecorder()
	if err := s.Set(w, sess); err != nil {
		t.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

var ana = Session{Room: "ROOM", Participant: "ANA"}

func TestASealedSessionOpens(t *testing.T) {
	s := NewSealer(false)
	c := seal(t, s, ana)
	if got, err := s.Read(carry(c), "ROOM"); got != ana || err != nil {
		t.Errorf("Read = %v, %v", got, err)
	}
	if strings.Contains(c.Value, "ANA") || strings.Contains(c.Value, "ROOM") {
		t.Errorf("the cookie can be read: %q", c.Value)
	}
	if again := seal(t, s, ana); again.Value == c.Value {
		t.Error("the same session is sealed alike twice: cookies could be compared")
	}
}

func TestReadRefusesWhatIsNotThisSession(t *testing.T) {
	s := NewSealer(false)
	good := seal(t, s, ana)
	changed := func(value string) *http.Cookie { return &http.Cookie{Name: good.Name, Value: value} }
	for name, cookies := range map[string][]*http.Cookie{
		"none":             nil,
		"empty":            {changed("")},
		"another room":     {seal(t, s, Session{"OTHER", "ANA"})},
		"other keys":       {seal(t, NewSealer(false), ana)},
		"truncated":        {changed(good.Value[1:])},
		"without its end":  {changed(good.Value[:len(good.Value)-2])},
		"another name":     {{Name: "__Secure-mayfly", Value: good.Value}},
		"longer":           {changed(good.Value + "A")},
		"a sealer's https": {seal(t, NewSealer(true), ana)},
	} {
		if got, err := s.Read(carry(cookies...), "ROOM"); !errors.Is(err, ErrNone) || got != (Session{}) {
			t.Errorf("%s: Read = %v, %v", name, got, err)
		}
	}
	for i := range good.Value {
		b := []byte(good.Value)
		b[i] ^= 1
		if _, err := s.Read(carry(changed(string(b))), "ROOM"); err == nil && i < len(b)-2 { // the last characters carry padding
			t.Errorf("byte %d may be changed", i)
		}
	}
}

func TestTheFirstCookieThatOpensCounts(t *testing.T) {
	s := NewSealer(false)
	cookies := []*http.Cookie{{Name: "mayfly", Value: "x"}, seal(t, s, Session{"OTHER", "BOB"}), seal(t, s, ana), seal(t, s, Session{"ROOM", "BOB"})}
	if got, err := s.Read(carry(cookies...), "ROOM"); got != ana || err != nil {
		t.Errorf("Read = %v, %v", got, err)
	}
}

func TestASessionOutlivesNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSealer(false)
		c := seal(t, s, ana)
		time.Sleep(time.Hour)
		if _, err := s.Read(carry(c), "ROOM"); err != nil {
			t.Errorf("after an hour: %v", err)
		}
		time.Sleep(time.Second)
		if _, err := s.Read(carry(c), "ROOM"); !errors.Is(err, ErrNone) {
			t.Errorf("a second later: %v", err)
		}
	})
}

func TestCookieAttributes(t *testing.T) {
	for secure, name := range map[bool]string{false: "mayfly", true: "__Secure-mayfly"} {
		s := NewSealer(secure)
		c := seal(t, s, ana)
		if c.Name != name || c.Path != "/r/ROOM" || !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode ||
			c.MaxAge != 0 || !c.Expires.IsZero() || c.Domain != "" {
			t.Errorf("cookie %v", c)
		}
		w := httptest.NewRecorder()
		s.Clear(w, "ROOM")
		if c := w.Result().Cookies()[0]; c.Name != name || c.Path != "/r/ROOM" || c.MaxAge != -1 || c.Value != "" || c.Secure != secure {
			t.Errorf("clearing: %v", c)
		}
	}
}
