package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

func FuzzParseFrame(f *testing.F) {
	for _, seed := range []string{
		"", "\n", "{}", `{"type":"typing"}`, "{\"type\":\"ack\",\"seq\":1}\n{\"type\":\"ack\",\"seq\":2}\r\n", sendObject("id", "<b>x</b>"),
		`{"type":"send","to":"x","id":null}`, `{"seq":-1}`, `{"seq":1e400}`, `{"":1e700}`, `[]`, `null`, `{"a":` + strings.Repeat("[", 11_000), "{\"type\":\"\\ud800\"}",
		"\xff", "\u2028{}", `{"type":"a","type":5}`, `{"type":"presence","state":"away"}`, `{"type":"presence","state":["here"]}`, `{"type":"presence","state":"\u0000"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		whole := bytes.Clone(frame)
		var lines [][]byte // that hold something
		for line := range bytes.SplitSeq(frame, []byte("\n")) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				lines = append(lines, line)
			}
		}
		n := 0
		err := parseFrame(frame, func(o object) error {
			var fields map[string]json.RawMessage
			if n >= len(lines) || json.Unmarshal(lines[n], &fields) != nil || fields == nil {
				t.Fatalf("f got %+v, which is no object of %q", o, frame)
			}
			n++
			return nil
		})
		if err != nil && !errors.Is(err, errProtocol) || err == nil && n != len(lines) {
			t.Errorf("%q: %d of %d objects, err %v", frame, n, len(lines), err)
		}
		if !bytes.Equal(frame, whole) {
			t.Error("the frame was changed")
		}
		stop := errors.New("stop")
		calls := 0
		err = parseFrame(frame, func(object) error { calls++; return stop })
		if n > 0 && (err != stop || calls != 1) {
			t.Errorf("%d calls after the first failed, err %v", calls, err)
		}
	})
}

func FuzzReadForm(f *testing.F) {
	const urlencoded = "application/x-www-form-urlencoded"
	f.Add(urlencoded, "alias=a&password=b&html=%3Cb%3E")
	f.Add(urlencoded, "alias=a&alias=b")
	f.Add(urlencoded+"; charset=utf-8", "alias=%ff&x=%zz;")
	f.Add("multipart/form-data; boundary=x", "--x\r\n\r\n--x--")
	f.Add("", "=&=&;%00")
	f.Add("APPLICATION/x-www-form-urlencoded;;", strings.Repeat("&", 300))
	e := echo.New()
	const maxBytes = 256
	f.Fuzz(func(t *testing.T, contentType, body string) {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		form, err := readForm(e.NewContext(r, httptest.NewRecorder()), maxBytes, "alias", "password")
		if err != nil {
			for _, known := range []error{errNotAForm, errFormTooLarge, errBrokenForm, errDoubledField, errNotUTF8} {
				if errors.Is(err, known) {
					if form != nil {
						t.Error("a form beside an error")
					}
					return
				}
			}
			t.Fatalf("unknown error %v", err)
		}
		if len(body) > maxBytes {
			t.Error("too long a body was read")
		}
		values, err := url.ParseQuery(body)
		if err != nil {
			t.Fatalf("not a form, but read: %v", err)
		}
		for name, value := range form {
			if name != "alias" && name != "password" || !utf8.ValidString(value) || len(values[name]) != 1 || values[name][0] != value {
				t.Errorf("field %q is %q, want %q", name, value, values[name])
			}
		}
	})
}

// FuzzMediaAddress: whatever a message names, the frame's policy gets one
// source and no directive more.
func FuzzMediaAddress(f *testing.F) {
	for _, seed := range []string{
		"https://a.example/x.png", "http://a.example:8080", "https://[::1]:1/", "https://bücher.example", "https://a;script-src *",
		"https://a.example,b.example", "https://*.example", "https://a b/", "https://a\tb", "https://user@a/", "https:a", "https:///x", "https://%2a/",
		"https://a.example:", "https://a.example:99999", "https://a.example:*", "https://[::1%25;]/", "HTTPS://A.EXAMPLE", "https://'self'/", "https://。/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		address, origin, err := mediaAddress(raw)
		if err != nil {
			if !errors.Is(err, errMediaURL) || address != "" || origin != "" {
				t.Errorf("%q: %q, %q, %v", raw, address, origin, err)
			}
			return
		}
		if strings.ContainsFunc(origin, func(r rune) bool {
			return r <= ' ' || r > '~' || strings.ContainsRune(";,'\"*\\`<>%@", r)
		}) {
			t.Errorf("%q: origin %q", raw, origin)
		}
		policy := strings.Split("img-src "+origin+"; sandbox", ";")
		if len(policy) != 2 || len(strings.Fields(policy[0])) != 2 {
			t.Errorf("%q: policy %q", raw, policy)
		}
		u, err := url.Parse(address)
		if err != nil || u.Scheme+"://"+u.Host != origin || u.User != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			t.Errorf("%q: address %q, origin %q", raw, address, origin)
		}
	})
}
