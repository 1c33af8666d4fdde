package views

import (
	"strconv"
	"strings"
)

// words are the sentences that a room says as things happen, on pages with
// scripts and without. A word in braces is a place to be filled with text.
var words = []struct{ key, sentence string }{
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
	{"left-minutes", "{n} min left"},
	{"left-seconds", "{n} s left"},
	{"media-image", "Show picture from {host}"},
	{"media-video", "Show video from {host}"},
	{"media-audio", "Play sound from {host}"},
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

// Word is the sentence under this key, or "", with its places filled: places are
// names and texts by turns.
func Word(key string, places ...string) string {
	for _, w := range words {
		if w.key != key {
			continue
		}
		sentence := w.sentence
		for i := 0; i < len(places); i += 2 {
			sentence = strings.ReplaceAll(sentence, "{"+places[i]+"}", places[i+1])
		}
		return sentence
	}
	return ""
}
