package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net"
	"net/http"
	"net/netip"

	"github.com/labstack/echo/v4"

	"mayfly/rooms"
)

// sources turns a request's address into the rooms.Source that limits go by: a
// keyed hash of the IPv4 address or the IPv6 /64, so that no table holds an
// address. The key dies with the process.
type sources struct {
	key     [32]byte
	extract echo.IPExtractor
}

// newSources believes X-Forwarded-For only as far as these proxies wrote it.
func newSources(trusted []netip.Prefix) *sources {
	s := &sources{extract: echo.ExtractIPDirect()}
	rand.Read(s.key[:])
	if len(trusted) > 0 {
		options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
		for _, p := range trusted {
			_, network, err := net.ParseCIDR(p.Masked().String())
			if err != nil {
				panic(err) // a netip.Prefix always parses
			}
			options = append(options, echo.TrustIPRange(network))
		}
		s.extract = echo.ExtractIPFromXFFHeader(options...)
	}
	return s
}

// of is the source of a request. Whatever has no address is one source.
func (s *sources) of(r *http.Request) (src rooms.Source) {
	addr, err := netip.ParseAddr(s.extract(r))
	if err != nil {
		return src
	}
	addr = addr.Unmap().WithZone("")
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return src
	}
	mac := hmac.New(sha256.New, s.key[:])
	b, _ := network.Addr().MarshalBinary()
	mac.Write(b)
	copy(src[:], mac.Sum(nil))
	return src
}
