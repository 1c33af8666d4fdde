package views

import "strconv"

// Words are what went wrong and what to do next, as a visitor reads it: on a
// page of its own or above the form it concerns.
type Words struct{ Heading, Sentence string }

// What can go wrong, in words.
var (
	WordsNotFound    = Words{"There is no such page", "The address may be mistyped. Start again from the first page."}
	WordsMethod      = Words{"This does not work here", "This address is not meant to be opened like that. Go back, or start from the first page."}
	WordsInternal    = Words{"Something went wrong here", "It is our fault, not yours. Try again in a moment."}
	WordsCrossSite   = Words{"This came from another site", "Mayfly takes only what you send from its own pages. Open the room's link and try there."}
	WordsNotAForm    = Words{"This was not sent as a form", "Send it from the page itself."}
	WordsTooLarge    = Words{"This is too much at once", "Shorten what you typed, then send it again."}
	WordsBroken      = Words{"This form arrived broken", "Go back, load the page again and send it once more."}
	WordsSlow        = Words{"This took too long to arrive", "The line is very slow or broke. Go back and send it again."}
	WordsDoubled     = Words{"A field arrived twice", "Go back, load the page again and send it once more."}
	WordsNotText     = Words{"This is not readable text", "The form did not arrive as UTF-8 text. Type it again and send it once more."}
	WordsNoSession   = Words{"You are not in this room", "Your time here is over, or this browser does not know you. Join with the password."}
	WordsCookies     = Words{"Cookies are blocked", "This browser did not send our cookie back, and a room needs one to know that it is you. Allow cookies for this page, then try again. The cookie ends with the room."}
	WordsBusy        = Words{"The server is busy", "Too many passwords are being checked just now. Try again in a few seconds."}
	WordsRoomFull    = Words{"This room is full", "It holds as many people as it may. Try again when somebody has left."}
	WordsSource      = Words{"Too many people from your network", "This room takes no more people from one address. Try again when somebody has left, or from another network."}
	WordsSourceRooms = Words{"Too many rooms from your network", "As many rooms as one address may hold are open. Try again when one has ended."}
	WordsRooms       = Words{"This server is full", "It holds as many rooms as it may. Try again in a few minutes."}
	WordsPeople      = Words{"This server is full", "It holds as many people as it may. Try again in a few minutes."}
	WordsConnections = Words{"This server is full", "It holds as many connections as it may. Try again in a few minutes."}
	WordsShutdown    = Words{"This server is stopping", "It may be back in a moment. Try again then."}
	WordsAfter       = Words{"This address is wrong", "It asks for something that has not happened yet. Load the room again."}
	WordsMediaURL    = Words{"This cannot be shown", "The address of the picture, video or sound is not one that Mayfly can show."}
	WordsNoReceipt   = Words{"There is no receipt here", "It is kept for two minutes and then forgotten. If you purged the room, it is gone."}
	WordsEmpty       = Words{"There is nothing to send yet", "Type a message first."}
	WordsTooLong     = Words{"This message is too long", "Shorten it, then send it again."}
	WordsSwitch      = Words{"The switch was not armed", "Type a whole number of minutes from 1 to 60."}
	WordsMessageID   = Words{"This message could not be sent", "Send it again."}
)

// WordsTooFast is for whoever has to wait this many seconds.
func WordsTooFast(seconds int) Words {
	return Words{"Too many tries", "Wait " + waiting(seconds) + ", then try again."}
}

// WordsTooManyMessages is for messages that come too fast.
func WordsTooManyMessages(seconds int) Words {
	return Words{"That was too fast", "Your text is still here. Send it again in " + waiting(seconds) + "."}
}

func waiting(seconds int) string {
	if seconds < 120 {
		return Count(seconds, "second", "seconds")
	}
	return Count((seconds+59)/60, "minute", "minutes")
}

// Count is a number with its noun.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// Sentences at a field.
const (
	FieldWrongPassword = "This is not the room's password. Check it and try again."
	FieldMinutes       = "Type a whole number of minutes within the bounds, or leave it empty."
	FieldLease         = "Choose one of the times offered."
)

// FieldAliasTaken is for an alias that somebody has, or that looks like theirs.
func FieldAliasTaken(free string) string {
	return "Somebody here has this alias or one that looks like it. “" + free + "” is free."
}

// FieldText is what is wrong with the text of a field; the bounds are in
// characters.
func FieldText(reason string, least, most int) string {
	switch reason {
	case "empty":
		return "Type something here."
	case "too-short":
		return "Use at least " + Count(least, "character", "characters") + "."
	case "too-long":
		return "Use at most " + Count(most, "character", "characters") + "."
	case "marks":
		return "Too many accents are piled up here. Use fewer."
	}
	return "A character in here cannot be used: it is invisible, changes direction or is not text. Type it again without it."
}

// Next steps on a page of its own.
const (
	NextHome = "Go to the first page"
	NextJoin = "Join with the password"
)
