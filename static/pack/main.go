// Command pack compresses the scripts and style sheets in a folder with Brotli, as
// small as it goes: that takes too long to be done when the server starts.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/andybalholm/brotli"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func run(folder string) error {
	for _, pattern := range []string{"*.js", "*.css"} {
		names, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := pack(name); err != nil {
				return err
			}
		}
	}
	return nil
}

func pack(name string) error {
	plain, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	w := brotli.NewWriterLevel(&packed, brotli.BestCompression)
	w.Write(plain) // into memory, which does not fail
	w.Close()
	return os.WriteFile(name+".br", packed.Bytes(), 0o644)
}
