package views

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// keyed is a sentence and the key under which it is found. A word in braces is a
// place to be filled with text.
type keyed struct{ key, sentence string }

// words are the sentences that a room says as things happen, on pages with
// scripts and without. They stand in the room's page, in this order, for its
// scripts to say.
var words = []keyed{
	{"connecting", "Connecting …"},
	{"connected", ""},
	{"reconnecting", "Connection lost. Reconnecting …"},
	{"offline", "You are offline. Reconnecting when the network is back."},
	{"busy", "The server is busy. Trying again …"},
	{"sending", "Sending …"},
	{"waiting", "Waiting for the connection; this goes out when it is back."},
	{"joined", "{alias} joined"},
	{"left", "{alias} left"},
	{"armed", "A dead man's switch was armed. This room is purged when it runs out."},
	{"disarmed", "No dead man's switch is armed any more."},
	{"armed-any", "A dead man's switch is armed: this room is purged in {left} unless somebody taps before."},
	{"armed-own", "Your dead man's switch purges this room in {left} unless you tap before."},
	{"switch-waits", "There is no connection. The switch is changed as soon as it is back."},
	{"switch-refused", "That was too fast: the switch was not changed. Try again in {n} s."},
	{"armed-soon", "Your dead man's switch purges this room in 1 minute. Tap “I am here”."},
	{"minutes", "{n} min"},
	{"seconds", "{n} s"},
	{"ends-in", "This room ends in {n} minutes."},
	{"ends-in-one", "This room ends in 1 minute."},
	{"gap", "{n} messages are missing: they were dropped while you were away."},
	{"gap-one", "1 message is missing: it was dropped while you were away."},
	{"dropped", "Your message was sent without: {list}."},
	{"empty", "There is nothing to send yet."},
	{"too-long", "This message is too long. Shorten it, then send it again."},
	{"too-fast", "Too fast: sent again in {n} s."},
	{"plain-unsent", "What is not sent yet is lost there. Copy it, then choose that again."},
	{"bad-id", "This message could not be sent. Send it again."},
	{"not-allowed", "This cannot be sent here."},
	{"copied", "Copied."},
	{"copy-failed", "Press Ctrl+C (or long-press) to copy."},
	{"state-here", "here"},
	{"state-away", "away"},
	{"state-offline", "offline"},
	{"unknown-alias", "somebody"},
	{"counter", "{n} bytes left"},
	{"counter-over", "{n} bytes too long"},
	{"time-left", "{left} left"},
	{"new", "{n} new"},
	{"newest", "Newest ↓"},
	{"not-sent", "not sent yet"},
	{"new-away", "Away {time}, {n} missed"},
	{"typing-one", "{alias} is typing …"},
	{"typing-two", "{alias} and {other} are typing …"},
	{"typing", "{n} people are typing …"},
	{"picture-sent", "Picture"},
	{"picture-one", "One picture goes with a message. Send it, then add the next one."},
	{"not-loaded", "This needs the connection. Try again when it is back."},
	{"color-red", "red"},
	{"color-orange", "orange"},
	{"color-yellow", "yellow"},
	{"color-green", "green"},
	{"color-teal", "teal"},
	{"color-blue", "blue"},
	{"color-purple", "purple"},
	{"color-pink", "pink"},
	{"color-brown", "brown"},
	{"color-gray", "gray"},
	{"shape-circle", "circle"},
	{"shape-ring", "ring"},
	{"shape-square", "square"},
	{"shape-diamond", "diamond"},
	{"shape-triangle", "triangle"},
	{"shape-star", "star"},
	{"shape-cross", "cross"},
	{"shape-hourglass", "hourglass"},
	{"shape-leaf", "leaf"},
	{"shape-dome", "dome"},
	{"shape-arrow", "arrow"},
}

