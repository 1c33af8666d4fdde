// Package static holds the embedded style sheets, scripts and pictures, and the
// addresses under which they never change.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Prefix is where web serves the files from: Prefix + hash + "/" + name.
const Prefix = "/static/"

//go:embed *.css *.js *.svg
var embedded embed.FS

// File is one embedded file, ready to be served.
type File struct {
	Data        []byte
	Gzip        []byte // Data compressed once, at the highest level
	ContentType string
	integrity   string   // "sha384-…", as in the attribute of that name
	imports     []string // the scripts that this script names itself
}

// files has every file by its name, and hash names their common content: it
// stands in every address, so that modules import each other by relative paths
// and a page never mixes files of two versions.
var files, hash = mustLoad(embedded)

// URL is the address of the file called name, such as "mayfly.css". It panics if
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

// Modules are the names of all scripts, sorted.
func Modules() []string {
	var names []string
	for name := range files {
		if path.Ext(name) == ".js" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// importPattern finds the static imports of our own modules; a type named in a
// comment, import('./x.js'), is none.
var importPattern = regexp.MustCompile(`\b(?:from|import)\s*['"]\./([^'"/]+\.js)['"]`)

// Imports are the names of all scripts that the script called entry needs,
// directly or through another, sorted and without entry itself. A page names them
// so that each is fetched at once and checked against its integrity. It panics
// if one of them does not exist.
func Imports(entry string) []string {
	var found []string
	queue := []string{entry}
	for len(queue) > 0 {
		file := mustFile(queue[0])
		queue = queue[1:]
		for _, name := range file.imports {
			if name != entry && !slices.Contains(found, name) {
				found = append(found, name)
				queue = append(queue, name)
			}
		}
	}
	slices.Sort(found)
	return found
}

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
		fmt.Fprintf(all, "%s %d\n%s", name, len(data), data)
		files[name] = newFile(name, data)
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("static: reading embedded files: %v", err))
	}
	return files, hex.EncodeToString(all.Sum(nil)[:8])
}

func newFile(name string, data []byte) File {
	var packed bytes.Buffer
	writer, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		panic(fmt.Sprintf("static: %v", err))
	}
	writer.Write(data) // a bytes.Buffer does not fail
	writer.Close()
	sum := sha512.Sum384(data)
	var imports []string
	for _, match := range importPattern.FindAllSubmatch(data, -1) {
		imports = append(imports, string(match[1]))
	}
	return File{
		Data:        data,
		Gzip:        packed.Bytes(),
		ContentType: contentTypes[strings.TrimPrefix(path.Ext(name), ".")],
		integrity:   "sha384-" + base64.StdEncoding.EncodeToString(sum[:]),
		imports:     imports,
	}
}

// contentTypes has what is embedded; mime.TypeByExtension would ask the host.
var contentTypes = map[string]string{
	"css": "text/css; charset=utf-8",
	"js":  "text/javascript; charset=utf-8",
	"svg": "image/svg+xml",
}
