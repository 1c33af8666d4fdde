// Package views holds Mayfly's pages: templ components over plain structs that
// say what to show, with nothing left to compute. Every sentence a visitor can
// read stands here, those that scripts show included.
package views

// Frame is what surrounds every page.
type Frame struct {
	// Insecure says that the page travels over plain http outside this
	// computer, so the network can read along; a banner tells the visitor.
	Insecure bool

	// ExitTo is where "Exit this page" leads to. ExitForm is what it posts to
	// before, where there is a session to end; empty elsewhere.
	ExitTo, ExitForm string

	// GoOn is where a browser without scripts goes on at once; empty: nowhere.
	GoOn string
}

// HomePage is the form "Create a room" and how it works.
type HomePage struct {
	Frame
	Alias, Room, Password string // what was typed; Password is an offer at first
	Offered               bool   // Password was made by the server
	Minutes               string
	MaxMinutes            int
	Lease                 string // "2", "5", "15" or "room"
	Problem               string // a sentence about the whole form, may be empty
	Problems              map[string]string
}

// JoinPage is the form for somebody who has the link and no session.
type JoinPage struct {
	Frame
	Path            string // "/r/{id}"
	ReceiptID       string // fresh address of a receipt, should the room be purged from here
	Alias, Password string // what was typed
	Problem         string
	Problems        map[string]string // by field: "alias", "password"
}

// RoomPage is the room for a participant.
type RoomPage struct {
	Frame
	Path                 string // "/r/{id}"
	ReceiptID            string // fresh address of a receipt, should the room be purged from here
	ShareURL             string
	Name                 string
	You                  Person
	People               []Person // everybody present, You included
	EndsAt               string   // RFC 3339, UTC
	EndsClock            string   // "14:02 UTC"
	LeftSeconds          int
	LifeSeconds          int    // from the room's beginning to its end
	LeftText             string // "58 minutes", for browsers without scripts
	LeaseSeconds         int
	MessageBytes         int
	PurgeAt              Moment // when a dead man's switch fires
	OwnPurgeAt           Moment // the same of this participant's own
	SwitchMinutes        int    // what a tap grants, or an offer
	SwitchMin, SwitchMax int    // in minutes
	Notice               string // what came of a form posted without scripts, may be empty
	Draft                string // text that was not accepted, put back into the composer
	SendID               string // fresh id for the composer's hidden field
	Back                 string // which page without scripts the forms lead back to; empty: the room's own
}

// scripted reports whether scripts run on the page, and so whether it has what
// only they can use.
func (p RoomPage) scripted() bool { return p.Back == "" }

// Facts is what a page without scripts says of the room, again whenever it changes.
type Facts struct {
	People   []Person
	You      string // ID
	LeftText string
	PurgeAt  Moment
}

// Message is one line of the log that somebody wrote.
type Message struct {
	Seq     string
	Alias   string
	Badge   string
	Own     bool
	Follows bool   // the line before it is a message of the same author
	At      string // RFC 3339
	Clock   string // "14:02"
	HTML    string // formatted
}

// Fuse is when a page without scripts goes blank by itself.
type Fuse struct {
	Nonce        string
	LeftSeconds  int // until the room ends
	LeaseSeconds int
	StaleSeconds int    // without contact, until the page says so
	Turn         string // "a" and "b" by turns: a new name begins the lease anew
}

// Person is one line of the list of people.
type Person struct {
	ID, Alias, State string // State: "here", "away" or "offline"
	Badge            string // as on the wire: "teal leaf"
}

// Moment is a time for scripts and for people; the zero Moment is never.
type Moment struct {
	At    string // RFC 3339, UTC
	Clock string // "14:02:10 UTC"
}

// ProblemPage is any page that says what went wrong and what to do next.
type ProblemPage struct {
	Frame
	Heading, Sentence  string
	NextText, NextHref string
}

// ReceiptPage tells the purger what was confirmed; counts only.
type ReceiptPage struct {
	Frame
	Screens   int    // screens the room had when it was purged
	Confirmed int    // of these, how many said that they are wiped
	Took      string // "0.3 s", until the last confirmation
	BlankBy   string // "14:02 UTC": when the others go blank at the latest; empty if none is left
	BlankIn   string // "4 minutes": the same, from now; empty when that is over
}

// MediaPage is the sandboxed frame with one piece of media from elsewhere.
type MediaPage struct {
	URL  string
	Kind string // "image", "video" or "audio"
}
