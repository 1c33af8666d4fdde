package views

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestNoKeyExistsTwice(t *testing.T) {
	seen := map[string]bool{}
	for key := range texts {
		seen[key] = true
	}
	for _, w := range words {
		if seen[w.key] {
			t.Errorf("the key %q exists twice", w.key)
		}
		seen[w.key] = true
	}
}

func TestEveryKeyHasItsSentence(t *testing.T) {
	used := map[string]bool{}
	for _, call := range keysInSource(t) {
		found := false
		for key := range sentences {
			if key == call.key || call.begins && strings.HasPrefix(key, call.key) {
				used[key], found = true, true
			}
		}
		if !found {
			t.Errorf("%s: no sentence under the key %q", call.at, call.key)
		}
	}
	for key := range texts {
		if !used[key] {
			t.Errorf("nobody says what stands under the key %q", key)
		}
	}
}

func TestWordFillsItsPlaces(t *testing.T) {
	got := Word("receipt.some", "confirmed", "{n}", "n", "5", "time", "0.3 s")
	if want := "{n} of 5 screens confirmed in 0.3 s."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := Count(1, "count.minutes") + ", " + Count(2, "count.minutes"); got != "1 minute, 2 minutes" {
		t.Errorf("%q", got)
	}
}

func TestWordPanicsWithoutSentence(t *testing.T) {
	defer func() {
		if said, _ := recover().(string); !strings.Contains(said, "no-such-key") {
			t.Errorf("the panic says %q", said)
		}
	}()
	Word("no-such-key")
}

// usedKey is a key that is written in the source.
type usedKey struct {
	at     token.Position
	key    string
	begins bool // it is only how a key begins
}

// keyArgument is which argument is the key, by how a function is called.
var keyArgument = map[string]int{"Word": 0, "views.Word": 0, "st.note": 0, "Count": 1, "views.Count": 1}

// keysInSource looks through the packages that say something; for a templ file,
// through the Go file made from it.
func keysInSource(t *testing.T) (keys []usedKey) {
	t.Helper()
	here, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	web, err := filepath.Glob("../web/*.go")
	if err != nil || len(web) == 0 {
		t.Fatalf("no files in web: %v", err)
	}
	files := token.NewFileSet()
	for _, name := range append(here, web...) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			function := types.ExprString(call.Fun)
			argument, ok := keyArgument[function]
			if !ok {
				return true
			}
			key := usedKey{at: files.Position(call.Pos())}
			first := call.Args[argument]
			for sum, ok := first.(*ast.BinaryExpr); ok; sum, ok = first.(*ast.BinaryExpr) {
				first, key.begins = sum.X, true
			}
			literal, ok := first.(*ast.BasicLit)
			if !ok {
				return true // whoever hands a key on has it from somewhere
			}
			key.key, _ = strconv.Unquote(literal.Value)
			keys = append(keys, key)
			if strings.HasSuffix(function, "Count") {
				key.key += ".one"
				keys = append(keys, key)
			}
			return true
		})
	}
	return keys
}
