package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"mayfly/format"
	"mayfly/rooms"
	"mayfly/views"
)

// Errors of this package; those of rooms and format come through as they are.
var (
	errCrossSite    = errors.New("cross-site request")
	errNotAForm     = errors.New("not a form")
	errFormTooLarge = errors.New("form too large")
	errBrokenForm   = errors.New("broken form")
	errDoubledField = errors.New("doubled field")
	errNotUTF8      = errors.New("not UTF-8")
	errNoSession    = errors.New("no session")
	errCookies      = errors.New("cookies are blocked")
	errSlowForm     = errors.New("form came too slowly")
	errNotASocket   = errors.New("not a WebSocket handshake")
	errResume       = errors.New("unusable seq or page")
	errMediaURL     = errors.New("unusable media address")
	errNoReceipt    = errors.New("no such receipt")
)

// explanation is an error as a visitor meets it.
type explanation struct {
	status int
	words  views.Words
	retry  time.Duration     // when to try again; 0: no telling
	fields map[string]string // sentences at the fields of a form
	gone   bool              // the one page for rooms that are not there
}

// apart reports whether the error is a page of its own: the form that met it
// has no use any more, or is not to blame.
func (x explanation) apart() bool {
	noSession := x.status == http.StatusUnauthorized && x.fields == nil
	return x.gone || noSession || x.status == http.StatusInternalServerError
}

// explain turns any error into a status and words. Unknown ones are a 500.
func explain(err error) explanation {
	if fields := fieldProblems(err); fields != nil {
		status := http.StatusUnprocessableEntity
		if taken := new(rooms.AliasTakenError); errors.As(err, &taken) {
			status = http.StatusConflict
		}
		if errors.Is(err, rooms.ErrPassword) {
			status = http.StatusUnauthorized
		}
		return explanation{status: status, fields: fields}
	}
	if slow := new(rooms.SlowError); errors.As(err, &slow) {
		return explanation{status: http.StatusTooManyRequests, words: views.WordsTooFast(seconds(slow.Retry)), retry: slow.Retry}
	}
	if cause := rooms.Cause(""); errors.As(err, &cause) {
		if cause == rooms.Shutdown {
			return explanation{status: http.StatusServiceUnavailable, words: views.WordsShutdown, retry: 10 * time.Second}
		}
		return explanation{status: http.StatusNotFound, gone: true}
	}
	for _, known := range explanations {
		if errors.Is(err, known.err) {
			return known.explanation
		}
	}
	if e := new(echo.HTTPError); errors.As(err, &e) {
		switch e.Code {
		case http.StatusNotFound:
			return explanation{status: e.Code, words: views.WordsNotFound}
		case http.StatusMethodNotAllowed:
			return explanation{status: e.Code, words: views.WordsMethod}
		}
	}
	return explanation{status: http.StatusInternalServerError, words: views.WordsInternal}
}

var explanations = []struct {
	err error
	explanation
}{
	{rooms.ErrNotFound, explanation{status: http.StatusNotFound, gone: true}},
	{rooms.ErrForbidden, explanation{status: http.StatusUnauthorized, words: views.WordsNoSession}},
	{errNoSession, explanation{status: http.StatusUnauthorized, words: views.WordsNoSession}},
	{rooms.ErrBusy, explanation{status: http.StatusServiceUnavailable, words: views.WordsBusy, retry: 5 * time.Second}},
	{rooms.ErrRoomFull, explanation{status: http.StatusServiceUnavailable, words: views.WordsRoomFull, retry: time.Minute}},
	{rooms.ErrRooms, explanation{status: http.StatusServiceUnavailable, words: views.WordsRooms, retry: time.Minute}},
	{rooms.ErrPeople, explanation{status: http.StatusServiceUnavailable, words: views.WordsPeople, retry: time.Minute}},
	{rooms.ErrConnections, explanation{status: http.StatusServiceUnavailable, words: views.WordsConnections, retry: time.Minute}},
	{rooms.ErrSourceInRoom, explanation{status: http.StatusTooManyRequests, words: views.WordsSource, retry: time.Minute}},
	{rooms.ErrSourceRooms, explanation{status: http.StatusTooManyRequests, words: views.WordsSourceRooms, retry: time.Minute}},
	{rooms.ErrSwitch, explanation{status: http.StatusUnprocessableEntity, words: views.WordsSwitch}},
	{rooms.ErrMessageID, explanation{status: http.StatusUnprocessableEntity, words: views.WordsMessageID}},
	{rooms.ErrAboveHead, explanation{status: http.StatusBadRequest, words: views.WordsAfter}},
	{errResume, explanation{status: http.StatusBadRequest, words: views.WordsAfter}},
	{format.ErrEmpty, explanation{status: http.StatusUnprocessableEntity, words: views.WordsEmpty}},
	{format.ErrTooLong, explanation{status: http.StatusUnprocessableEntity, words: views.WordsTooLong}},
	{errCrossSite, explanation{status: http.StatusForbidden, words: views.WordsCrossSite}},
	{errNotAForm, explanation{status: http.StatusUnsupportedMediaType, words: views.WordsNotAForm}},
	{errFormTooLarge, explanation{status: http.StatusRequestEntityTooLarge, words: views.WordsTooLarge}},
	{errBrokenForm, explanation{status: http.StatusBadRequest, words: views.WordsBroken}},
	{errSlowForm, explanation{status: http.StatusRequestTimeout, words: views.WordsSlow}},
	{errNotASocket, explanation{status: http.StatusUpgradeRequired, words: views.WordsMethod}},
	{errDoubledField, explanation{status: http.StatusUnprocessableEntity, words: views.WordsDoubled}},
	{errNotUTF8, explanation{status: http.StatusUnprocessableEntity, words: views.WordsNotText}},
	{errCookies, explanation{status: http.StatusBadRequest, words: views.WordsCookies}},
	{errMediaURL, explanation{status: http.StatusUnprocessableEntity, words: views.WordsMediaURL}},
	{errNoReceipt, explanation{status: http.StatusNotFound, words: views.WordsNoReceipt}},
}

