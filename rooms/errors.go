package rooms

import "errors"

// Errors a caller can tell apart with errors.Is. None of them, nor any other
// error of this package, holds a name, an ID or a text that people wrote.
var (
	ErrNotFound     = errors.New("no such room")
	ErrPassword     = errors.New("wrong password")
	ErrForbidden    = errors.New("not a participant of this room")
	ErrBusy         = errors.New("too many passwords are being checked")
	ErrRoomFull     = errors.New("the room is full")
	ErrSourceInRoom = errors.New("too many participants from one source in this room")
	ErrSourceRooms  = errors.New("too many live rooms from one source")
	ErrRooms        = errors.New("the server holds as many rooms as it may")
	ErrPeople       = errors.New("the server holds as many participants as it may")
	ErrConnections  = errors.New("the server holds as many connections as it may")
	ErrLease        = errors.New("unknown lease")
	ErrLifetime     = errors.New("lifetime out of bounds")
	ErrSwitch       = errors.New("time of a dead man's switch out of bounds")
	ErrMessageID    = errors.New("unusable message id")
	ErrAboveHead    = errors.New("seq above the newest event")
	ErrStale        = errors.New("the same page has subscribed again")
	ErrSlow         = errors.New("reader too slow: events it had not read are gone")
)

// Cause says why a room, or one participant's view of it, ended. It is the
// error of every call on a room that has ended.
type Cause string

// The causes, in the words of the wire. Purged, Expired and Shutdown end a
// room for everybody; the others end one subscription.
const (
	Purged    Cause = "purged"
	Expired   Cause = "expired"
	Shutdown  Cause = "shutdown"
	LoggedOut Cause = "logged-out"
	Kicked    Cause = "kicked"
	Replaced  Cause = "replaced"
)

func (c Cause) Error() string { return "ended: " + string(c) }

// AliasTakenError says that an alias is taken, or looks like one that is, and
// offers one that is free.
type AliasTakenError struct{ Free string }

func (*AliasTakenError) Error() string { return "the alias is taken in this room" }
