package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"mayfly/format"
	"mayfly/rooms"
)

func TestURLIsFound(t *testing.T) {
	for name := range files {
		hash, found, ok := strings.Cut(strings.TrimPrefix(URL(name), Prefix), "/")
		if !ok || found != name {
			t.Fatalf("URL(%q) = %q, want %shash/%s", name, URL(name), Prefix, name)
		}
		file, ok := Find(hash, name)
		if !ok {
			t.Fatalf("Find does not find %q", URL(name))
		}
		if file.ContentType == "" {
			t.Errorf("%s has no content type", name)
		}
		if name == "format.wasm" { // is kept compressed alone
			continue
		}
		if !strings.HasPrefix(Integrity(name), "sha256-") {
			t.Errorf("Integrity(%q) = %q, want sha256-…", name, Integrity(name))
		}
		reader, err := gzip.NewReader(bytes.NewReader(file.Gzip))
		if err != nil {
			t.Fatalf("%s.gz: %v", name, err)
		}
		unpacked, err := io.ReadAll(reader)
		if err != nil || !bytes.Equal(unpacked, file.Data) {
			t.Errorf("%s unpacked differs (err = %v); run: make generate", name, err)
		}
	}
}

func TestFindKnowsOnlyThisVersion(t *testing.T) {
	for _, asked := range [][2]string{{"0000000000000000", "room.css"}, {"", "room.css"}, {hash, "static.go"}, {hash, ""}, {hash, "../go.mod"}} {
		if _, ok := Find(asked[0], asked[1]); ok {
			t.Errorf("Find(%q, %q) finds something", asked[0], asked[1])
		}
	}
}

func TestAnyChangeChangesEveryAddress(t *testing.T) {
	load := func(files fstest.MapFS) string { _, hash := mustLoad(files); return hash }
	first := load(fstest.MapFS{"a.js": {Data: []byte("1")}, "b.js": {Data: []byte("2")}})
	for what, other := range map[string]fstest.MapFS{
		"content": {"a.js": {Data: []byte("1")}, "b.js": {Data: []byte("3")}},
		"name":    {"a.js": {Data: []byte("1")}, "c.js": {Data: []byte("2")}},
		"swap":    {"a.js": {Data: []byte("2")}, "b.js": {Data: []byte("1")}},
	} {
		if load(other) == first {
			t.Errorf("another %s has the same hash", what)
		}
	}
	if load(fstest.MapFS{"b.js": {Data: []byte("2")}, "a.js": {Data: []byte("1")}}) != first {
		t.Error("the same files have another hash")
	}
}

func TestUnknownNamePanics(t *testing.T) {
	for name, call := range map[string]func(){
		"URL":       func() { URL("none.js") },
		"Integrity": func() { Integrity("none.js") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("does not panic")
				}
			}()
			call()
		})
	}
}

func TestEveryClassOfFormattingIsDefined(t *testing.T) {
	sheet := string(files["room.css"].Data)
	for _, class := range format.Classes() {
		if !strings.Contains(sheet, "."+class+"{") && !strings.Contains(sheet, "."+class+":before{") {
			t.Errorf("room.css does not define .%s", class)
		}
	}
}

func TestEveryBadgeIsDrawn(t *testing.T) {
	sheet := string(files["room.css"].Data)
	for _, color := range rooms.BadgeColors {
		if color != "gray" && !strings.Contains(sheet, "[data-badge^="+color+"]{") { // gray is what it is without a rule
			t.Errorf("room.css does not define the colour %s", color)
		}
	}
	for _, shape := range rooms.BadgeShapes {
		if shape != "square" && !strings.Contains(sheet, "[data-badge*="+shape+"]{") { // and so is a square
			t.Errorf("room.css does not define the shape %s", shape)
		}
	}
}