// laterWords are the sentences of what the room's scripts load later, which come
// with it.
var laterWords = []keyed{
	{"media-image", "Show picture from {host}"},
	{"media-video", "Show video from {host}"},
	{"media-audio", "Play sound from {host}"},
	{"media-frame", "Media {n} from {host}"},
	{"notified", "New message"},
	{"notification-denied", "This browser does not let this page show notifications. Allow them in its settings, then choose this again."},
	{"notification-missing", "This browser has no notifications for this page."},
	{"picture-none", "This is no picture that this browser can read. Choose another one."},
	{"picture-large", "There is no room left for a picture. Send the text first, then the picture."},
	{"picture-size", "{width} × {height}, without its metadata."},
	{"preview-wait", "Formatting on this device …"},
	{"preview-failed", "This browser cannot show a preview. Nothing was sent."},
	{"preview-dropped", "Left out when sent: {list}."},
	{"spoiler", "Spoiler"},
}

// LaterWords are the sentences that static/build puts into later.js.
func LaterWords() string { return wordLines(laterWords) }

// wordLines are words as scripts read them: on each line a key, a blank and its
// sentence.
func wordLines(words []keyed) string {
	var lines strings.Builder
	for _, w := range words {
		lines.WriteString(w.key + " " + w.sentence + "\n")
	}
	return lines.String()
}

