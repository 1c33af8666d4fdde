package rooms

import (
	"math/rand/v2"
	"strconv"
)

// BadgeColors and BadgeShapes are the words of badges; the colours are the
// theme's named ones. Their counts have no common divisor, which badges.deal
// relies on.
var (
	BadgeColors = [...]string{"red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown", "gray"}
	BadgeShapes = [...]string{"circle", "ring", "square", "diamond", "triangle", "star", "cross", "hourglass", "leaf", "dome", "arrow"}
)

// Badge is a colour and a shape, as in "teal leaf", that stay with a participant
// and are never anybody else's in that room: whoever takes the alias of somebody
// who left does not look the same. From the 111th who joins on there is a number
// too: "teal leaf 2".
type Badge string

// badges deals the badges of one room, which guards it.
type badges struct {
	colors [len(BadgeColors)]byte // BadgeColors in this room's own order
	shapes [len(BadgeShapes)]byte
	dealt  int
}

// newBadges shuffles both lists, so that a badge does not say how many have
// joined before.
func newBadges() (b badges) {
	for i, n := range rand.Perm(len(b.colors)) {
		b.colors[i] = byte(n)
	}
	for i, n := range rand.Perm(len(b.shapes)) {
		b.shapes[i] = byte(n)
	}
	return b
}

// deal is the next badge. It takes both lists in turn: ten in a row share neither
// colour nor shape, and no pair comes again before all 110 have come (the Chinese
// remainder theorem).
func (b *badges) deal() Badge {
	color := BadgeColors[b.colors[b.dealt%len(b.colors)]]
	shape := BadgeShapes[b.shapes[b.dealt%len(b.shapes)]]
	round := b.dealt / (len(b.colors) * len(b.shapes))
	b.dealt++
	badge := color + " " + shape
	if round > 0 {
		badge += " " + strconv.Itoa(round+1)
	}
	return Badge(badge)
}
