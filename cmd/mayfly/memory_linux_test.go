package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A room lives in memory, and so it must die there: this test reads all memory
// of a real server, as root could, while the room lives and after its purge.
func TestAPurgedRoomIsGoneFromMemory(t *testing.T) {
	program := filepath.Join(t.TempDir(), "mayfly")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	server := exec.Command(program, "-listen", "127.0.0.1:0")
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer server.Wait()
	defer server.Process.Kill()
	base := readAddress(t, out)

	marks := map[string]string{"alias": "AliasQ7mark", "room": "RoomQ7mark", "password": "PasswordQ7mark", "html": "MessageQ7mark"}
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar}
	post := func(address string, fields url.Values) string {
		t.Helper()
		resp, err := browser.PostForm(address, fields)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("status %d", resp.StatusCode)
		}
		return resp.Request.URL.String()
	}
	room := post(base+"/rooms", url.Values{"alias": {marks["alias"]}, "room": {marks["room"]}, "password": {marks["password"]}})
	post(room+"/messages", url.Values{"id": {"1"}, "html": {marks["html"]}})
	for _, field := range []string{"alias", "room", "html"} {
		if countInMemory(t, server.Process.Pid, marks[field]) == 0 {
			t.Fatalf("the living room's %s was not found in memory: this test sees nothing", field)
		}
	}

	post(room+"/purge", nil)
	browser.CloseIdleConnections()
	deadline := time.Now().Add(30 * time.Second)
	for field, mark := range marks {
		for countInMemory(t, server.Process.Pid, mark) > 0 {
			if time.Now().After(deadline) {
				t.Fatalf("the purged room's %s is still in memory", field)
			}
			time.Sleep(200 * time.Millisecond)
		}
	}
}

// readAddress waits for the line that says where the server is.
func readAddress(t *testing.T, out io.Reader) string {
	t.Helper()
	b := make([]byte, 1<<10)
	var said strings.Builder
	for {
		n, err := out.Read(b)
		said.Write(b[:n])
		if address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(said.String()); address != "" {
			return address
		}
		if err != nil {
			t.Fatalf("the server did not start: %s", said.String())
		}
	}
}

// countInMemory counts how often mark stands in the memory of a process.
func countInMemory(t *testing.T, pid int, mark string) (n int) {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		var mode string
		fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode)
		if !strings.HasPrefix(mode, "rw") {
			continue
		}
		b := make([]byte, to-from)
		got, _ := mem.ReadAt(b, from) // what cannot be read holds nothing
		n += bytes.Count(b[:got], []byte(mark))
	}
	return n
}