// texts is everything else that visitors read. Keys begin with the page, or with
// what several pages share. Beside a key for many stands one that ends in ".one".
var texts = map[string]string{
	// around every page
	"layout.name":      "Mayfly",
	"insecure.warning": "This page is not encrypted: anyone on this network can read along.",
	"insecure.advice":  "Use it only among people you trust, or open it by an address that starts with https://.",
	"exit.label":       "Exit",
	"exit.button":      "Exit this page",
	"exit.keys":        "or press Shift 3 times",
	"exit.press-1":     "Press Shift twice more to exit this page.",
	"exit.press-2":     "Press Shift once more to exit this page.",
	"exit.press-0":     "Shift was not pressed three times: you stay on this page.",

	// on several pages
	"honesty":              "Messages pass through this server in readable form: whoever runs it could read them while they pass. Trust the host, or host it yourself.",
	"no-cookies":           "Cookies are blocked in this browser, and a room needs one to know that it is you. Allow cookies for this page, then load it again. The cookie ends with the room.",
	"remains":              "One thing only you can remove: this browser's history shows that there was a room here, and when, but nothing of what was said. Delete it there, or use a private window next time.",
	"next.home":            "Go to the first page",
	"next.join":            "Join with the password",
	"next.create":          "Create a room",
	"count.seconds":        "{n} seconds",
	"count.seconds.one":    "1 second",
	"count.minutes":        "{n} minutes",
	"count.minutes.one":    "1 minute",
	"count.characters":     "{n} characters",
	"count.characters.one": "1 character",

	// fields of forms, and what is wrong with them
	"field.alias":            "Alias",
	"field.alias.help":       "What the others call you, only in this room.",
	"field.alias.taken":      "Somebody here has this alias or one that looks like it. “{free}” is free.",
	"field.room":             "Room name",
	"field.room.help":        "Only people who are inside see it.",
	"field.password":         "Password",
	"field.password.help":    "At least 8 characters. Write it down: nobody can show it to you again.",
	"field.password.offered": "Use this one or your own, of at least 8 characters. Write it down: nobody can show it to you again.",
	"field.password.show":    "Show password",
	"field.password.hide":    "Hide password",
	"field.password.wrong":   "This is not the room's password. Check it and try again.",
	"field.minutes":          "Minutes until the room ends",
	"field.minutes.help":     "Left empty, the room ends after {n} minutes. It cannot be made longer.",
	"field.minutes.wrong":    "Type a whole number of minutes within the bounds, or leave it empty.",
	"field.lease":            "Wipe a screen that loses contact after",
	"field.lease.help":       "A phone that is switched off, snatched or out of reach for this long wipes its own screen, and coming back needs the password. A shorter time is safer; a longer one forgives bad reception.",
	"field.lease.room":       "until the room ends",
	"field.lease.wrong":      "Choose one of the times offered.",
	"field.text.empty":       "Type something here.",
	"field.text.too-short":   "Use at least {characters}.",
	"field.text.too-long":    "Use at most {characters}.",
	"field.text.marks":       "Too many accents are piled up here. Use fewer.",
	"field.text.unusable":    "A character in here cannot be used: it is invisible, changes direction or is not text. Type it again without it.",

	// the first page
	"home.heading":      "A room that leaves nothing behind",
	"home.lead":         "Talk in a room that lives for at most {n} minutes. No account, nothing to install, nothing kept.",
	"home.form":         "Create a room",
	"home.options":      "Options",
	"home.create":       "Create room",
	"home.how":          "How it works",
	"home.how.create":   "Create a room. Send its link one way and the password another way, best by voice.",
	"home.how.join":     "Whoever has both joins from any browser, on any phone or computer.",
	"home.how.messages": "Messages are handed on and then forgotten: no database, no history, no record of who was here. Reload the page and your own screen is empty.",
	"home.how.end":      "The room ends by itself. Anyone inside can purge it sooner, and every screen in it goes blank at once.",
	"home.watched":      "Somebody who watches your network or your device may still see that you visited.",

	// the way into a room
	"join.heading":       "Join this room",
	"join.lead":          "You need the password from whoever sent you the link.",
	"join.join":          "Join room",
	"join.purge":         "Purge for everyone",
	"join.purge.instead": "Purge this room instead",
	"join.purge.when":    "Lost a device that is in this room, or is somebody in danger? Type the password above, then purge: every screen in the room goes blank at once and nobody can come back, you included.",

	// after a logout
	"logged-out.heading": "You are logged out",
	"logged-out.lead":    "Your session has ended and nothing of the room is left in this tab. The room goes on without you; coming back needs the password.",
	"logged-out.armed":   "Your dead man's switch stays armed: the room is purged when its time is up. Nobody can tap or disarm it any more.",

	// after a purge
	"receipt.heading":       "This room is purged",
	"receipt.no-screen":     "No screen was open.",
	"receipt.some":          "{confirmed} of {n} screens confirmed in {time}.",
	"receipt.all":           "All {n} screens confirmed in {time}.",
	"receipt.all.one":       "The one open screen confirmed in {time}.",
	"receipt.none":          "None of {n} screens has confirmed.",
	"receipt.none.one":      "The one open screen has not confirmed.",
	"receipt.late":          "{n} are out of reach and go blank by {latest}.",
	"receipt.late.one":      "1 is out of reach and goes blank by {latest}.",
	"receipt.late.unknown":  "Any device that is out of reach goes blank by {latest}.",
	"receipt.latest":        "{clock} at the latest",
	"receipt.latest.within": "{clock} at the latest, in {time}",
	"receipt.last":          "Nobody can enter it again, and nothing of it is left on this server. This receipt disappears within 2 minutes.",
	"receipt.next":          "Create another room",

	// media from elsewhere
	"media.picture": "Picture from elsewhere",

	// the room
	"room.skip":     "Skip to the message field",
	"room.log":      "Messages",
	"room.in":       "You are in. What is said from now on appears here, and nothing of it is kept.",
	"room.ends-at":  "Ends at",
	"room.left":     "{left} left",
	"room.life":     "Time that this room has left",
	"room.plain":    "Nothing happens? Go on without scripts.",
	"room.logout":   "Log out",
	"veil.button":   "Show the conversation",
	"veil.sentence": "The privacy screen is on. Tap, or press any key.",

	"people.heading": "People",
	"people.you":     "you",
	"people.badges":  "A badge, its colour and shape, stays with a person until they leave. Whoever comes back gets another one, so nobody can pass for somebody who was here.",

	"alone.heading":  "You are alone here",
	"alone.sentence": "Share the link, and the password another way, best by voice.",

	"share.summary":         "Share",
	"share.link":            "Link to share",
	"share.copy":            "Copy link",
	"share.sheet":           "Share …",
	"share.invitation":      "Invitation",
	"share.invitation-text": "Come and talk with me in a room that leaves nothing behind:\n\n{link}\n\nIt opens in any browser. You get the password from me another way. The room ends by {time}.",
	"share.copy-invitation": "Copy invitation",
	"share.qr":              "QR code",
	"share.qr-alt":          "QR code of the link to this room, for the camera of a phone",

	"options.summary":           "Options",
	"options.safety":            "Safety",
	"options.privacy":           "Privacy screen",
	"options.privacy-help":      "Hides the conversation when this window loses focus, until a tap or key press.",
	"options.exit-purges":       "“Exit this page” purges too",
	"options.exit-purges-help":  "For everyone. You have three seconds to undo it.",
	"options.notices":           "Notices of new messages",
	"options.mute":              "Mute all",
	"options.sound":             "Sound",
	"options.vibration":         "Vibration",
	"options.notification":      "Notification of this device",
	"options.notification-help": "It says “New message” and nothing more. Your device may remember that it came, and from where.",
	"options.typing-heading":    "Typing",
	"options.no-typing":         "Do not show that I am typing",
	"options.no-typing-help":    "The others see that you are typing, never what, before you send it.",

	"switch.heading": "Dead man's switch",
	"switch.minutes": "Minutes until this room is purged, unless I tap before",
	"switch.arm":     "Arm switch",
	"switch.help":    "It fires even if you lose contact, log out or are removed; then nobody can stop it. The others see that a switch is armed, not that it is yours.",
	"switch.any":     "A dead man's switch is armed: this room is purged at {time} unless somebody taps before.",
	"switch.own":     "Your dead man's switch purges this room at {time} unless you tap before.",
	"switch.tap":     "I am here",
	"switch.disarm":  "Disarm",

	"purge.button":     "Purge for everyone",
	"purge.summary":    "Purge…",
	"purge.heading":    "Purge this room?",
	"purge.sentence":   "Every screen in this room goes blank at once, yours included. Nobody can enter it again. This cannot be undone.",
	"purge.cancel":     "Cancel",
	"purging.heading":  "Purging …",
	"purging.sentence": "This screen is wiped. The others are being wiped now.",
	"purging.late":     "The server does not answer. The purge is sent again until it does: until then the others may still see this room. Leave this page open.",

	// writing
	"composer.label":       "Message",
	"composer.send":        "Send",
	"composer.scripts-off": "Scripts are off:",
	"composer.go-on":       "go on without them",
	"composer.once":        "In a text browser, read what is new",
	"toolbar.toggle":       "Formatting, pictures, preview",
	"toolbar.label":        "Formatting",
	"toolbar.bold":         "Bold",
	"toolbar.italic":       "Italic",
	"toolbar.underline":    "Underline",
	"toolbar.strike":       "Strike through",
	"toolbar.mark":         "Mark",
	"toolbar.code":         "Code",
	"toolbar.code-block":   "Code block",
	"toolbar.quote":        "Quote",
	"toolbar.bullets":      "List",
	"toolbar.numbers":      "Numbered list",
	"toolbar.link":         "Link",
	"toolbar.heading":      "Heading",
	"toolbar.table":        "Table",
	"toolbar.spoiler":      "Spoiler",
	"toolbar.emoji":        "Emoji",
	"picture.choose":       "Picture",
	"picture.remove":       "Remove picture",
	"picture.alt":          "The picture that will be sent",
	"preview.button":       "Preview",
	"preview.heading":      "This is what will be sent",
	"preview.close":        "Go on writing",
	"preview.send":         "Send this",

	// the room without scripts
	"live.blank.heading": "This screen went blank",
	"live.blank":         "It had no contact with the room for too long, or the room has ended.",
	"live.again":         "Open the room again",
	"live.stale":         "There was no contact with the room for a while.",
	"live.load":          "Load it again",
	"live.utc":           "Times are UTC.",
	"live.facts":         "Who is here",
	"live.here":          "Here:",
	"once.new":           "What is new",
	"once.again":         "Read what is new",
	"once.write":         "Write",
	"once.room":          "This room",
	"compose.heading":    "Write a message",
	"compose.over":       "You are not in this room any more.",
	"compose.again":      "Open it again",

	// when it is over for a screen
	"ended.create":             "Create a room",
	"ended.join":               "Join again",
	"ended.here":               "Use here",
	"ended.purged.heading":     "This room was purged",
	"ended.purged":             "Everything in it is gone from every screen, and nobody can enter it again.",
	"ended.expired.heading":    "This room has ended",
	"ended.expired":            "Its time was up. Everything in it is gone from every screen.",
	"ended.shutdown.heading":   "This room has ended",
	"ended.shutdown":           "The server was stopped, and everything in it is gone. It may be back in a moment.",
	"ended.logged-out.heading": "You are logged out",
	"ended.logged-out":         "This screen is wiped, and the room goes on without you. Coming back needs the password.",
	"ended.kicked.heading":     "You were removed from this room",
	"ended.kicked":             "This screen is wiped. The others may go on talking.",
	"ended.lease.heading":      "This screen was wiped",
	"ended.lease":              "It had no contact with the room for too long. If the room is still there, the password lets you in again.",
	"ended.gone.heading":       "There is no room here any more",
	"ended.gone":               "It has ended, and everything in it is gone.",
	"ended.cookies.heading":    "This browser no longer knows you here",
	"ended.cookies":            "Its cookie for this room is gone or blocked. Allow cookies for this page, then join again with the password.",
	"ended.replaced.heading":   "The room is open elsewhere",
	"ended.replaced":           "You opened it in another tab or window, so this one is wiped. New messages arrive there.",

	// what went wrong, and what to do next
	"problem.not-found.heading":          "There is no such page",
	"problem.not-found.sentence":         "The address may be mistyped. Start again from the first page.",
	"problem.method.heading":             "This does not work here",
	"problem.method.sentence":            "This address is not meant to be opened like that. Go back, or start from the first page.",
	"problem.internal.heading":           "Something went wrong here",
	"problem.internal.sentence":          "It is our fault, not yours. Try again in a moment.",
	"problem.cross-site.heading":         "This came from another site",
	"problem.cross-site.sentence":        "Mayfly takes only what you send from its own pages. Open the room's link and try there.",
	"problem.not-a-form.heading":         "This was not sent as a form",
	"problem.not-a-form.sentence":        "Send it from the page itself.",
	"problem.too-large.heading":          "This is too much at once",
	"problem.too-large.sentence":         "Shorten what you typed, then send it again.",
	"problem.broken.heading":             "This form arrived broken",
	"problem.broken.sentence":            "Go back, load the page again and send it once more.",
	"problem.slow.heading":               "This took too long to arrive",
	"problem.slow.sentence":              "The line is very slow or broke. Go back and send it again.",
	"problem.doubled.heading":            "A field arrived twice",
	"problem.doubled.sentence":           "Go back, load the page again and send it once more.",
	"problem.not-text.heading":           "This is not readable text",
	"problem.not-text.sentence":          "The form did not arrive as UTF-8 text. Type it again and send it once more.",
	"problem.no-session.heading":         "You are not in this room",
	"problem.no-session.sentence":        "Your time here is over, or this browser does not know you. Join with the password.",
	"problem.cookies.heading":            "Cookies are blocked",
	"problem.cookies.sentence":           "This browser did not send our cookie back, and a room needs one to know that it is you. Allow cookies for this page, then try again. The cookie ends with the room.",
	"problem.busy.heading":               "The server is busy",
	"problem.busy.sentence":              "Too many passwords are being checked just now. Try again in a few seconds.",
	"problem.room-full.heading":          "This room is full",
	"problem.room-full.sentence":         "It holds as many people as it may. Try again when somebody has left.",
	"problem.source.heading":             "Too many people from your network",
	"problem.source.sentence":            "This room takes no more people from one address. Try again when somebody has left, or from another network.",
	"problem.source-rooms.heading":       "Too many rooms from your network",
	"problem.source-rooms.sentence":      "As many rooms as one address may hold are open. Try again when one has ended.",
	"problem.rooms.heading":              "This server is full",
	"problem.rooms.sentence":             "It holds as many rooms as it may. Try again in a few minutes.",
	"problem.people.heading":             "This server is full",
	"problem.people.sentence":            "It holds as many people as it may. Try again in a few minutes.",
	"problem.connections.heading":        "This server is full",
	"problem.connections.sentence":       "It holds as many connections as it may. Try again in a few minutes.",
	"problem.shutdown.heading":           "This server is stopping",
	"problem.shutdown.sentence":          "It may be back in a moment. Try again then.",
	"problem.after.heading":              "This address is wrong",
	"problem.after.sentence":             "It asks for something that has not happened yet. Load the room again.",
	"problem.media-url.heading":          "This cannot be shown",
	"problem.media-url.sentence":         "The address of the picture, video or sound is not one that Mayfly can show.",
	"problem.no-receipt.heading":         "There is no receipt here",
	"problem.no-receipt.sentence":        "It is kept for two minutes and then forgotten. If you purged the room, it is gone.",
	"problem.empty.heading":              "There is nothing to send yet",
	"problem.empty.sentence":             "Type a message first.",
	"problem.too-long.heading":           "This message is too long",
	"problem.too-long.sentence":          "Shorten it, then send it again.",
	"problem.switch.heading":             "The switch was not armed",
	"problem.switch.sentence":            "Type a whole number of minutes from 1 to 60.",
	"problem.message-id.heading":         "This message could not be sent",
	"problem.message-id.sentence":        "Send it again.",
	"problem.too-fast.heading":           "Too many tries",
	"problem.too-fast.sentence":          "Wait {time}, then try again.",
	"problem.messages-too-fast.heading":  "That was too fast",
	"problem.messages-too-fast.sentence": "Your text is still here. Send it again in {time}.",
	"problem.gone.heading":               "There is no room here",
	"problem.gone.sentence":              "It has ended, or it never existed: nothing is kept that could tell. Ask whoever sent you the link, or open a room of your own.",
	"problem.line":                       "{heading}. {sentence}",

	// the page that an exit leads to
	"measures.heading":     "Kitchen measures",
	"measures.undo":        "Undo",
	"measures.volume":      "Volume",
	"measures.volume.from": "Measure",
	"measures.volume.to":   "Millilitres",
	"measures.teaspoon":    "1 teaspoon",
	"measures.tablespoon":  "1 tablespoon",
	"measures.quarter-cup": "¼ cup",
	"measures.third-cup":   "⅓ cup",
	"measures.half-cup":    "½ cup",
	"measures.cup":         "1 cup",
	"measures.pint":        "1 pint (US)",
	"measures.quart":       "1 quart (US)",
	"measures.weight":      "Butter, flour and sugar",
	"measures.weight.from": "One cup of",
	"measures.weight.to":   "Grams",
	"measures.butter":      "butter",
	"measures.flour":       "plain flour",
	"measures.sugar":       "granulated sugar",
	"measures.brown-sugar": "brown sugar",
	"measures.icing-sugar": "icing sugar",
	"measures.oats":        "rolled oats",
	"measures.rice":        "rice",
	"measures.honey":       "honey",
	"measures.oven":        "Oven",
	"measures.oven.from":   "Fahrenheit",
	"measures.oven.to":     "Celsius",
}