// fieldBounds are the shortest and longest text of a field in characters.
var fieldBounds = map[string][2]int{
	"alias":    {1, rooms.AliasMaxRunes},
	"room":     {1, rooms.RoomNameMaxRunes},
	"password": {rooms.PasswordMinRunes, rooms.PasswordMaxRunes},
}

// fieldProblems are the sentences for an error that concerns fields of a form,
// or nil.
func fieldProblems(err error) map[string]string {
	fields := map[string]string{}
	for _, err := range flatten(err) {
		text, taken := new(rooms.TextError), new(rooms.AliasTakenError)
		switch {
		case errors.As(err, &text):
			bounds := fieldBounds[text.Field]
			fields[text.Field] = views.FieldText(string(text.Reason), bounds[0], bounds[1])
		case errors.As(err, &taken):
			fields["alias"] = views.FieldAliasTaken(taken.Free)
		case errors.Is(err, rooms.ErrPassword):
			fields["password"] = views.FieldWrongPassword
		case errors.Is(err, rooms.ErrLifetime):
			fields["minutes"] = views.FieldMinutes
		case errors.Is(err, rooms.ErrLease):
			fields["lease"] = views.FieldLease
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return fields
}

func flatten(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// seconds is d in whole seconds, rounded up, at least 1.
func seconds(d time.Duration) int { return max(1, int((d+time.Second-1)/time.Second)) }

func setRetry(c echo.Context, x explanation) {
	if x.retry > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(seconds(x.retry)))
	}
}

// handleError is the one place where an error becomes an answer and, if it is
// our fault, a line in the log.
func (s *Server) handleError(err error, c echo.Context) {
	// Once an answer has begun, an error is the line's, and may name addresses;
	// unless it is a panic.
	committed := c.Response().Committed && !errors.As(err, new(*panicError))
	if errors.Is(err, context.Canceled) || committed {
		return // nobody is listening
	}
	x := explain(err)
	if x.status == http.StatusInternalServerError {
		s.log.Error("request failed", "method", c.Request().Method, "route", c.Path(), "err", err)
	}
	if c.Response().Committed {
		return
	}
	setRetry(c, x)
	if x.gone || errors.Is(err, errNoSession) {
		s.sealer.Forget(c.Response(), c.Request(), c.Param("room")) // it opens nothing any more
	}
	if x.gone {
		err = render(c, x.status, views.Gone(s.frame(c)))
	} else {
		page := views.ProblemPage{Frame: s.frame(c), Heading: x.words.Heading, Sentence: x.words.Sentence, NextText: views.NextHome, NextHref: "/"}
		if x.status == http.StatusUnauthorized {
			page.NextText, page.NextHref = views.NextJoin, roomPath(c)
		}
		err = render(c, x.status, views.Problem(page))
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		s.log.Error("writing an error page failed", "type", fmt.Sprintf("%T", err))
	}
}
