package views

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// everyPage renders each page with text in every field that can hold text of
// people or of a request.
func everyPage(text string) map[string]templ.Component {
	problems := map[string]string{"alias": text, "room": text, "password": text, "minutes": text, "lease": text}
	person := Person{ID: text, Alias: text, State: "here"}
	return map[string]templ.Component{
		"home": Home(HomePage{
			Alias: text, Room: text, Password: text, Minutes: text, MaxMinutes: 60, Lease: text,
			Problem: text, Problems: problems,
		}),
		"home with an offer": Home(HomePage{Frame: Frame{Insecure: true}, Password: text, Offered: true, MaxMinutes: 60, Lease: "5"}),
		"join":               Join(JoinPage{Path: "/r/" + text, Alias: text, Password: text, Problem: text, Problems: problems}),
		"room": Room(RoomPage{
			Path: "/r/" + text, ShareURL: text, Name: text, You: person, People: []Person{person, {ID: "2", Alias: text, State: "away"}},
			EndsAt: text, LeftText: text, Notice: text, Draft: text, SendID: text,
		}),
		"gone":    Gone(Frame{Insecure: true}),
		"problem": Problem(ProblemPage{Heading: text, Sentence: text, NextText: text, NextHref: text}),
		"receipt": Receipt(ReceiptPage{Screens: 2, Confirmed: 1, Took: text, BlankBy: text}),
		"image":   Media(MediaPage{URL: text, Kind: text}),
		"video":   Media(MediaPage{URL: text, Kind: "video"}),
		"audio":   Media(MediaPage{URL: text, Kind: "audio"}),
	}
}

func TestTextIsNeverMarkup(t *testing.T) {
	harmless := everyPage("plain")
	for _, hostile := range []string{
		`"><script>alert(1)</script>`,
		`' onmouseover=alert(1) x='`,
		`" autofocus onfocus="alert(1)`,
		"</textarea></title></template></noscript><img src=x onerror=alert(1)>",
		"<!-- <style>*{display:none}</style>",
		"javascript:alert(1)",
		"{{7*7}} ${7*7} &lt;script&gt; &#34;><b>",
		"\x00\u202e<b>\xff",
	} {
		for name, page := range everyPage(hostile) {
			got, want := shape(parse(t, page)), shape(parse(t, harmless[name]))
			if !slices.Equal(got, want) {
				t.Errorf("%s with %q: elements and attributes are\n%s\nwant\n%s", name, hostile, got, want)
			}
		}
	}
}

func TestAddressesRunNothing(t *testing.T) {
	for name, page := range everyPage("javascript:alert(1)") {
		for node := range parse(t, page).Descendants() {
			for _, a := range node.Attr {
				if slices.Contains([]string{"href", "src", "action", "formaction"}, a.Key) && strings.HasPrefix(a.Val, "javascript:") {
					t.Errorf("%s: <%s %s=%q>", name, node.Data, a.Key, a.Val)
				}
			}
		}
	}
}

func TestNothingInline(t *testing.T) {
	for name, page := range everyPage("plain") {
		for node := range parse(t, page).Descendants() {
			if node.DataAtom == atom.Style || node.DataAtom == atom.Script && attr(node, "src") == "" {
				t.Errorf("%s: has an inline <%s>", name, node.Data)
			}
			for _, a := range node.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: <%s> has the attribute %s", name, node.Data, a.Key)
				}
			}
		}
	}
}

