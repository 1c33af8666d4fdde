package rooms

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func mustAlias(t *testing.T, s string) Alias {
	t.Helper()
	a, err := CheckAlias(s)
	if err != nil {
		t.Fatalf("CheckAlias(%+q): %v", s, err)
	}
	return a
}

func TestAlias(t *testing.T) {
	tests := map[string]struct {
		in, want string
		reason   TextReason
	}{
		"plain":             {in: "Ana", want: "Ana"},
		"trimmed":           {in: " Ana\n", want: "Ana"},
		"single spaces":     {in: "Ana\u3000\u00a0Maria", want: "Ana Maria"},
		"case is kept":      {in: "ANA straße", want: "ANA straße"},
		"fullwidth":         {in: "Ａｎａ", want: "Ana"},
		"composed":          {in: "Rene\u0301", want: "René"},
		"punctuation":       {in: "O’Neill-Smith, Jr. (x)", want: "O’Neill-Smith, Jr. (x)"},
		"Chinese":           {in: "张伟", want: "张伟"},
		"Arabic":            {in: "علي", want: "علي"},
		"Persian joiner":    {in: "علی\u200cرضا", want: "علی\u200cرضا"},
		"Sinhala joiner":    {in: "ශ්\u200dරී", want: "ශ්\u200dරී"},
		"hangul from jamo":  {in: "\u1112\u1161\u11ab", want: "한"},
		"bare trade mark":   {in: "Ana™", want: "AnaTM"},
		"styled trade mark": {in: "Ana™️", want: "Ana™️"},
		"circled with mark": {in: "①⃣", want: "1⃣"},

		"1":                   {in: "a", want: "a"},
		"32":                  {in: strings.Repeat("é", 32), want: strings.Repeat("é", 32)},
		"32 decomposed":       {in: strings.Repeat("e\u0301", 32), want: strings.Repeat("é", 32)},
		"33":                  {in: strings.Repeat("é", 33), reason: TextTooLong},
		"32 when shown":       {in: strings.Repeat("ﬁ", 16), want: strings.Repeat("fi", 16)},
		"34 when shown":       {in: strings.Repeat("ﬁ", 17), reason: TextTooLong},
		"32 with emoji":       {in: strings.Repeat("❤️", 16), want: strings.Repeat("❤️", 16)},
		"34 with emoji":       {in: strings.Repeat("❤️", 17), reason: TextTooLong},
		"empty":               {in: "", reason: TextEmpty},
		"spaces":              {in: " \u00a0\t", reason: TextEmpty},
		"not UTF-8":           {in: "\xff", reason: TextCharacters},
		"tab":                 {in: "a\tb", reason: TextCharacters},
		"direction":           {in: "a\u202eb", reason: TextCharacters},
		"bare joiner":         {in: "a\u200db", reason: TextCharacters},
		"bare style":          {in: "a\ufe0f", reason: TextCharacters},
		"blank":               {in: "\u2800", reason: TextCharacters},
		"filler":              {in: "\u3164", reason: TextCharacters},
		"placeholder":         {in: "\uFFFC❤️", reason: TextCharacters},
		"unassigned":          {in: "\u0378", reason: TextCharacters},
		"3 marks":             {in: "q\u0301\u0301\u0301", want: "q\u0301\u0301\u0301"},
		"4 marks":             {in: "q\u0301\u0301\u0301\u0301", reason: TextMarks},
		"mark first":          {in: "\u0301a", reason: TextMarks},
		"mark that stands up": {in: "O´Neill", reason: TextMarks}, // NFKC: a space and an accent
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := CheckAlias(tt.in)
			wantReason(t, err, "alias", tt.reason)
			if err == nil && got.Name != tt.want {
				t.Errorf("CheckAlias(%+q) = %+q, want %+q", tt.in, got.Name, tt.want)
			}
			if again, err := CheckAlias(got.Name); tt.reason == "" && (err != nil || again != got) {
				t.Errorf("CheckAlias(%+q) = %+q, %v, want the same", got.Name, again, err)
			}
		})
	}
}

func TestAliasAllowsEmoji(t *testing.T) {
	for name, s := range goodEmoji {
		if got := mustAlias(t, s); got.Name != s {
			t.Errorf("%s: CheckAlias(%+q) = %+q", name, s, got.Name)
		}
	}
}

