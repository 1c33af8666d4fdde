package rooms

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// TextError says why a field's text is not acceptable.
type TextError struct {
	Field  string // "alias", "room" or "password", as in the forms
	Reason TextReason
}

func (e *TextError) Error() string { return e.Field + ": " + string(e.Reason) }

// TextReason is what is wrong with a text.
type TextReason string

const (
	TextEmpty      TextReason = "empty"
	TextTooShort   TextReason = "too-short"
	TextTooLong    TextReason = "too-long"
	TextCharacters TextReason = "characters" // control, direction, invisible, unknown, or not UTF-8
	TextMarks      TextReason = "marks"      // accents piled up, or sitting on nothing
)

// RoomNameMaxRunes is the longest room name, in characters.
const RoomNameMaxRunes = 64

// maxMarks is how many combining marks may sit on one character after
// composition. Living scripts need at most three; more of them climb over the
// neighbouring lines.
const maxMarks = 3

// CheckRoomName returns the name as it is shown: trimmed, composed (NFC), with
// single spaces. It returns *TextError if the name has not 1 to 64 characters,
// or one that nobody could see or that changes how others are seen.
func CheckRoomName(s string) (string, error) {
	s, err := tidy("room", s, RoomNameMaxRunes)
	if err != nil {
		return "", err
	}
	return s, checkLength("room", s, 1, RoomNameMaxRunes)
}

// tidy trims, composes and checks a text that is shown to others, all but its
// exact length. Tidying twice equals once.
func tidy(field, s string, maxRunes int) (string, error) {
	s, err := trim(field, s, maxRunes)
	if err != nil {
		return "", err
	}
	spaces := func(r rune) bool { return unicode.Is(unicode.Zs, r) }
	s = norm.NFC.String(strings.Join(strings.FieldsFunc(s, spaces), " "))
	return s, checkShown(field, s)
}

// trim takes away the surrounding white space. It refuses what is hopelessly
// long before anything costly is done with it: a composed character comes
// from at most 4 decomposed ones of at most 4 bytes each.
func trim(field, s string, maxRunes int) (string, error) {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return "", &TextError{field, TextEmpty}
	case len(s) > maxRunes*4*utf8.UTFMax:
		return "", &TextError{field, TextTooLong}
	case !utf8.ValidString(s):
		return "", &TextError{field, TextCharacters}
	}
	return s, nil
}

func checkLength(field, s string, minRunes, maxRunes int) error {
	switch n := utf8.RuneCountInString(s); {
	case n < minRunes:
		return &TextError{field, TextTooShort}
	case n > maxRunes:
		return &TextError{field, TextTooLong}
	}
	return nil
}

// Format characters that belong in some places and nowhere else.
const (
	zwnj = '\u200c' // zero width non-joiner: Persian, and scripts with a virama
	zwj  = '\u200d' // zero width joiner: emoji, and scripts with a virama
)

// The parts of an emoji sequence. Go has no table of emoji, but nearly all are
// in category So; of those, blanks are left out. U+1FA70–1FAFF is reserved for
// the emoji of Unicode versions Go does not know yet.
const (
	pictograph = `(?:[^\P{So}\x{2800}\x{FFFC}\x{1D159}]|[‼⁉〰ℹ↔⤴⤵◻◼◽◾]|[\x{1FA70}-\x{1FAFF}])` +
		`[\x{FE0E}\x{FE0F}]?[\x{1F3FB}-\x{1F3FF}]?` // style, skin tone
	keycap  = `[0-9#*]\x{FE0F}\x{20E3}`
	tagFlag = `🏴[\x{E0030}-\x{E0039}\x{E0061}-\x{E007A}]{3,6}\x{E007F}` // Scotland
)

// emoji matches one emoji with all that belongs to it.
var emoji = regexp.MustCompile(keycap + `|` + tagFlag + `|` + pictograph + `(?:\x{200D}` + pictograph + `)*`)

// checkShown refuses what nobody can see, what changes how others are seen,
// and marks that pile up or sit on nothing. What passes begins with something
// visible. Within emoji anything goes that makes an emoji.
func checkShown(field, s string) error {
	marks := maxMarks // none may come first, nor after a space
	var before rune
	text := []rune(emoji.ReplaceAllString(s, "x"))
	for i, r := range text {
		switch {
		case r == zwj || r == zwnj:
			if !joins(r, before, text[i+1:]) {
				return &TextError{field, TextCharacters}
			}
		case unseen(r):
			return &TextError{field, TextCharacters}
		case unicode.Is(unicode.M, r):
			if marks++; marks > maxMarks {
				return &TextError{field, TextMarks}
			}
		case r == ' ':
			marks = maxMarks
		default:
			marks = 0
		}
		before = r
	}
	return nil
}

// joins reports whether a joiner makes a visible difference where it stands:
// after a virama (RFC 5892, A.1 and A.2), or between two Arabic letters.
func joins(joiner, before rune, after []rune) bool {
	const virama = 9 // its canonical combining class
	if norm.NFC.PropertiesString(string(before)).CCC() == virama {
		return true
	}
	return joiner == zwnj && unicode.Is(unicode.Arabic, before) &&
		len(after) > 0 && unicode.Is(unicode.Arabic, after[0])
}

// unseen reports whether r leaves no ink of its own: control, format
// (direction among them), private and unassigned characters, line and
// paragraph separators, fillers, variation selectors; and the blank ones which
// Unicode counts as symbols: the empty braille pattern, the null note head
// and the object replacement character.
func unseen(r rune) bool {
	return !unicode.IsGraphic(r) ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
		r == '\u2800' || r == '\U0001D159' || r == '\uFFFC'
}
