package web

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"regexp"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/labstack/echo/v4"

	"mayfly/rooms"
	"mayfly/views"
)

// receiptLife is how long a receipt can be read, maxReceipts how many there
// are at most; the oldest gives way.
const (
	receiptLife = 2 * time.Minute
	maxReceipts = 1024
)

// receipts keeps what purges came to: counts, under random addresses.
type receipts struct {
	kept *lru.Cache[string, *receipt]
}

// receipt is there from the moment of the purge, and filled once the screens
// have had their time.
type receipt struct {
	id     string
	filled chan struct{}
	counts rooms.Receipt
}

func newReceipts() *receipts {
	kept, err := lru.New[string, *receipt](maxReceipts)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &receipts{kept}
}

// newReceiptID has 128 random bits.
func newReceiptID() string { return rand.Text() }

var receiptID = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// open makes a receipt under this id if it is one of ours and still free, and
// otherwise under a new one.
func (r *receipts) open(id string) *receipt {
	if !receiptID.MatchString(id) || r.has(id) {
		id = newReceiptID()
	}
	opened := &receipt{id: id, filled: make(chan struct{})}
	r.kept.Add(id, opened)
	time.AfterFunc(receiptLife, func() { r.drop(opened) })
	return opened
}

func (r *receipts) has(id string) bool { return r.kept.Contains(id) }

func (r *receipts) drop(dropped *receipt) {
	if kept, ok := r.kept.Peek(dropped.id); ok && kept == dropped {
		r.kept.Remove(dropped.id)
	}
}

func (r *receipt) fill(counts rooms.Receipt) {
	r.counts = counts
	close(r.filled)
}

func (s *Server) receipt(c echo.Context) error {
	r, ok := s.receipts.kept.Get(c.Param("receipt"))
	if !ok {
		return errNoReceipt
	}
	select {
	case <-r.filled: // at the latest after purgeWait
	case <-c.Request().Context().Done():
		return c.Request().Context().Err()
	}
	page := views.ReceiptPage{
		Frame: s.frame(c), Screens: r.counts.Screens, Confirmed: r.counts.Confirmed,
		Took: views.Word("seconds", "n", fmt.Sprintf("%.1f", max(0.1, r.counts.Took.Seconds()))),
	}
	if by := r.counts.BlankBy; !by.IsZero() {
		// Rounded up: no screen is later than said.
		page.BlankBy = by.Add(time.Minute - 1).UTC().Format("15:04 UTC")
		if left := time.Until(by); left > 0 {
			page.BlankIn = views.Count(int((left+time.Minute-1)/time.Minute), "count.minutes")
		}
	}
	return render(c, http.StatusOK, views.Receipt(page))
}
