package format

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/microcosm-cc/bluemonday"
)

// fate is what becomes of an element.
type fate int

const (
	kept    fate = iota // the element stays
	dropped             // its tags go, what is between them stays
	literal             // its tags go, what is between them shows as typed
	code                // it goes, and what is between its tags with it
)

// An element is what there is to know about one name.
type element struct {
	fate  fate
	as    string // today's element that takes the place of an obsolete one
	class string // and the class it gets there
	attrs attrs  // what it may carry beyond the global attributes
	shape shape
}

// shape is how an element nests, after the HTML standard, section 13.2.6.
type shape uint8

const (
	void       shape = 1 << iota // has no content and no end tag
	block                        // breaks the line and closes an open <p>
	tablePart                    // has its place inside a <table> only
	barrier                      // end tags inside do not reach outside it
	formatting                   // is reopened when something around it ends
)

type attrs map[string]rule

// globalAttrs may stand on every kept element. Besides them color (on font),
// bgcolor (on tables), align, style and class are read, and give classes.
var globalAttrs = attrs{"title": text, "dir": oneOf("ltr", "rtl", "auto"), "lang": matching(`[A-Za-z0-9-]{1,35}`)}

// elements is every element of the HTML living standard and every obsolete
// one, from its sections 4 and 16.2. A name that is not here is not HTML.
var elements = map[string]element{
	// Text.
	"a": {shape: formatting, attrs: attrs{
		"href": link, "target": oneOf("_blank"), "rel": oneOf(linkRel)}},
	"abbr":   {},
	"b":      {shape: formatting},
	"bdi":    {},
	"bdo":    {},
	"br":     {shape: void},
	"cite":   {},
	"code":   {shape: formatting},
	"data":   {attrs: attrs{"value": text}},
	"del":    {attrs: attrs{"cite": webLink, "datetime": moment}},
	"dfn":    {},
	"em":     {shape: formatting},
	"i":      {shape: formatting},
	"ins":    {attrs: attrs{"cite": webLink, "datetime": moment}},
	"kbd":    {},
	"mark":   {},
	"meter":  {attrs: attrs{"value": number, "min": number, "max": number, "low": number, "high": number, "optimum": number}},
	"q":      {attrs: attrs{"cite": webLink}},
	"rp":     {},
	"rt":     {},
	"ruby":   {},
	"s":      {shape: formatting},
	"samp":   {},
	"small":  {shape: formatting},
	"span":   {},
	"strong": {shape: formatting},
	"sub":    {},
	"sup":    {},
	"time":   {attrs: attrs{"datetime": moment}},
	"u":      {shape: formatting},
	"var":    {},
	"wbr":    {shape: void},

	"progress": {attrs: attrs{"value": number, "max": number}},

	// Blocks.
	"address":    {shape: block},
	"article":    {shape: block},
	"aside":      {shape: block},
	"blockquote": {shape: block, attrs: attrs{"cite": webLink}},
	"dd":         {shape: block},
	"details":    {shape: block, attrs: attrs{"open": flag}},
	"div":        {shape: block},
	"dl":         {shape: block},
	"dt":         {shape: block},
	"figcaption": {shape: block},
	"figure":     {shape: block},
	"footer":     {shape: block},
	"h1":         {shape: block},
	"h2":         {shape: block},
	"h3":         {shape: block},
	"h4":         {shape: block},
	"h5":         {shape: block},
	"h6":         {shape: block},
	"header":     {shape: block},
	"hgroup":     {shape: block},
	"hr":         {shape: block | void},
	"li":         {shape: block, attrs: attrs{"value": ordinal}},
	"menu":       {shape: block},
	"nav":        {shape: block},
	"ol":         {shape: block, attrs: attrs{"start": ordinal, "reversed": flag, "type": oneOf("1", "a", "A", "i", "I")}},
	"p":          {shape: block},
	"pre":        {shape: block},
	"section":    {shape: block},
	"summary":    {shape: block},
	"ul":         {shape: block},

	// Tables. Spans are bounded far below the 1000 of the standard, so that
	// a short message does not lay out as millions of cells.
	"table":    {shape: block | barrier},
	"caption":  {shape: tablePart | barrier},
	"col":      {shape: tablePart | void, attrs: attrs{"span": upTo(1, 100)}},
	"colgroup": {shape: tablePart, attrs: attrs{"span": upTo(1, 100)}},
	"tbody":    {shape: tablePart},
	"td":       {shape: tablePart | barrier, attrs: attrs{"colspan": upTo(1, 100), "rowspan": upTo(1, 100), "abbr": text}},
	"tfoot":    {shape: tablePart},
	"th":       {shape: tablePart | barrier, attrs: attrs{"colspan": upTo(1, 100), "rowspan": upTo(1, 100), "abbr": text, "scope": oneOf("row", "col", "rowgroup", "colgroup")}},
	"thead":    {shape: tablePart},
	"tr":       {shape: tablePart},

	// Media. Only what is in the message itself stays here, see media.go.
	"audio":   {attrs: attrs{"src": recording, "controls": flag, "loop": flag, "muted": flag}},
	"img":     {shape: void, attrs: attrs{"src": picture, "alt": text, "width": upTo(0, 4096), "height": upTo(0, 4096)}},
	"picture": {},
	"source":  {shape: void, attrs: attrs{"src": pictureOrRecording, "type": matching(`(?:audio|image|video)/[a-z0-9.+-]{1,40}`)}},
	"track": {shape: void, attrs: attrs{"src": captions, "kind": oneOf("subtitles", "captions", "descriptions", "chapters", "metadata"),
		"srclang": matching(`[A-Za-z0-9-]{1,35}`), "label": text, "default": flag}},
	"video": {attrs: attrs{"src": recording, "poster": picture, "controls": flag, "loop": flag, "muted": flag,
		"width": upTo(0, 4096), "height": upTo(0, 4096)}},

	// Replaced by today's element.
	"acronym": {as: "abbr"},
	"big":     {as: "span", class: classBig, shape: formatting},
	"center":  {as: "div", class: "m-center"},
	"dir":     {as: "ul"},
	"font":    {as: "span", shape: formatting},
	"image":   {as: "img"}, // as every browser does
	"main":    {as: "div"},
	"output":  {as: "span"},
	"search":  {as: "div"},
	"strike":  {as: "s", shape: formatting},
	"tt":      {as: "code", shape: formatting},

	// Dropped with their content: it is code, or not meant for the page.
	"applet":   {fate: code},
	"iframe":   {fate: code},
	"math":     {fate: code},
	"object":   {fate: code},
	"script":   {fate: code},
	"style":    {fate: code},
	"svg":      {fate: code},
	"template": {fate: code},
	"title":    {fate: code},

	// Dropped, and their content is text even where it looks like HTML.
	"textarea": {fate: literal},
	"xmp":      {fate: literal},

	// Dropped.
	"area":            {fate: dropped},
	"base":            {fate: dropped},
	"basefont":        {fate: dropped},
	"bgsound":         {fate: dropped},
	"blink":           {fate: dropped},
	"body":            {fate: dropped},
	"button":          {fate: dropped},
	"canvas":          {fate: dropped},
	"command":         {fate: dropped},
	"content":         {fate: dropped},
	"datalist":        {fate: dropped},
	"dialog":          {fate: dropped},
	"embed":           {fate: dropped},
	"fencedframe":     {fate: dropped},
	"fieldset":        {fate: dropped},
	"form":            {fate: dropped},
	"frame":           {fate: dropped},
	"frameset":        {fate: dropped},
	"head":            {fate: dropped},
	"html":            {fate: dropped},
	"input":           {fate: dropped},
	"isindex":         {fate: dropped},
	"keygen":          {fate: dropped},
	"label":           {fate: dropped},
	"legend":          {fate: dropped},
	"link":            {fate: dropped},
	"listing":         {fate: dropped},
	"map":             {fate: dropped},
	"marquee":         {fate: dropped},
	"menuitem":        {fate: dropped},
	"meta":            {fate: dropped},
	"multicol":        {fate: dropped},
	"nextid":          {fate: dropped},
	"nobr":            {fate: dropped},
	"noembed":         {fate: dropped},
	"noframes":        {fate: dropped},
	"noscript":        {fate: dropped},
	"optgroup":        {fate: dropped},
	"option":          {fate: dropped},
	"param":           {fate: dropped},
	"plaintext":       {fate: dropped},
	"portal":          {fate: dropped},
	"rb":              {fate: dropped},
	"rtc":             {fate: dropped},
	"select":          {fate: dropped},
	"selectedcontent": {fate: dropped},
	"shadow":          {fate: dropped},
	"slot":            {fate: dropped},
	"spacer":          {fate: dropped},
}

