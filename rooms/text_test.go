package rooms

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// wantReason checks that err is a *TextError for this field and reason, or
// nil if the reason is "".
func wantReason(t *testing.T, err error, field string, reason TextReason) {
	t.Helper()
	if reason == "" {
		if err != nil {
			t.Errorf("err = %v, want none", err)
		}
		return
	}
	var e *TextError
	if !errors.As(err, &e) || e.Field != field || e.Reason != reason {
		t.Errorf("err = %v, want %s: %s", err, field, reason)
	}
}

func TestRoomName(t *testing.T) {
	tests := map[string]struct {
		in, want string
		reason   TextReason
	}{
		"plain":                  {in: "Team Berlin", want: "Team Berlin"},
		"trimmed":                {in: " \t\u3000Team\n", want: "Team"},
		"single spaces":          {in: "Team \u00a0\u2003 Berlin", want: "Team Berlin"},
		"composed":               {in: "Cafe\u0301", want: "Café"},
		"compatibility is kept":  {in: "№ ½ ｆｕｌｌ", want: "№ ½ ｆｕｌｌ"},
		"separators":             {in: "Team · Berlin — “now”", want: "Team · Berlin — “now”"},
		"right to left":          {in: "חדר 5", want: "חדר 5"},
		"stacked vowel and tone": {in: "ế ที่ ẵ", want: "ế ที่ ẵ"},
		"Persian joiner":         {in: "می\u200cخواهم", want: "می\u200cخواهم"},
		"Sinhala joiner":         {in: "ශ්\u200dරී", want: "ශ්\u200dරී"},
		"Malayalam joiner, last": {in: "അവന്\u200d", want: "അവന്\u200d"},
		"hangul from jamo":       {in: "\u1112\u1161\u11ab", want: "한"},

		"one":           {in: "a", want: "a"},
		"64":            {in: strings.Repeat("é", 64), want: strings.Repeat("é", 64)},
		"64 decomposed": {in: strings.Repeat("e\u0301", 64), want: strings.Repeat("é", 64)},
		"65":            {in: strings.Repeat("é", 65), reason: TextTooLong},
		"1024 bytes":    {in: "a" + strings.Repeat(" ", 1022) + "b", want: "a b"},
		"1025 bytes":    {in: "a" + strings.Repeat(" ", 1023) + "b", reason: TextTooLong},

		"empty":                 {in: "", reason: TextEmpty},
		"spaces":                {in: " \u00a0\t\r\n\u2028", reason: TextEmpty},
		"not UTF-8":             {in: "a\xffb", reason: TextCharacters},
		"surrogate":             {in: "a\xed\xa0\x80", reason: TextCharacters},
		"tab inside":            {in: "a\tb", reason: TextCharacters},
		"line break inside":     {in: "a\nb", reason: TextCharacters},
		"NUL":                   {in: "\x00", reason: TextCharacters},
		"delete":                {in: "a\x7f", reason: TextCharacters},
		"C1 control":            {in: "a\u0080b", reason: TextCharacters},
		"line separator":        {in: "a\u2028b", reason: TextCharacters},
		"paragraph separator":   {in: "a\u2029b", reason: TextCharacters},
		"soft hyphen":           {in: "a\u00adb", reason: TextCharacters},
		"grapheme joiner":       {in: "a\u034fb", reason: TextCharacters},
		"braille blank":         {in: "\u2800", reason: TextCharacters},
		"null note head":        {in: "\U0001D159", reason: TextCharacters},
		"object replacement":    {in: "\uFFFC", reason: TextCharacters},
		"byte order mark":       {in: "\ufeffa", reason: TextCharacters},
		"word joiner":           {in: "a\u2060b", reason: TextCharacters},
		"zero width space":      {in: "a\u200bb", reason: TextCharacters},
		"private use":           {in: "\ue000", reason: TextCharacters},
		"unassigned":            {in: "\u0378", reason: TextCharacters},
		"noncharacter":          {in: "\uffff", reason: TextCharacters},
		"tag characters":        {in: "a\U000E0061\U000E007F", reason: TextCharacters},
		"variation selector 17": {in: "a\U000E0100", reason: TextCharacters},
		"joiner in Latin":       {in: "a\u200cb", reason: TextCharacters},
		"joiner first":          {in: "\u200da", reason: TextCharacters},
		"joiner last":           {in: "می\u200c", reason: TextCharacters},
		"joiner twice":          {in: "می\u200c\u200cخ", reason: TextCharacters},
		"style on a letter":     {in: "a\ufe0f", reason: TextCharacters},
		"style on a blank":      {in: "\u2800\ufe0f", reason: TextCharacters},

		"2 marks":            {in: "q\u0301\u0301", want: "q\u0301\u0301"},
		"3 marks":            {in: "q\u0301\u0301\u0301", want: "q\u0301\u0301\u0301"},
		"4 marks":            {in: "q\u0301\u0301\u0301\u0301", reason: TextMarks},
		"4 marks on emoji":   {in: "😀\u0301\u0301\u0301\u0301", reason: TextMarks},
		"3 marks, each of 2": {in: "q\u0301\u0301\u0301q\u0301\u0301\u0301", want: "q\u0301\u0301\u0301q\u0301\u0301\u0301"},
		"mark first":         {in: "\u0301a", reason: TextMarks},
		"mark after a space": {in: "a \u0301", reason: TextMarks},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := CheckRoomName(tt.in)
			wantReason(t, err, "room", tt.reason)
			if err == nil && got != tt.want {
				t.Errorf("CheckRoomName(%+q) = %+q, want %+q", tt.in, got, tt.want)
			}
		})
	}
}

