package web

import (
	"bytes"
	"fmt"
	"image/color"
	"net/http"

	"github.com/boombuler/barcode/qr"
	"github.com/labstack/echo/v4"
)

// quietModules is the empty margin around a QR code (ISO/IEC 18004, 6.3.8).
const quietModules = 4

// qr draws the link to the room, for those who are in it.
func (s *Server) qr(c echo.Context) error {
	if _, _, err := s.participant(c); err != nil {
		return err
	}
	svg, err := qrSVG(s.origin(c.Request()) + roomPath(c))
	if err != nil {
		return fmt.Errorf("drawing a QR code: %w", err)
	}
	return c.Blob(http.StatusOK, "image/svg+xml", svg)
}

// qrSVG is a QR code, dark on light whatever the theme around it: not every camera
// reads the reverse. Level M survives a scratched screen.
func qrSVG(text string) ([]byte, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, err
	}
	size := code.Bounds().Dx()
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="%d %[1]d %d %[2]d" shape-rendering="crispEdges">`, -quietModules, size+2*quietModules)
	fmt.Fprintf(&b, `<path fill="#fff" d="M%d %[1]dh%dv%[2]dh-%[2]dz"/><path d="`, -quietModules, size+2*quietModules)
	for y := range size {
		for x := 0; x < size; x++ {
			from := x
			for x < size && code.At(x, y) == color.Black {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%[3]dz", from, y, x-from)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.Bytes(), nil
}
