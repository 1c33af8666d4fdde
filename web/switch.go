package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"mayfly/rooms"
	"mayfly/views"
)

// minutes is n minutes, or a time out of every bound.
func minutes(n int64) time.Duration {
	if n < 0 || n > int64(rooms.SwitchMax/time.Minute) {
		return -1
	}
	return time.Duration(n) * time.Minute
}

// arm is the dead man's switch without scripts: arming it, and tapping.
func (s *Server) arm(c echo.Context) error {
	room, p, err := s.participant(c)
	if err != nil {
		return err
	}
	f, err := readForm(c, formBytes, "minutes", "back")
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(f["minutes"], 10, 64)
	if err != nil {
		n = -1
	}
	return s.switched(c, room, p, f, room.Arm(p, minutes(n)))
}

func (s *Server) disarm(c echo.Context) error {
	room, p, err := s.participant(c)
	if err != nil {
		return err
	}
	f, err := readForm(c, formBytes, "back")
	if err != nil && !errors.Is(err, errNotAForm) {
		return err
	}
	return s.switched(c, room, p, f, room.Disarm(p))
}

// switched shows the room again, and above the composer what went wrong.
func (s *Server) switched(c echo.Context, room *rooms.Room, p *rooms.Participant, f form, err error) error {
	if err == nil {
		return c.Redirect(http.StatusSeeOther, backTo(c, f))
	}
	x := explain(err)
	if x.apart() {
		return err
	}
	setRetry(c, x)
	return s.renderRoom(c, x.status, room, p, f["back"], problemAbove(x), "")
}

// switchOffer is how many minutes the form offers.
const switchOffer = 5

// moment is a time as a page shows it; the zero time is never.
func moment(t time.Time) views.Moment {
	if t.IsZero() {
		return views.Moment{}
	}
	return views.Moment{At: rooms.At(t), Clock: t.UTC().Format("15:04:05 UTC")}
}
