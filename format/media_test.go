package format

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"
)

// tinyGIF is a picture of one pixel.
const tinyGIF = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

func data(mime string, content []byte) string {
	return "data:" + mime + ";base64," + base64.StdEncoding.EncodeToString(content)
}

// pngOf is the head of a PNG that claims width x height pixels.
func pngOf(width, height uint32) []byte {
	head := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	head = append(binary.BigEndian.AppendUint32(head, height), 8, 2, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
}

func TestPicturesInTheMessageShow(t *testing.T) {
	var asPNG, asJPEG bytes.Buffer
	tiny := image.NewGray(image.Rect(0, 0, 1, 1))
	if err := errorsOf(png.Encode(&asPNG, tiny), jpeg.Encode(&asJPEG, tiny, nil)); err != nil {
		t.Fatal(err)
	}
	webp, _ := base64.StdEncoding.DecodeString("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
	for src, want := range map[string]string{
		tinyGIF:                            tinyGIF,
		data("image/png", asPNG.Bytes()):   data("image/png", asPNG.Bytes()),
		data("image/jpeg", asJPEG.Bytes()): data("image/jpeg", asJPEG.Bytes()),
		data("image/webp", webp):           data("image/webp", webp),
		data("image/jpg", asPNG.Bytes()):   data("image/png", asPNG.Bytes()), // what it is, not what it is called
		"DATA:image/GIF; charset=x;base64, " + tinyGIF[22:40] + "\n " + tinyGIF[40:]: tinyGIF,
	} {
		mustShow(t, map[string]string{`<img alt=x src="` + src + `">`: `<img alt="x" src="` + want + `"/>`})
	}
}

func errorsOf(errs ...error) error {
	i := slices.IndexFunc(errs, func(err error) bool { return err != nil })
	if i < 0 {
		return nil
	}
	return errs[i]
}

func TestPicturesAreBounded(t *testing.T) {
	for _, c := range []struct {
		width, height uint32
		stays         bool
	}{
		{4096, 4095, true}, {4096, 4096, true}, {4096, 4097, false}, {1, 16 << 20, true}, {1, 16<<20 + 1, false}, {1<<31 - 1, 1<<31 - 1, false}, {0, 1, false},
	} {
		got := checkMessage(t, `<img alt=x src="`+data("image/png", pngOf(c.width, c.height))+`">`)
		if strings.Contains(got.HTML, "<img") != c.stays {
			t.Errorf("%d x %d gives %.60q", c.width, c.height, got.HTML)
		}
	}
}

func TestWhatIsNoPictureShowsAsItsWords(t *testing.T) {
	for _, src := range []string{"", "x", "javascript:x", "data:", "data:,x", "data:image/png;base64,", "data:image/png;base64,AAAA", "data:image/png;base64,?",
		"data:image/svg+xml;base64,PHN2Zz48L3N2Zz4=", "data:text/html;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "data:audio/ogg;base64,AAAA"} {
		got := checkMessage(t, `<img alt=cat src="`+src+`">`)
		if got.HTML != "cat" || !slices.Equal(got.Dropped, []string{"src", "img"}) {
			t.Errorf("%s gives %q, dropped %q", src, got.HTML, got.Dropped)
		}
	}
}

func mediaLink(class, href, words string) string {
	return `<a class="` + class + `" href="` + href + `"` + open + words + `</a>`
}

func TestMediaFromElsewhereBecomesALink(t *testing.T) {
	mustShow(t, map[string]string{
		"<img src=https://x.example/a.png alt=cat>":                                                                                     mediaLink("m-media", "https://x.example/a.png", "cat"),
		"<img src=https://x.example:80/a alt=' '>":                                                                                      mediaLink("m-media", "https://x.example:80/a", "x.example"),
		"<video src=https://x.example/a></video>":                                                                                       mediaLink("m-media m-video", "https://x.example/a", "x.example"),
		"<audio src=http://x.example/a>y</audio>":                                                                                       mediaLink("m-media m-audio", "http://x.example/a", "x.example"),
		"<video>\n<source src=https://x.example/a>\n<source src=https://x.example/b>\n</video>":                                         mediaLink("m-media m-video", "https://x.example/a", "x.example"),
		"<picture><source src=https://x.example/a></picture>":                                                                           mediaLink("m-media", "https://x.example/a", "x.example"),
		"<picture><source src=https://x.example/a><img src=https://y.example/b></picture>":                                              mediaLink("m-media", "https://y.example/b", "y.example"),
		"<a href=tel:1><b><img src=https://x.example/a alt=cat></b></a>y":                                                               `<a href="tel:1"` + open + "<b>cat</b></a>" + mediaLink("m-media", "https://x.example/a", "cat") + "y",
		"<a class=m-media href=https://x.example/>y</a><a class=m-media href=tel:1>z</a><a class=m-video href=https://x.example/>w</a>": mediaLink("m-media", "https://x.example/", "y") + `<a href="tel:1"` + open + `z</a><a href="https://x.example/"` + open + "w</a>",
	})
}

func TestMediaInTheMessageStays(t *testing.T) {
	const clip = "data:video/mp4;base64,AAAA"
	mustShow(t, map[string]string{
		"<video src=" + clip + ">x</video>":                                        `<video controls="" src="` + clip + `">x</video>`,
		"<video controls loop muted src=" + clip + "></video>":                     `<video controls="" loop="" muted="" src="` + clip + `"></video>`,
		"<video src=https://x.example/a><source src=" + clip + "></video>":         `<video controls=""><source src="` + clip + `"/></video>`,
		"<audio><source src=data:audio/ogg,a%20b></audio>":                         `<audio controls=""><source src="data:audio/ogg;base64,YSBi"/></audio>`,
		"<video src=" + clip + "><track default src=data:text/vtt,WEBVTT></video>": `<video controls="" src="` + clip + `"><track default="" src="data:text/vtt;base64,V0VCVlRU"/></video>`,
		"<picture><source src=" + tinyGIF + "><img src=" + tinyGIF + "></picture>": `<picture><source src="` + tinyGIF + `"/><img alt="` + unnamed + `" src="` + tinyGIF + `"/></picture>`,
	})
	for src, want := range map[string]string{
		"<video autoplay preload=auto poster=https://x.example/a src=" + clip + "></video>": `<video controls="" src="` + clip + `"></video>: autoplay preload poster`,
		"<video>x<b>y</b></video>": "x<b>y</b>: video",
		"<audio src=x></audio>y":   "y: src audio",
		"<picture><source srcset='https://x.example/a 2x, https://y.example 3x'><b>x</b></picture>": mediaLink("m-media", "https://x.example/a", "x.example") + ": ",
		"<img srcset='https://x.example/a, https://y.example 2x' alt=y>":                            mediaLink("m-media", "https://x.example/a", "y") + ": ",
		"<img srcset='data:image/gif,x 2x' alt=y>":                                                  "y: srcset img",
		"<img srcset='https://x.example/a 2x' src=" + tinyGIF + ">":                                 `<img alt="` + unnamed + `" src="` + tinyGIF + `"/>: srcset`,
		"<source src=" + clip + ">x<track src=data:text/vtt,x>":                                     "x: source track",
		"<video src=data:text/html,x>x</video>":                                                     "x: src video",
		"<video src=" + clip + "><track src=https://x.example/a></video>":                           `<video controls="" src="` + clip + `"></video>: track`,
	} {
		got := checkMessage(t, src)
		if show := got.HTML + ": " + strings.Join(got.Dropped, " "); show != want {
			t.Errorf("%s:\ngot  %s\nwant %s", src, show, want)
		}
	}
}
