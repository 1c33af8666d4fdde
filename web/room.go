package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"mayfly/format"
	"mayfly/rooms"
	"mayfly/session"
	"mayfly/views"
)

func roomPath(c echo.Context) string { return session.Path(c.Param("room")) }

// participant is who the request's session says it is: ErrNotFound if the room
// is gone, errNoSession if this browser is nobody in it.
func (s *Server) participant(c echo.Context) (*rooms.Room, *rooms.Participant, error) {
	room, err := s.registry.Get(c.Param("room"))
	if err != nil {
		return nil, nil, err
	}
	sess, err := s.sealer.Read(c.Request(), room.ID)
	if err != nil {
		return room, nil, errNoSession
	}
	p, err := room.Participant(sess.Participant)
	if errors.Is(err, rooms.ErrForbidden) {
		return room, nil, errNoSession
	}
	return room, p, err
}

// room shows the room to a participant and the way in to anybody else.
func (s *Server) room(c echo.Context) error {
	room, p, err := s.participant(c)
	if errors.Is(err, errNoSession) {
		s.sealer.Forget(c.Response(), c.Request(), room.ID)
		s.setCheck(c, checkForm)
		return render(c, http.StatusOK, views.Join(views.JoinPage{Frame: s.frame(c), Path: roomPath(c), ReceiptID: newReceiptID()}))
	}
	if err != nil {
		return err
	}
	if showsAtEnd(c.Request()) {
		return c.Redirect(http.StatusSeeOther, roomPath(c)+"/live")
	}
	room.AckFlushed(p)
	return s.renderRoom(c, http.StatusOK, room, p, "", "", "")
}

// renderRoom shows the room again, with what came of a form on the page that the
// form stands on.
func (s *Server) renderRoom(c echo.Context, status int, room *rooms.Room, p *rooms.Participant, back, notice, draft string) error {
	switch back {
	case backCompose:
		return s.renderCompose(c, status, room, p, notice, draft)
	case backOnce:
		return s.newStream(c, room, p).once(status, notice, draft)
	}
	page, err := s.roomPage(c, room, p)
	if err != nil {
		return err
	}
	page.Notice, page.Draft = notice, draft
	if notice == "" {
		page.GoOn = page.Path + "/live"
	}
	return render(c, status, views.Room(page))
}

func (s *Server) roomPage(c echo.Context, room *rooms.Room, p *rooms.Participant) (views.RoomPage, error) {
	people, err := room.People()
	if err != nil {
		return views.RoomPage{}, err
	}
	own := room.Switch(p)
	page := views.RoomPage{
		Frame:         s.roomFrame(c),
		Path:          session.Path(room.ID),
		ReceiptID:     newReceiptID(),
		ShareURL:      s.origin(c.Request()) + session.Path(room.ID),
		Name:          room.Name,
		You:           views.Person{ID: p.ID, Alias: p.Alias},
		EndsAt:        room.Deadline.UTC().Format(time.RFC3339),
		EndsClock:     room.Deadline.UTC().Format("15:04 UTC"),
		LeftSeconds:   int(room.Left() / time.Second),
		LifeSeconds:   int(room.Deadline.Sub(room.Opened) / time.Second),
		LeftText:      leftText(room.Left()),
		LeaseSeconds:  int(room.Lease / time.Second),
		MessageBytes:  s.limits.MessageBytes,
		PurgeAt:       moment(room.PurgeAt()),
		OwnPurgeAt:    moment(own.At),
		SwitchMinutes: switchOffer,
		SwitchMin:     int(rooms.SwitchMin / time.Minute),
		SwitchMax:     int(rooms.SwitchMax / time.Minute),
		SendID:        rooms.NewMessageID(),
	}
	if own.After > 0 {
		page.SwitchMinutes = int(own.After / time.Minute)
	}
	for _, person := range people {
		page.People = append(page.People, viewPerson(person))
	}
	return page, nil
}

func viewPerson(p rooms.Person) views.Person {
	return views.Person{ID: p.ID, Alias: p.Alias, State: string(p.State), Badge: string(p.Badge)}
}

// leftText is the time left for pages whose clock stands still, rounded up.
func leftText(left time.Duration) string {
	return views.Count(int((left+time.Minute-1)/time.Minute), "count.minutes")
}

func (s *Server) join(c echo.Context) error {
	room, err := s.registry.Get(c.Param("room"))
	if err != nil {
		return err
	}
	f, err := readForm(c, formBytes, "alias", "password", "check")
	if err != nil {
		return err
	}
	if s.cookiesBlocked(c, f) {
		return s.renderJoin(c, f, errCookies)
	}
	_, before, err := s.participant(c) // whom this browser was until now, if anybody
	if err != nil && !errors.Is(err, errNoSession) {
		return err
	}
	p, err := room.Join(c.Request().Context(), f["alias"], f["password"], s.sources.of(c.Request()), before)
	if err != nil {
		return s.renderJoin(c, f, err)
	}
	return s.enter(c, room, p)
}

// renderJoin shows the join form again with what is wrong, if that is where
// err belongs. What was typed is kept; a taken alias gives way to a free one.
func (s *Server) renderJoin(c echo.Context, f form, err error) error {
	x := explain(err)
	if x.apart() {
		return err
	}
	alias := f["alias"]
	if taken := new(rooms.AliasTakenError); errors.As(err, &taken) {
		alias = taken.Free
	}
	setRetry(c, x)
	s.setCheck(c, checkForm)
	return render(c, x.status, views.Join(views.JoinPage{
		Frame: s.frame(c), Path: roomPath(c), ReceiptID: newReceiptID(),
		Alias: alias, Password: f["password"],
		Problem: problemAbove(x), Problems: x.fields,
	}))
}

// session answers a script whose reconnect failed: 204 try again, 401 or 404
// wipe.
func (s *Server) session(c echo.Context) error {
	if _, _, err := s.participant(c); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// postMessage is the composer without scripts.
func (s *Server) postMessage(c echo.Context) error {
	room, p, err := s.participant(c)
	if err != nil {
		return err
	}
	// A form writes a byte as at most three.
	f, err := readForm(c, int64(3*s.limits.MessageBytes+formBytes), "html", "id", "back")
	if err != nil {
		return err
	}
	if _, err := s.post(room, p, f["id"], f["html"]); err != nil {
		x := explain(err)
		if x.apart() {
			return err
		}
		setRetry(c, x)
		if x.status == http.StatusTooManyRequests {
			x.words = views.WordsTooManyMessages(seconds(x.retry))
		}
		return s.renderRoom(c, x.status, room, p, f["back"], problemAbove(x), f["html"])
	}
	return c.Redirect(http.StatusSeeOther, backTo(c, f))
}

// post formats a message and puts it into the room. It returns the names of
// what formatting dropped.
func (s *Server) post(room *rooms.Room, p *rooms.Participant, id, html string) (dropped []string, err error) {
	_, err = room.Post(p, id, len(html), func() (string, error) {
		result, err := format.Message(html, s.limits.MessageBytes)
		dropped = result.Dropped
		return result.HTML, err
	})
	return dropped, err
}
