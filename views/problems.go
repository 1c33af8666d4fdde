package views

// Words are what went wrong and what to do next, as a visitor reads it: on a
// page of its own or above the form it concerns.
type Words struct{ Heading, Sentence string }

// What can go wrong, in words.
var (
	WordsNotFound    = Words{Word("problem.not-found.heading"), Word("problem.not-found.sentence")}
	WordsMethod      = Words{Word("problem.method.heading"), Word("problem.method.sentence")}
	WordsInternal    = Words{Word("problem.internal.heading"), Word("problem.internal.sentence")}
	WordsCrossSite   = Words{Word("problem.cross-site.heading"), Word("problem.cross-site.sentence")}
	WordsNotAForm    = Words{Word("problem.not-a-form.heading"), Word("problem.not-a-form.sentence")}
	WordsTooLarge    = Words{Word("problem.too-large.heading"), Word("problem.too-large.sentence")}
	WordsBroken      = Words{Word("problem.broken.heading"), Word("problem.broken.sentence")}
	WordsSlow        = Words{Word("problem.slow.heading"), Word("problem.slow.sentence")}
	WordsDoubled     = Words{Word("problem.doubled.heading"), Word("problem.doubled.sentence")}
	WordsNotText     = Words{Word("problem.not-text.heading"), Word("problem.not-text.sentence")}
	WordsNoSession   = Words{Word("problem.no-session.heading"), Word("problem.no-session.sentence")}
	WordsCookies     = Words{Word("problem.cookies.heading"), Word("problem.cookies.sentence")}
	WordsBusy        = Words{Word("problem.busy.heading"), Word("problem.busy.sentence")}
	WordsRoomFull    = Words{Word("problem.room-full.heading"), Word("problem.room-full.sentence")}
	WordsSource      = Words{Word("problem.source.heading"), Word("problem.source.sentence")}
	WordsSourceRooms = Words{Word("problem.source-rooms.heading"), Word("problem.source-rooms.sentence")}
	WordsRooms       = Words{Word("problem.rooms.heading"), Word("problem.rooms.sentence")}
	WordsPeople      = Words{Word("problem.people.heading"), Word("problem.people.sentence")}
	WordsConnections = Words{Word("problem.connections.heading"), Word("problem.connections.sentence")}
	WordsShutdown    = Words{Word("problem.shutdown.heading"), Word("problem.shutdown.sentence")}
	WordsAfter       = Words{Word("problem.after.heading"), Word("problem.after.sentence")}
	WordsMediaURL    = Words{Word("problem.media-url.heading"), Word("problem.media-url.sentence")}
	WordsNoReceipt   = Words{Word("problem.no-receipt.heading"), Word("problem.no-receipt.sentence")}
	WordsEmpty       = Words{Word("problem.empty.heading"), Word("problem.empty.sentence")}
	WordsTooLong     = Words{Word("problem.too-long.heading"), Word("problem.too-long.sentence")}
	WordsSwitch      = Words{Word("problem.switch.heading"), Word("problem.switch.sentence")}
	WordsMessageID   = Words{Word("problem.message-id.heading"), Word("problem.message-id.sentence")}
)

// WordsTooFast is for whoever has to wait this many seconds.
func WordsTooFast(seconds int) Words {
	return Words{Word("problem.too-fast.heading"), Word("problem.too-fast.sentence", "time", waiting(seconds))}
}

// WordsTooManyMessages is for messages that come too fast.
func WordsTooManyMessages(seconds int) Words {
	return Words{Word("problem.messages-too-fast.heading"), Word("problem.messages-too-fast.sentence", "time", waiting(seconds))}
}

// Line is both in one line, for above a form.
func (w Words) Line() string {
	return Word("problem.line", "heading", w.Heading, "sentence", w.Sentence)
}

func waiting(seconds int) string {
	if seconds < 120 {
		return Count(seconds, "count.seconds")
	}
	return Count((seconds+59)/60, "count.minutes")
}

// Sentences at a field.
var (
	FieldWrongPassword = Word("field.password.wrong")
	FieldMinutes       = Word("field.minutes.wrong")
	FieldLease         = Word("field.lease.wrong")
)

// FieldAliasTaken is for an alias that somebody has, or that looks like theirs.
func FieldAliasTaken(free string) string { return Word("field.alias.taken", "free", free) }

// FieldText is what is wrong with the text of a field; the bounds are in
// characters.
func FieldText(reason string, least, most int) string {
	switch reason {
	case "empty":
		return Word("field.text.empty")
	case "too-short":
		return Word("field.text.too-short", "characters", Count(least, "count.characters"))
	case "too-long":
		return Word("field.text.too-long", "characters", Count(most, "count.characters"))
	case "marks":
		return Word("field.text.marks")
	}
	return Word("field.text.unusable")
}

// Next steps on a page of its own.
var (
	NextHome = Word("next.home")
	NextJoin = Word("next.join")
)