func TestAliasLooksLike(t *testing.T) {
	alike := [][2]string{
		{"Ian", "lan"}, {"Paul", "PauI"}, {"Paul", "Pau1"}, {"ana", "Аna"}, {"ANA", "ana"}, {"rn", "m"},
		{"Ana", "Ａｎａ"}, {"ana ", " ana"}, {"straße", "STRASSE"}, {"0", "O"}, {"bob", "b0b"}, {"B0B", "bob"},
		{"René", "Rene\u0301"}, {"ΑΝΑ", "ANA"}, {"soso", "ѕоѕо"}, {"Ian", "LAN"}, {"Ana 1", "Ana l"},
		{"Ian", "İan"}, {"ian", "i\u0307an"}, {"jon", "j\u0307on"},
		{"❤️", "❤"}, {"™️", "TM"}, {"👨‍👩‍👧", "👨👩👧"}, {"علی\u200cرضا", "علیرضا"}, {"ﬁn", "fin"}, {"ςa", "σa"},
	}
	apart := [][2]string{
		{"Ana", "Anna"}, {"Ana", "Ana 2"}, {"Ana 2", "Ana 3"}, {"Ana 10", "Ana 11"}, {"Li", "Lu"}, {"张伟", "张三"},
		{"😀", "😃"}, {"👍🏽", "👍"}, {"🇩🇪", "🇫🇷"}, {"1️⃣", "2️⃣"}, {"René", "Rene"}, {"Ana M", "AnaM"}, {"नेहा", "नहा"},
		{"\U0001FAE9", "\U0001FAC6"}, {"Ana \U0001FAE9", "Ana"}, {"علي", "علا"}, {"Ana ❤️", "Ana"}, {"ona", "ana"},
	}
	for _, p := range alike {
		a, b := mustAlias(t, p[0]), mustAlias(t, p[1])
		if !a.LooksLike(b) || !b.LooksLike(a) {
			t.Errorf("%q and %q look alike, keys %+q and %+q do not", p[0], p[1], a.keys, b.keys)
		}
	}
	for _, p := range apart {
		a, b := mustAlias(t, p[0]), mustAlias(t, p[1])
		if a.LooksLike(b) || b.LooksLike(a) {
			t.Errorf("%q and %q look different, keys %+q and %+q do not", p[0], p[1], a.keys, b.keys)
		}
	}
}

// UTS #39 wants NFD on both sides of the table: before, so that é is looked up
// as e and its accent; after, since prototypes are not all decomposed.
func TestLookalikeSkeletonIsDecomposed(t *testing.T) {
	for in, want := range map[string]string{
		"É":             "E\u0301",
		"e\u0323\u0301": "e\u0323\u0301",
		"e\u0301\u0323": "e\u0323\u0301", // in canonical order
		"ǆ":             "dz\u030c",      // its prototype is composed
		"ﮰ":             "\u06d2\u0654",  // likewise
		"m":             "rn",
		"ṁ":             "rn\u0307", // not in the table but as m and a dot
		"𝗠𝔼𝑶𝓦 1":        "MEOW l",
	} {
		if got := skeleton(in); got != want {
			t.Errorf("skeleton(%+q) = %+q, want %+q", in, got, want)
		}
	}
}

// takenBy is what a room asks: does one of its people look like this?
func takenBy(t *testing.T, people ...string) func(Alias) bool {
	return func(a Alias) bool {
		return slices.ContainsFunc(people, func(p string) bool { return mustAlias(t, p).LooksLike(a) })
	}
}

