package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"mayfly/rooms"
	"mayfly/views"
)

// purgeWait is how long a purge waits for screens to confirm. A screen has a
// second (endedWait); the rest is for the line.
const purgeWait = 1500 * time.Millisecond

// neutralPath is the built-in page that an exit leads to. It says nothing of
// Mayfly, not in its address either.
const neutralPath = "/measures"

// leaveBrowser takes what the browser keeps of this room: its cookie, and the
// pages it cached.
func (s *Server) leaveBrowser(c echo.Context) {
	s.sealer.Clear(c.Response(), c.Param("room"))
	if s.trustworthy(c.Request()) {
		c.Response().Header().Set("Clear-Site-Data", `"cache"`)
	}
}

// logout ends the session. The page it leads to is told so by the check cookie:
// no address says that somebody was in a room.
func (s *Server) logout(c echo.Context) error {
	room, p, err := s.participant(c)
	if err != nil {
		return err
	}
	left := checkLeft
	if !room.Switch(p).At.IsZero() {
		left = checkLeftArmed
	}
	room.Leave(p, rooms.LoggedOut)
	s.leaveBrowser(c)
	s.setCheck(c, left)
	return c.Redirect(http.StatusSeeOther, "/")
}

// exit leaves for the neutral page, whatever there is to leave. With the field
// purge the room goes too, unless its sender comes back by stay within
// rooms.ExitUndo; until then the session stays.
func (s *Server) exit(c echo.Context) error {
	room, p, err := s.participant(c)
	if err != nil {
		return s.goNeutral(c)
	}
	f, err := readForm(c, formBytes, "purge")
	if err == nil && f["purge"] != "" && room.PurgeOnExit(p) == nil {
		return c.Redirect(http.StatusSeeOther, roomPath(c)+"/exit")
	}
	room.Leave(p, rooms.LoggedOut)
	return s.goNeutral(c)
}

// exiting is the neutral page with the way back, and asks again when that has
// closed.
func (s *Server) exiting(c echo.Context) error {
	room, p, err := s.participant(c)
	if err != nil {
		return s.goNeutral(c)
	}
	purge := room.Switch(p)
	if !purge.Exit {
		return c.Redirect(http.StatusSeeOther, roomPath(c))
	}
	c.Response().Header().Set("Refresh", fmt.Sprint(seconds(time.Until(purge.At))))
	return render(c, http.StatusOK, views.Measures(roomPath(c)+"/stay"))
}

// stay takes back the purge that went with an exit.
func (s *Server) stay(c echo.Context) error {
	room, p, err := s.participant(c)
	if err == nil {
		err = room.Stay(p)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, roomPath(c))
}

func (s *Server) goNeutral(c echo.Context) error {
	s.leaveBrowser(c)
	s.clearCheck(c)
	return c.Redirect(http.StatusSeeOther, neutralPath)
}

// neutral leads on to the host's choice by itself: a form may not be answered
// with another site's address, for the page's policy keeps forms here.
func (s *Server) neutral(c echo.Context) error {
	if s.options.ExitURL != nil {
		c.Response().Header().Set("Refresh", "0; url="+s.options.ExitURL.String())
	}
	return render(c, http.StatusOK, views.Measures(""))
}

// exitTo is where an exit leads to.
func (s *Server) exitTo() string {
	if s.options.ExitURL != nil {
		return s.options.ExitURL.String()
	}
	return neutralPath
}

// purge ends the room for everybody, for a participant or for anybody who
// knows the password. The form brings the address of its receipt, so that whoever
// did not hear the answer can ask again and gets the same.
func (s *Server) purge(c echo.Context) error {
	f, err := readForm(c, formBytes, "alias", "password", "receipt")
	if err != nil && !errors.Is(err, errNotAForm) {
		return err
	}
	room, p, err := s.participant(c)
	if errors.Is(err, rooms.ErrNotFound) && s.receipts.has(f["receipt"]) {
		return s.showReceipt(c, f["receipt"])
	}
	if errors.Is(err, errNoSession) {
		if _, typed := f["password"]; !typed {
			return err
		}
		if err := room.Authenticate(c.Request().Context(), f["password"], s.sources.of(c.Request())); err != nil {
			return s.renderJoin(c, f, err)
		}
	} else if err != nil {
		return err
	}
	receipt := s.receipts.open(f["receipt"])
	ending := room.Purge(p)
	if ending == nil {
		s.receipts.drop(receipt)
		return rooms.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), purgeWait)
	defer cancel()
	receipt.fill(ending.Wait(ctx))
	return s.showReceipt(c, receipt.id)
}

func (s *Server) showReceipt(c echo.Context, id string) error {
	s.leaveBrowser(c)
	return c.Redirect(http.StatusSeeOther, "/receipt/"+id)
}
