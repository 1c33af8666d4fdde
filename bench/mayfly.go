package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// seat is what a person needs to connect: the room's path and, with Mayfly, the
// session's cookie.
type seat struct{ path, cookie string }

const password = "correct horse battery"

// open makes a new room, in which the first seat is taken.
func (s *server) open(ctx context.Context, name string) (seat, error) {
	if !s.mayfly {
		return seat{path: "/" + name}, nil // there once somebody connects
	}
	return s.enter(ctx, "/rooms", url.Values{"alias": {alias(0)}, "room": {name}, "password": {password}})
}

// join takes another seat in the room at path.
func (s *server) join(ctx context.Context, path string, number int) (seat, error) {
	if !s.mayfly {
		return seat{path: path}, nil
	}
	return s.enter(ctx, path+"/join", url.Values{"alias": {alias(number)}, "password": {password}})
}

func alias(number int) string { return fmt.Sprintf("Person %d", number) }

// enter posts the form of a person who comes in.
func (s *server) enter(ctx context.Context, path string, form url.Values) (seat, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.addr+path, strings.NewReader(form.Encode()))
	if err != nil {
		return seat{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.http.Do(req)
	if err != nil {
		return seat{}, err
	}
	io.Copy(io.Discard, resp.Body) // so that the connection is used again
	resp.Body.Close()
	for _, c := range resp.Cookies() {
		if c.Name == "mayfly" && resp.StatusCode == http.StatusSeeOther {
			return seat{path: resp.Header.Get("Location"), cookie: c.Name + "=" + c.Value}, nil
		}
	}
	return seat{}, fmt.Errorf("posting to %s: %s", path, resp.Status)
}