// guard removes whatever elements does not list, should a mistake in the
// stages before let it through; from them it gets nothing to change.
var guard = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	for name, el := range elements {
		if el.fate != kept || el.as != "" {
			continue
		}
		p.AllowNoAttrs().OnElements(name)
		for _, list := range []attrs{globalAttrs, el.attrs} {
			for attr, rule := range list {
				p.AllowAttrs(attr).Matching(rule.allowed).OnElements(name)
			}
		}
		classes := lookClasses
		if name == "a" {
			classes = Classes()
		}
		one := `(?:` + strings.Join(classes, "|") + `)`
		p.AllowAttrs("class").Matching(whole(one + `(?: ` + one + `)*`)).OnElements(name)
	}
	return p
}()

// A rule says which values of an attribute may stay.
type rule struct {
	allowed *regexp.Regexp              // what every value in the output matches
	clean   func(string) (string, bool) // brings a typed value there; nil: as typed
}

// apply returns value as it may stand in the output, or false if it may not.
func (r rule) apply(value string) (string, bool) {
	if r.clean != nil {
		var ok bool
		if value, ok = r.clean(value); !ok {
			return "", false
		}
	}
	if !r.allowed.MatchString(value) {
		return "", false
	}
	return value, true
}

var (
	text    = rule{allowed: whole(`(?s:.*)`)}
	flag    = rule{allowed: whole(``), clean: func(string) (string, bool) { return "", true }}
	number  = matching(`-?(?:[0-9]{1,9}(?:\.[0-9]{1,9})?|\.[0-9]{1,9})(?:[Ee][+-]?[0-9]{1,2})?`)
	ordinal = matching(`-?[0-9]{1,9}`)
	moment  = matching(`[0-9A-Za-z:.+ -]{1,64}`) // a date, time, zone, week or duration
)

// whole compiles pattern so that it must match a value from end to end.
func whole(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`\A(?:` + pattern + `)\z`)
}

// matching allows what pattern matches, after spaces around it are gone.
func matching(pattern string) rule {
	return rule{whole(pattern), func(v string) (string, bool) { return strings.TrimSpace(v), true }}
}

// oneOf allows these values, typed in any case unless they differ by it alone.
func oneOf(values ...string) rule {
	var quoted []string
	for _, v := range values {
		quoted = append(quoted, regexp.QuoteMeta(v))
	}
	return rule{whole(strings.Join(quoted, "|")), func(typed string) (string, bool) {
		typed = strings.TrimSpace(typed)
		for _, v := range values {
			if v == typed {
				return v, true
			}
		}
		for _, v := range values {
			if strings.EqualFold(v, typed) {
				return v, true
			}
		}
		return "", false
	}}
}

// upTo allows whole numbers; one that lies outside becomes the nearest bound.
func upTo(low, high int) rule {
	return rule{whole(`[0-9]{1,4}`), func(v string) (string, bool) {
		n, err := strconv.Atoi(strings.TrimSpace(v))
		return strconv.Itoa(min(max(n, low), high)), err == nil
	}}
}