// Those whom a bidi control, a filler or a selector would deceive see none.
func TestTextRefusesTheUnseen(t *testing.T) {
	unseen := []rune{0x061C, 0x115F, 0x1160, 0x3164, 0xFFA0, 0x17B4, 0x180E, 0xFE0E, 0xFE0F}
	for _, span := range [][2]rune{{0x00, 0x1F}, {0x7F, 0x9F}, {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFFF9, 0xFFFC}, {0xE0000, 0xE01EF}} {
		for r := span[0]; r <= span[1]; r++ {
			unseen = append(unseen, r)
		}
	}
	for _, r := range unseen {
		in := "a" + string(r) + "b"
		_, roomErr := CheckRoomName(in)
		_, aliasErr := CheckAlias(in)
		if roomErr == nil || aliasErr == nil {
			t.Errorf("%U inside: room err = %v, alias err = %v, want both", r, roomErr, aliasErr)
		}
	}
}

var goodEmoji = map[string]string{
	"plain":                    "😀",
	"style":                    "❤️",
	"text style":               "☺︎",
	"skin tone":                "👍🏽",
	"style and skin tone":      "☝️🏽",
	"family":                   "👨‍👩‍👧‍👦",
	"profession":               "👩🏽‍🚀",
	"heart on fire":            "❤️‍🔥",
	"head shaking":             "🙂‍↔️",
	"country flag":             "🇩🇪",
	"rainbow flag":             "🏳️‍🌈",
	"flag of Scotland":         "🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F",
	"keycap":                   "1️⃣",
	"number sign keycap":       "#️⃣",
	"trade mark":               "™️",
	"information":              "ℹ️",
	"double exclamation":       "‼️",
	"wavy dash":                "〰️",
	"small square":             "◽️",
	"newer than Go's Unicode":  "\U0001FAE9",
	"between words":            "Ana ❤️ Ben",
	"in a row":                 "❤️❤️😀👨‍👩‍👧",
	"with a mark that crosses": "❤️⃠",
}

func TestTextAllowsEmoji(t *testing.T) {
	for name, s := range goodEmoji {
		if got, err := CheckRoomName(s); err != nil || got != s {
			t.Errorf("%s: CheckRoomName(%+q) = %+q, %v", name, s, got, err)
		}
	}
}

func TestTextRefusesPartsOfEmoji(t *testing.T) {
	for name, s := range map[string]string{
		"joiner last":        "👨\u200d",
		"joiner first":       "\u200d👨",
		"two joiners":        "👨\u200d\u200d👩",
		"joined to a letter": "👨\u200da",
		"two styles":         "❤\ufe0f\ufe0f",
		"flag unfinished":    "🏴\U000E0067\U000E0062\U000E0073",
		"flag too short":     "🏴\U000E0067\U000E0062\U000E007F",
		"flag too long":      "🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E0067\U000E0062\U000E007F",
		"tags on a face":     "😀\U000E0067\U000E0062\U000E0073\U000E007F",
		"style on a digit":   "1\ufe0f",
		"keycap of a letter": "a\ufe0f\u20e3",
		"style alone":        "\ufe0f",
		"past the reserve":   "\U0001FB00\u200d\U0001FBFF\u200d",
	} {
		_, err := CheckRoomName(s)
		t.Run(name, func(t *testing.T) { wantReason(t, err, "room", TextCharacters) })
	}
}

func FuzzRoomName(f *testing.F) {
	for _, s := range goodEmoji {
		f.Add(s)
	}
	for _, s := range []string{"Team · Berlin", "Cafe\u0301", "می\u200cخواهم", "ශ්\u200dරී", "a\u202eb", "\xff", "1️⃣\u0301", "  a \u3000 b "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, err := CheckRoomName(s)
		if err != nil {
			return
		}
		if n := utf8.RuneCountInString(name); n < 1 || n > RoomNameMaxRunes {
			t.Errorf("%+q has %d characters", name, n)
		}
		wantShown(t, name)
		if again, err := CheckRoomName(name); err != nil || again != name {
			t.Errorf("CheckRoomName(%+q) = %+q, %v, want the same", name, again, err)
		}
	})
}

// wantShown checks what holds of every text that passed, however it is made:
// valid, visible from the first character on, and without direction.
func wantShown(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("%+q is not UTF-8", s)
	}
	if first, _ := utf8.DecodeRuneInString(s); unicode.In(first, unicode.Z, unicode.M, unicode.C) && !(0x1FA70 <= first && first <= 0x1FAFF) {
		t.Errorf("%+q begins with %U", s, first)
	}
	for _, r := range s {
		switch {
		case r == zwj, r == zwnj, 0xE0030 <= r && r <= 0xE007F: // tested by where they stand
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp),
			r == '\u2800', r == '\u3164', r == '\uFFFC':
			t.Errorf("%+q holds %U", s, r)
		}
	}
}
