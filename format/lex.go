package format

import (
	"strings"

	"golang.org/x/net/html"
)

// lex returns src with nothing left in it that opens markup but tags of kept
// elements, exactly as typed: any other "<" is written "&lt;", and what is HTML
// but not kept is gone and reported to d. It takes linear time.
func lex(src string, d *drops) string {
	var out strings.Builder
	out.Grow(len(src) + len(src)/8)
	unclosed := make(map[string]bool) // ends that no longer come
	for {
		i := strings.IndexByte(src, '<')
		if i < 0 {
			out.WriteString(src)
			return out.String()
		}
		out.WriteString(src[:i])
		src = src[i:]

		if n := scanComment(src, unclosed); n > 0 {
			src = src[n:]
			continue
		}
		name, n := scanTag(src)
		el, known := elements[strings.TrimPrefix(name, "/")]
		if !known {
			out.WriteString("&lt;")
			src = src[1:]
			continue
		}
		if el.fate == kept {
			out.WriteString(src[:n])
			src = src[n:]
			continue
		}
		d.add(strings.TrimPrefix(name, "/"))
		src = src[n:]
		if el.fate == dropped || strings.HasPrefix(name, "/") {
			continue
		}
		// Without its end tag, only the tag goes: what follows may as well be
		// the rest of a sentence about <script>, and it is cleaned like
		// everything else.
		if content, n := scanContent(src, name, unclosed); n > 0 {
			if el.fate == literal {
				out.WriteString(html.EscapeString(content))
			}
			src = src[n:]
		}
	}
}

// scanTag returns the lower-case name of the tag that src starts with, "/b"
// for </b>, and the tag's length; or "" and 0 if it is not a well-formed tag:
// a name, then a space, "/" or ">", then attributes, then ">". What it accepts,
// the tokenizer of x/net/html reads in the same way.
func scanTag(src string) (name string, n int) {
	i := 1
	if strings.HasPrefix(src, "</") {
		i = 2
	}
	start := i
	for i < len(src) && isNameByte(src[i]) {
		i++
	}
	if i == start || isDigit(src[start]) {
		return "", 0
	}
	name = strings.ToLower(src[1:i])
	for first := true; ; first = false {
		gap := i
		for i < len(src) && (isSpace(src[i]) || src[i] == '/') {
			i++
		}
		switch {
		case i == len(src):
			return "", 0
		case src[i] == '>':
			return name, i + 1
		case first && i == gap:
			return "", 0
		}
		if i = scanAttr(src, i); i < 0 {
			return "", 0
		}
	}
}

// scanAttr returns where the attribute that starts at src[i] ends, or -1 if
// there is none.
func scanAttr(src string, i int) int {
	start := i
	for i < len(src) && (isNameByte(src[i]) || strings.IndexByte("-_.:@", src[i]) >= 0) {
		i++
	}
	if i == start || isDigit(src[start]) || src[start] == '-' || src[start] == '.' {
		return -1
	}
	end := i
	for i < len(src) && isSpace(src[i]) {
		i++
	}
	if i == len(src) || src[i] != '=' {
		return end
	}
	i++
	for i < len(src) && isSpace(src[i]) {
		i++
	}
	if i == len(src) {
		return -1
	}
	if quote := src[i]; quote == '"' || quote == '\'' {
		n := strings.IndexByte(src[i+1:], quote)
		if n < 0 {
			return -1
		}
		return i + 1 + n + 1
	}
	start = i
	for i < len(src) && !isSpace(src[i]) && src[i] != '>' && src[i] != '<' {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

// scanComment returns the length of the comment or doctype that src starts
// with, or 0.
func scanComment(src string, unclosed map[string]bool) int {
	const open = "<!--"
	switch {
	case strings.HasPrefix(src, open):
		if rest := src[len(open):]; strings.HasPrefix(rest, ">") || strings.HasPrefix(rest, "->") {
			return strings.IndexByte(src, '>') + 1
		}
		if unclosed[open] {
			return 0
		}
		for i := len(open); ; i++ {
			n := strings.Index(src[i:], "--")
			if n < 0 {
				unclosed[open] = true
				return 0
			}
			i += n
			rest := src[i+2:]
			if strings.HasPrefix(rest, ">") || strings.HasPrefix(rest, "!>") {
				return i + 2 + strings.IndexByte(rest, '>') + 1
			}
		}
	case len(src) >= len("<!doctype") && strings.EqualFold(src[:len("<!doctype")], "<!doctype"):
		if n := strings.IndexAny(src[1:], "<>"); n >= 0 && src[1+n] == '>' {
			return 1 + n + 1
		}
	}
	return 0
}

// scanContent returns what stands before the end tag of name, and the length
// of both together; or "" and 0 if there is no such tag.
func scanContent(src, name string, unclosed map[string]bool) (content string, n int) {
	if unclosed[name] {
		return "", 0
	}
	for i := 0; ; i++ {
		k := strings.Index(src[i:], "</")
		if k < 0 {
			unclosed[name] = true
			return "", 0
		}
		i += k
		if tag, n := scanTag(src[i:]); tag == "/"+name {
			return src[:i], i + n
		}
	}
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isSpace reports whether c parts attributes; tidy leaves no other such byte.
func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' }
