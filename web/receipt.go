package web

import (
	"crypto/rand"
	"fmt"
	"net/http"
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
	kept *lru.Cache[string, rooms.Receipt]
}

func newReceipts() *receipts {
	kept, err := lru.New[string, rooms.Receipt](maxReceipts)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &receipts{kept}
}

func (r *receipts) add(receipt rooms.Receipt) (id string) {
	id = rand.Text()
	r.kept.Add(id, receipt)
	time.AfterFunc(receiptLife, func() { r.kept.Remove(id) })
	return id
}

func (s *Server) receipt(c echo.Context) error {
	r, ok := s.receipts.kept.Get(c.Param("receipt"))
	if !ok {
		return errNoReceipt
	}
	page := views.ReceiptPage{
		Frame: s.frame(c), Screens: r.Screens, Confirmed: r.Confirmed,
		Took: fmt.Sprintf("%.1f s", max(0.1, r.Took.Seconds())),
	}
	if !r.BlankBy.IsZero() {
		// Rounded up: no screen is later than said.
		page.BlankBy = r.BlankBy.Add(time.Minute - 1).UTC().Format("15:04 UTC")
	}
	return render(c, http.StatusOK, views.Receipt(page))
}