// sentences is all of them by key. No key is there twice.
var sentences = func() map[string]string {
	all := maps.Clone(texts)
	for _, w := range slices.Concat(words, laterWords) {
		all[w.key] = w.sentence
	}
	return all
}()

// Word is the sentence under this key, with its places filled: places are names
// and texts by turns. Braces in a text that fills a place mean nothing. Keys stand
// in the source, so Word panics if there is no such key.
func Word(key string, places ...string) string {
	sentence, ok := sentences[key]
	if !ok {
		panic("views: no sentence under the key " + key)
	}
	if len(places) == 0 {
		return sentence
	}
	fill := slices.Clone(places)
	for i := 0; i < len(fill); i += 2 {
		fill[i] = "{" + fill[i] + "}"
	}
	return strings.NewReplacer(fill...).Replace(sentence)
}

// Count is Word for n things: the place n holds their number, and if there is
// one thing only, the key is that with ".one" behind it.
func Count(n int, key string, places ...string) string {
	if n == 1 {
		key += ".one"
	}
	return Word(key, append(places, "n", strconv.Itoa(n))...)
}

// WarnMinutes are how many minutes before its end a room says that it is near.
var WarnMinutes = []int{10, 5, 1}

// Warning is that sentence.
func Warning(minutes int) string {
	if minutes == 1 {
		return Word("ends-in-one")
	}
	return Word("ends-in", "n", strconv.Itoa(minutes))
}
