package rooms

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.mau.fi/util/confusable"
	"golang.org/x/text/cases"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
)

// AliasMaxRunes is the longest alias, in characters.
const AliasMaxRunes = 32

// suggestTries bounds Suggest. An alias that is taken bars at most two of the
// names it tries, one with each key, so this is enough beside 4,999 people.
const suggestTries = 10_000

// Alias is what a participant is called in a room. Name is what others see.
type Alias struct {
	Name string
	keys [2]string // what it looks like: as written, and whatever the case
}

// CheckAlias returns the alias as it is shown: PRECIS Nickname (RFC 8266) of 1
// to 32 characters, emoji allowed. It returns *TextError if there is no such.
// The Name of an Alias gives the same Alias again.
func CheckAlias(s string) (Alias, error) {
	s, err := tidy("alias", s, AliasMaxRunes)
	if err != nil {
		return Alias{}, err
	}
	s, err = nickname(s)
	if err != nil {
		return Alias{}, &TextError{"alias", TextCharacters}
	}
	// Compatibility forms may have hidden marks that stand alone now.
	if err := checkShown("alias", s); err != nil {
		return Alias{}, err
	}
	if err := checkLength("alias", s, 1, AliasMaxRunes); err != nil {
		return Alias{}, err
	}
	return Alias{Name: s, keys: aliasKeys(s)}, nil
}

// nickname applies PRECIS Nickname to all but the emoji that PRECIS refuses for
// their joiners and styles: those sit it out behind a placeholder, which tidy
// lets nobody write.
func nickname(s string) (string, error) {
	const placeholder = "\uFFFC"
	var apart []string
	s = emoji.ReplaceAllStringFunc(s, func(e string) string {
		if _, err := precis.Nickname.String(e); err == nil {
			return e
		}
		apart = append(apart, e)
		return placeholder
	})
	s, err := precis.Nickname.String(s)
	for _, e := range apart {
		s = strings.Replace(s, placeholder, e, 1)
	}
	return s, err
}

// aliasKeys are the skeletons (UTS #39) of a name as it is written and of its
// case-folded form. The latter is folded once more, since the skeleton of a
// digit can be a capital: 0 is O, and "b0b" passes for "bob".
func aliasKeys(name string) [2]string {
	fold := cases.Fold().String
	name = norm.NFKC.String(strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Variation_Selector) { // joiners and emoji styles
			return -1
		}
		return r
	}, name))
	return [2]string{skeleton(name), skeleton(fold(skeleton(fold(name))))}
}

// overDot removes the dot above a letter that has one anyway, which UTS #39
// leaves to its users (section 5.4, hidden overlays).
var overDot = strings.NewReplacer("i\u0307", "i", "j\u0307", "j")

// skeleton is the same for texts that look the same (UTS #39, section 4). It
// uses the library's table but not its Skeleton, which drops what Go's Unicode
// version does not know: new emoji, and some of the table's own prototypes.
func skeleton(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		if prototype := confusable.GetReplacement(r); prototype != "" {
			b.WriteString(prototype)
		} else {
			b.WriteRune(r)
		}
	}
	return overDot.Replace(norm.NFD.String(b.String()))
}

// LooksLike reports whether people could take a for b.
func (a Alias) LooksLike(b Alias) bool {
	for _, k := range a.keys {
		if k == b.keys[0] || k == b.keys[1] {
			return true
		}
	}
	return false
}

var (
	numbered = regexp.MustCompile(`^(.+) ([1-9][0-9]{0,3})$`)
	// character matches what people see as one, so that none is cut in two.
	character = regexp.MustCompile(`(?:[🇦-🇿]{2}|` + emoji.String() + `|.)[\p{M}\x{200C}\x{200D}]*`)
)

// Suggest returns the first alias that is not taken of "Ana 2", "Ana 3", … for
// "Ana", and of "Ana 3", … for "Ana 2". Where this gets too long, the name
// loses characters at its end. It returns the zero Alias if all that it tries
// are taken.
func (a Alias) Suggest(taken func(Alias) bool) Alias {
	base, first := a.Name, 2
	if m := numbered.FindStringSubmatch(a.Name); m != nil {
		n, _ := strconv.Atoi(m[2])
		base, first = m[1], n+1
	}
	characters := character.FindAllString(base, -1)
	for n := first; n < first+suggestTries; n++ {
		if b := withNumber(characters, n); !taken(b) {
			return b
		}
	}
	return Alias{}
}

// withNumber makes an alias of as many characters as fit and a number.
func withNumber(characters []string, n int) Alias {
	for {
		name := strings.Join(characters, "") + " " + strconv.Itoa(n)
		if utf8.RuneCountInString(name) <= AliasMaxRunes {
			if a, err := CheckAlias(name); err == nil {
				return a
			}
		}
		// Ends at last with the bare number, which is an alias.
		characters = characters[:len(characters)-1]
	}
}
