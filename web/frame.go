package web

import "encoding/binary"

// Frames as the server writes them (RFC 6455, section 5.2): whole messages,
// without a mask.
const (
	frameText = 0x81
	framePing = 0x89
	framePong = 0x8a

	frameMasked = 0x80 // in the second byte; every frame of a browser is
	frameLength = 0x7f // the rest of it, in control frames
	frameMask   = 4    // bytes of the mask

	frameHeader = 10 // the longest header

	controlPayload = 125 // bytes at most (section 5.5)
)

// sealFrame turns b, whose first frameHeader bytes are free, into a frame of
// what follows them.
func sealFrame(b []byte, kind byte) []byte {
	n := len(b) - frameHeader
	switch {
	case n < 126:
		b = b[frameHeader-2:]
		b[1] = byte(n)
	case n < 1<<16:
		b = b[frameHeader-4:]
		b[1] = 126
		binary.BigEndian.PutUint16(b[2:], uint16(n))
	default:
		b = b[frameHeader-10:]
		b[1] = 127
		binary.BigEndian.PutUint64(b[2:], uint64(n))
	}
	b[0] = kind
	return b
}

// textFrame is a frame of one or more lines of the wire.
func textFrame(wire []byte) []byte {
	return sealFrame(append(make([]byte, frameHeader, frameHeader+len(wire)), wire...), frameText)
}

// pongLength is how long the answer to a ping is that b begins with; 0 if it does
// not begin with a whole one.
func pongLength(b []byte) int {
	if len(b) < 2 || b[0] != framePong || b[1]&frameMasked == 0 {
		return 0
	}
	payload := int(b[1] & frameLength)
	if n := 2 + frameMask + payload; payload <= controlPayload && n <= len(b) {
		return n
	}
	return 0
}
