//go:build wasip1

// Command wasm is package format for a browser: the preview shows what the server
// would make of a message before any of it is sent. Its host writes the message
// where place says, calls message, and reads the answer where that says.
package main

import (
	"encoding/json"
	"errors"
	"unsafe"

	"mayfly/format"
)

var source, answer []byte

// place makes room for a message of n bytes and returns its address.
//
//go:wasmexport place
func place(n uint32) unsafe.Pointer {
	source = make([]byte, max(1, n))[:n]
	return unsafe.Pointer(unsafe.SliceData(source))
}

// message formats what was written to place under a limit in bytes. The answer is
// JSON, its address in the high 32 bits and its length in the low.
//
//go:wasmexport message
func message(limitBytes uint32) uint64 {
	result, err := format.Message(string(source), int(limitBytes))
	var problem string // as a refusal has it on the wire
	switch {
	case errors.Is(err, format.ErrEmpty):
		problem = "empty"
	case err != nil:
		problem = "too-long"
	}
	answer, err = json.Marshal(struct {
		HTML    string   `json:"html"`
		Dropped []string `json:"dropped"`
		Problem string   `json:"problem"`
	}{result.HTML, append([]string{}, result.Dropped...), problem})
	if err != nil {
		panic(err) // strings always encode
	}
	return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(answer))))<<32 | uint64(len(answer))
}

func main() {}