// What people, password managers and tests look for on a page.
func TestLabelsAndButtons(t *testing.T) {
	pages := everyPage("plain")
	for name, want := range map[string]struct{ labels, buttons []string }{
		"home": {[]string{"Alias", "Room name", "Password"}, []string{"Create room"}},
		"join": {[]string{"Alias", "Password"}, []string{"Join room", "Purge for everyone"}},
		"room": {[]string{"Message", "Link to share"}, []string{"Send", "Log out"}},
	} {
		doc := parse(t, pages[name])
		for _, label := range want.labels {
			labels := find(doc, func(n *html.Node) bool { return n.DataAtom == atom.Label && content(n) == label })
			if len(labels) != 1 {
				t.Errorf("%s: %d labels %q, want 1", name, len(labels), label)
				continue
			}
			if fields := find(doc, func(n *html.Node) bool { return attr(n, "id") == attr(labels[0], "for") }); len(fields) != 1 {
				t.Errorf("%s: %d fields for the label %q, want 1", name, len(fields), label)
			}
		}
		for _, button := range want.buttons {
			buttons := find(doc, func(n *html.Node) bool { return n.DataAtom == atom.Button && content(n) == button })
			if len(buttons) != 1 {
				t.Errorf("%s: %d buttons %q, want 1", name, len(buttons), button)
			}
		}
	}
}

func TestEveryReferenceHasItsElement(t *testing.T) {
	for name, page := range everyPage("plain") {
		doc := parse(t, page)
		count := map[string]int{}
		for node := range doc.Descendants() {
			if id := attr(node, "id"); id != "" {
				count[id]++
			}
		}
		for node := range doc.Descendants() {
			for _, key := range []string{"for", "aria-describedby", "aria-labelledby", "aria-controls"} {
				for id := range strings.FieldsSeq(attr(node, key)) {
					if count[id] != 1 {
						t.Errorf("%s: %s=%q of <%s> names %d elements, want 1", name, key, id, node.Data, count[id])
					}
				}
			}
		}
	}
}

func TestEveryScriptIsCheckedForIntegrity(t *testing.T) {
	for name, page := range everyPage("plain") {
		for node := range parse(t, page).Descendants() {
			if node.DataAtom == atom.Script && attr(node, "integrity") == "" {
				t.Errorf("%s: %s has no integrity", name, attr(node, "src"))
			}
		}
	}
}

// The join page, the page of no room and their titles must not tell one room
// from another.
func TestTitleIsNeutral(t *testing.T) {
	for name, page := range everyPage("plain") {
		titles := find(parse(t, page), func(n *html.Node) bool { return n.DataAtom == atom.Title })
		if len(titles) != 1 || content(titles[0]) != "Mayfly" {
			t.Errorf("%s: the title is not just Mayfly", name)
		}
	}
}

func TestProblemStandsAtItsField(t *testing.T) {
	doc := parse(t, Join(JoinPage{Path: "/r/x", Problems: map[string]string{"password": "Wrong."}}))
	field := find(doc, func(n *html.Node) bool { return attr(n, "id") == "password" })[0]
	if attr(field, "aria-invalid") != "true" || attr(field, "aria-describedby") != "password-problem" {
		t.Errorf("the field does not point to its problem: %v", field.Attr)
	}
	sentence := find(doc, func(n *html.Node) bool { return attr(n, "id") == "password-problem" })[0]
	if content(sentence) != "Wrong." {
		t.Errorf("the problem reads %q", content(sentence))
	}
	if alias := find(doc, func(n *html.Node) bool { return attr(n, "id") == "alias" })[0]; attr(alias, "aria-invalid") != "" {
		t.Error("a field without a problem is marked as invalid")
	}
}