func TestAliasSuggest(t *testing.T) {
	long := strings.Repeat("a", 29)
	tests := map[string]struct {
		alias  string
		people []string
		want   string
	}{
		"the second":           {"Ana", []string{"Ana"}, "Ana 2"},
		"the third":            {"Ana", []string{"Ana", "Ana 2"}, "Ana 3"},
		"a gap":                {"Ana", []string{"Ana", "Ana 3"}, "Ana 2"},
		"a look-alike":         {"Ana", []string{"Аna", "АNА 2"}, "Ana 3"},
		"from a number":        {"Ana 2", []string{"Ana", "Ana 2"}, "Ana 3"},
		"from a year":          {"Ana 1999", []string{"Ana 1999"}, "Ana 2000"},
		"no number of ours":    {"Ana 02", []string{"Ana 02"}, "Ana 02 2"},
		"a phone number":       {"Ana 12345", []string{"Ana 12345"}, "Ana 12345 2"},
		"just a number":        {"5", []string{"5"}, "5 2"},
		"29 characters":        {long, []string{long}, long + " 2"},
		"30 characters":        {long + "b", []string{long + "b"}, long + "b 2"},
		"31 characters":        {long + "bc", []string{long + "bc"}, long + "b 2"},
		"32 characters":        {long + "bcd", []string{long + "bcd"}, long + "b 2"},
		"no space doubled":     {long + " bc", []string{long + " bc"}, long + " 2"},
		"accents stay":         {long + "bq\u0301", []string{long + "bq\u0301"}, long + "b 2"},
		"families stay":        {long[:26] + "👨‍👩‍👧", []string{long[:26] + "👨‍👩‍👧"}, long[:26] + " 2"},
		"flags stay":           {long + "🇩🇪", []string{long + "🇩🇪"}, long + " 2"},
		"skin tones stay":      {long + "👍🏽", []string{long + "👍🏽"}, long + " 2"},
		"joiners stay inside":  {strings.Repeat("ب", 29) + "\u200cبب", []string{strings.Repeat("ب", 29) + "\u200cبب"}, strings.Repeat("ب", 28) + " 2"},
		"no dot left":          {long[1:] + "l·ll", []string{long[1:] + "l·ll"}, long[1:] + "l 2"},
		"one endless emoji":    {"👨" + strings.Repeat("\u200d👩", 15), []string{"👨" + strings.Repeat("\u200d👩", 15)}, "2"},
		"number of two digits": {long + "b 9", []string{long + "b 9"}, long + " 10"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := mustAlias(t, tt.alias).Suggest(takenBy(t, tt.people...))
			if got.Name != tt.want {
				t.Errorf("Suggest = %q (%d), want %q", got.Name, utf8.RuneCountInString(got.Name), tt.want)
			}
			if utf8.RuneCountInString(got.Name) > AliasMaxRunes {
				t.Errorf("%q is longer than an alias may be", got.Name)
			}
		})
	}
}

func TestAliasSuggestIsBounded(t *testing.T) {
	a := mustAlias(t, "Ana")
	for _, free := range []int{suggestTries - 1, suggestTries, suggestTries + 1} {
		tries := 0
		got := a.Suggest(func(Alias) bool { tries++; return tries < free })
		want := fmt.Sprintf("Ana %d", free+1)
		if free > suggestTries {
			want = ""
		}
		if got.Name != want || tries > suggestTries {
			t.Errorf("free at try %d: Suggest = %q after %d tries, want %q", free, got.Name, tries, want)
		}
	}
}

func FuzzAlias(f *testing.F) {
	for _, s := range goodEmoji {
		f.Add(s, "Ana")
	}
	for _, s := range []string{"Ana", "Аna", "ana ", "Ａｎａ", "straße", "Rene\u0301", "علی\u200cرضا", "ශ්\u200dරී", "İ", "O´Neill",
		"①⃣", "™️", "a\u202eb", "a\u200d", "\xff", "ﷺ", "l·l", "Ana 9999", "\u1112\u1161\u11ab", "∣\ufe0f\u0338"} {
		f.Add(s, "Ana 2")
	}
	f.Fuzz(func(t *testing.T, s, other string) {
		a, err := CheckAlias(s)
		if err != nil {
			return
		}
		if n := utf8.RuneCountInString(a.Name); n < 1 || n > AliasMaxRunes {
			t.Errorf("%+q has %d characters", a.Name, n)
		}
		wantShown(t, a.Name)
		if again, err := CheckAlias(a.Name); err != nil || again != a {
			t.Errorf("CheckAlias(%+q) = %+q, %v, want %+q", a.Name, again, err, a)
		}
		if !a.LooksLike(a) {
			t.Errorf("%+q does not look like itself", a.Name)
		}
		if b, err := CheckAlias(other); err == nil && a.LooksLike(b) != b.LooksLike(a) {
			t.Errorf("%+q and %+q look alike one way only", a.Name, b.Name)
		}
		if free := a.Suggest(a.LooksLike); free.Name == "" || a.LooksLike(free) {
			t.Errorf("Suggest for %+q = %+q", a.Name, free.Name)
		}
	})
}
