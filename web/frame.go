package web

import "encoding/binary"

// Frames as the server writes them (RFC 6455, section 5.2): whole messages,
// without a mask.
const (
	frameText = 0x81
	framePing = 0x89

	frameHeader = 10 // the longest header
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