func TestReceiptCounts(t *testing.T) {
	for _, test := range []struct {
		page            ReceiptPage
		confirmed, late string
	}{
		{ReceiptPage{}, "No screen was open.", ""},
		{ReceiptPage{BlankBy: "14:02 UTC"}, "No screen was open.", "Any device that is out of reach goes blank by 14:02 UTC at the latest."},
		{ReceiptPage{Screens: 1, Confirmed: 1, Took: "0.1 s"}, "The one open screen confirmed in 0.1 s.", ""},
		{ReceiptPage{Screens: 1, BlankBy: "14:02 UTC"}, "The one open screen has not confirmed.", "1 is out of reach and goes blank by 14:02 UTC at the latest."},
		{ReceiptPage{Screens: 3, BlankBy: "14:02 UTC"}, "None of 3 screens has confirmed.", "3 are out of reach and go blank by 14:02 UTC at the latest."},
		{ReceiptPage{Screens: 5, Confirmed: 4, Took: "0.3 s", BlankBy: "14:02 UTC"}, "4 of 5 screens confirmed in 0.3 s.", "1 is out of reach and goes blank by 14:02 UTC at the latest."},
		{ReceiptPage{Screens: 5, Confirmed: 5, Took: "0.3 s"}, "All 5 screens confirmed in 0.3 s.", ""},
	} {
		if got := confirmed(test.page); got != test.confirmed {
			t.Errorf("%+v: %q, want %q", test.page, got, test.confirmed)
		}
		if got := late(test.page); got != test.late {
			t.Errorf("%+v: %q, want %q", test.page, got, test.late)
		}
	}
}

func TestDraftComesBackWhole(t *testing.T) {
	const draft = "\n<b>not sent</b>\n"
	text := find(parse(t, Room(RoomPage{Draft: draft})), func(n *html.Node) bool { return attr(n, "name") == "html" })[0]
	if got := text.FirstChild.Data; got != draft {
		t.Errorf("the draft is %q, want %q", got, draft)
	}
}

// Scripts say only what the room page has words for, or what is loaded later brings
// along.
func TestScriptsFindTheirWords(t *testing.T) {
	modules, err := filepath.Glob("../static/*.js")
	if err != nil || len(modules) < 10 {
		t.Fatalf("found the scripts %q: %v", modules, err)
	}
	later := ""
	for _, module := range modules {
		source, err := os.ReadFile(module)
		if err != nil {
			t.Fatal(err)
		}
		known := wordLines(words)
		if strings.Contains(string(source), "from './room.js'") {
			known += LaterWords()
		}
		for _, match := range regexp.MustCompile(`\b(?:word|say)\('([a-z-]+)'`).FindAllSubmatch(source, -1) {
			key := string(match[1])
			if !strings.Contains("\n"+known, "\n"+key+" ") {
				t.Errorf("%s: the page has no word %q", module, key)
			}
		}
		if strings.Contains(string(source), "from './room.js'") {
			later += string(source)
		}
	}
	for _, w := range laterWords {
		family := w.key[:strings.LastIndex(w.key, "-")+1]
		if !strings.Contains(later, "'"+w.key+"'") && !strings.Contains(later, "`"+family+"${") {
			t.Errorf("no script that is loaded later says %q", w.key)
		}
	}
}

func parse(t *testing.T, page templ.Component) *html.Node {
	t.Helper()
	var source strings.Builder
	if err := page.Render(t.Context(), &source); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(strings.NewReader(source.String()))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// shape is every element of a page with the names of its attributes. Whether an
// element is there may depend on a value's being empty, never on its text.
func shape(doc *html.Node) []string {
	var elements []string
	for node := range doc.Descendants() {
		if node.Type == html.CommentNode {
			elements = append(elements, "<!-- -->")
		}
		if node.Type != html.ElementNode {
			continue
		}
		var names []string
		for _, a := range node.Attr {
			names = append(names, a.Key)
		}
		slices.Sort(names)
		elements = append(elements, fmt.Sprint(node.Data, names))
	}
	return elements
}

func find(doc *html.Node, match func(*html.Node) bool) []*html.Node {
	var found []*html.Node
	for node := range doc.Descendants() {
		if node.Type == html.ElementNode && match(node) {
			found = append(found, node)
		}
	}
	return found
}

func attr(node *html.Node, key string) string {
	for _, a := range node.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// content is an element's text, as a reader sees it.
func content(node *html.Node) string {
	var text strings.Builder
	for n := range node.Descendants() {
		if n.Type == html.TextNode {
			text.WriteString(n.Data)
		}
	}
	return strings.Join(strings.Fields(text.String()), " ")
}
