// Package static holds the style sheets, scripts and pictures, and the addresses
// under which they never change. The *.css and *.js beside this file are what
// people write; dist has what browsers get: for each page one script and one style
// sheet with everything they import, made by go generate and committed.
package static

//go:generate ./build dist
//go:generate ./squeeze dist

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Prefix is where web serves the files from: Prefix + hash + "/" + name.
const Prefix = "/static/"

//go:embed dist/*.js dist/*.css dist/*.br dist/*.gz
var embedded embed.FS

//go:embed icon.svg
var icon string

// Icon is the mayfly as an address that needs no request: it is shorter than one.
var Icon = "data:image/svg+xml," + strings.NewReplacer("\n", "", "  ", "", `"`, "'", "#", "%23", "<", "%3C", ">", "%3E").Replace(icon)

// File is one embedded file, ready to be served.
type File struct {
	Data        []byte // nil if it is kept compressed alone
	Gzip        []byte
	Brotli      []byte // which browsers take over HTTPS; may be nil
	ContentType string
	integrity   string // "sha256-…", as in the attribute of that name
}

// files has every file by its name, and hash names their common content: it
// stands in every address, so that a page never mixes files of two versions.
var files, hash = mustLoad(embedded)

// URL is the address of the file called name, such as "room.css". It panics if
// there is none: names are written in the source.
func URL(name string) string {
	mustFile(name)
	return Prefix + hash + "/" + name
}

// Integrity is the value of the integrity attribute for the file called name. It
// panics if there is none.
func Integrity(name string) string {
	return mustFile(name).integrity
}

// Find looks up what a browser asks for as Prefix + hash + "/" + name. An address
// of another version is not found, so whatever is found may be cached for ever.
func Find(wantHash, name string) (File, bool) {
	if wantHash != hash {
		return File{}, false
	}
	file, ok := files[name]
	return file, ok
}

// Names are the names of all files, sorted.
func Names() []string { return slices.Sorted(maps.Keys(files)) }

func mustFile(name string) File {
	file, ok := files[name]
	if !ok {
		panic(fmt.Sprintf("static: no file is called %q", name))
	}
	return file
}

func mustLoad(source fs.FS) (map[string]File, string) {
	files := make(map[string]File)
	all := sha256.New()
	err := fs.WalkDir(source, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(source, name)
		if err != nil {
			return err
		}
		name = path.Base(name)
		fmt.Fprintf(all, "%s %d\n%s", name, len(data), data)
		extension := path.Ext(name)
		plain := name
		if extension == ".gz" || extension == ".br" {
			plain = strings.TrimSuffix(name, extension)
		}
		file := files[plain]
		file.ContentType = contentType(plain)
		switch extension {
		case ".gz":
			file.Gzip = data
		case ".br":
			file.Brotli = data
		default:
			sum := sha256.Sum256(data)
			file.Data = data
			file.integrity = "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
		}
		files[plain] = file
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("static: reading embedded files: %v", err))
	}
	return files, hex.EncodeToString(all.Sum(nil)[:8])
}

func contentType(name string) string { return contentTypes[strings.TrimPrefix(path.Ext(name), ".")] }

// contentTypes has what is embedded; mime.TypeByExtension would ask the host.
var contentTypes = map[string]string{
	"css":  "text/css; charset=utf-8",
	"js":   "text/javascript; charset=utf-8",
	"wasm": "application/wasm",
}
