package rooms

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

func TestEqualNamesCoexist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := newTestRegistry(t, testLimits)
		a, _ := mustCreate(t, reg)
		b, _ := mustCreate(t, reg)
		if a.ID == b.ID || len(a.ID) < 22 {
			t.Errorf("IDs %q and %q", a.ID, b.ID)
		}
	})
}

func TestCreateNamesEveryUnusableField(t *testing.T) {
	_, _, err := NewRegistry(testLimits).Create(t.Context(), Opening{
		Alias: "", Name: "\x00", Password: "short", Lifetime: 2 * time.Hour, Lease: time.Second,
	})
	fields := map[string]bool{}
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		var text *TextError
		if errors.As(e, &text) {
			fields[text.Field] = true
		}
	}
	if !fields["alias"] || !fields["room"] || !fields["password"] || !errors.Is(err, ErrLifetime) || !errors.Is(err, ErrLease) {
		t.Errorf("err = %v", err)
	}
}

func TestLifetimeBounds(t *testing.T) {
	reg := NewRegistry(testLimits)
	for d, ok := range map[time.Duration]bool{
		0: true, time.Minute - 1: false, time.Minute: true, time.Hour: true, time.Hour + 1: false, -1: false,
	} {
		if _, err := reg.checkLifetime(d); (err == nil) != ok {
			t.Errorf("lifetime %v: err = %v", d, err)
		}
	}
}

func TestRoomsAreBounded(t *testing.T) {
	limits := testLimits
	limits.Rooms = 3
	synctest.Test(t, func(t *testing.T) {
		reg := newTestRegistry(t, limits)
		open := func() (*Room, error) {
			r, _, err := reg.Create(t.Context(), Opening{Alias: "Ana", Name: "x", Password: testPassword})
			return r, err
		}
		open()
		open()
		last, err := open()
		if err != nil {
			t.Fatalf("room 3 of 3: %v", err)
		}
		if _, err := open(); !errors.Is(err, ErrRooms) {
			t.Fatalf("room 4 of 3: err = %v, want ErrRooms", err)
		}
		last.Purge(nil)
		if _, err := open(); err != nil {
			t.Errorf("after one has ended: %v", err)
		}
	})
}

func TestRoomsOfOneSourceAreBounded(t *testing.T) {
	limits := testLimits
	limits.JoinRate = 1000
	synctest.Test(t, func(t *testing.T) {
		reg := newTestRegistry(t, limits)
		mine, other := Source{1}, Source{2}
		open := func(src Source) (*Room, error) {
			r, _, err := reg.Create(t.Context(), Opening{Alias: "Ana", Name: "x", Password: testPassword, Source: src})
			return r, err
		}
		var last *Room
		for i := range sourceRooms {
			r, err := open(mine)
			if err != nil {
				t.Fatalf("room %d: %v", i+1, err)
			}
			last = r
		}
		if _, err := open(mine); !errors.Is(err, ErrSourceRooms) {
			t.Errorf("room %d: err = %v, want ErrSourceRooms", sourceRooms+1, err)
		}
		if _, err := open(other); err != nil {
			t.Errorf("another source: %v", err)
		}
		last.Purge(nil)
		if _, err := open(mine); err != nil {
			t.Errorf("after one has ended: %v", err)
		}
	})
}

func TestParticipantsAreBounded(t *testing.T) {
	limits := testLimits
	limits.Participants = 3
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, limits))
		mustJoin(t, r, "Bob")
		mustJoin(t, r, "Eve")
		if _, err := r.Join(t.Context(), "Dan", testPassword, Source{}, nil); !errors.Is(err, ErrRoomFull) {
			t.Errorf("fourth of three: err = %v, want ErrRoomFull", err)
		}
		if _, err := r.Join(t.Context(), "Dan", "wrong password", Source{}, nil); !errors.Is(err, ErrPassword) {
			t.Errorf("without the password: err = %v; nobody outside learns that the room is full", err)
		}
		r.Leave(ana, LoggedOut)
		mustJoin(t, r, "Dan")
	})
}

func TestParticipantsOfOneSourceAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := mustCreate(t, newTestRegistry(t, testLimits), func(o *Opening) { o.Source = Source{9} })
		join := func(n int, src Source) error {
			_, err := r.Join(t.Context(), "Guest "+string(rune('a'+n))+string(rune('0'+n%10)), testPassword, src, nil)
			return err
		}
		for n := range sourceParticipants {
			if err := join(n, Source{1}); err != nil {
				t.Fatalf("participant %d: %v", n+1, err)
			}
		}
		if err := join(sourceParticipants, Source{1}); !errors.Is(err, ErrSourceInRoom) {
			t.Errorf("one more: err = %v, want ErrSourceInRoom", err)
		}
		if err := join(sourceParticipants, Source{2}); err != nil {
			t.Errorf("another source: %v", err)
		}
	})
}

func TestPeopleAndConnectionsOfAllRoomsAreBounded(t *testing.T) {
	limits := testLimits
	limits.People, limits.Connections = 3, 2
	synctest.Test(t, func(t *testing.T) {
		reg := newTestRegistry(t, limits)
		r, ana := mustCreate(t, reg)
		bob, eve := mustJoin(t, r, "Bob"), mustJoin(t, r, "Eve")
		if _, err := r.Join(t.Context(), "Dan", testPassword, Source{}, nil); !errors.Is(err, ErrPeople) {
			t.Errorf("fourth of three people: err = %v, want ErrPeople", err)
		}
		if _, _, err := reg.Create(t.Context(), Opening{Alias: "Dan", Name: "x", Password: testPassword}); !errors.Is(err, ErrPeople) {
			t.Errorf("a room for a fourth: err = %v, want ErrPeople", err)
		}
		mustSubscribe(t, r, ana)
		bobs, _ := mustSubscribe(t, r, bob)
		if _, _, err := r.Subscribe(eve, "", nil, func() {}); !errors.Is(err, ErrConnections) {
			t.Errorf("third of two connections: err = %v, want ErrConnections", err)
		}
		r.Leave(eve, LoggedOut)
		if _, err := r.Join(t.Context(), "Dan", testPassword, Source{}, nil); !errors.Is(err, ErrConnections) {
			t.Errorf("joining while nobody more can connect: err = %v, want ErrConnections", err)
		}
		again, _ := mustSubscribe(t, r, bob) // taking over is no third
		bobs.Close()
		again.Close()
		mustSubscribe(t, r, mustJoin(t, r, "Dan"))
		r.Purge(nil)
		if n := reg.Stats().Participants; n != 0 {
			t.Errorf("%d participants counted after the purge", n)
		}
	})
}

func TestAWrongPasswordAdmitsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := mustCreate(t, newTestRegistry(t, testLimits))
		for _, password := range []string{"", "short", "wrong password", testPassword + "x"} {
			if _, err := r.Join(t.Context(), "Bob", password, Source{byte(len(password))}, nil); !errors.Is(err, ErrPassword) {
				t.Errorf("password %q: err = %v, want ErrPassword", password, err)
			}
		}
		if _, err := r.Join(t.Context(), "Bob", " "+testPassword+"\n", Source{}, nil); err != nil {
			t.Errorf("with white space around: %v", err)
		}
	})
}

func TestATakenAliasGetsAFreeOneOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := mustCreate(t, newTestRegistry(t, testLimits))
		_, err := r.Join(t.Context(), "аnа", testPassword, Source{}, nil) // Cyrillic
		var taken *AliasTakenError
		if !errors.As(err, &taken) {
			t.Fatalf("err = %v, want AliasTakenError", err)
		}
		mustJoin(t, r, taken.Free)
		if _, err := r.Join(t.Context(), "ANA", testPassword, Source{}, nil); !errors.As(err, &taken) || taken.Free != "ANA 2" && taken.Free != "ANA 3" {
			t.Errorf("err = %v, offered %q", err, taken.Free)
		}
	})
}

func TestCloseEndsAllRoomsAndLetsNoneBeOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := newTestRegistry(t, testLimits)
		r, ana := mustCreate(t, reg)
		wake, woken := nudger()
		s, _, err := r.Subscribe(ana, "", nil, wake)
		if err != nil {
			t.Fatal(err)
		}
		<-woken
		go func() {
			<-woken
			s.Confirm()
		}()
		ctx, cancel := contextFor(t, time.Second)
		defer cancel()
		reg.Close(ctx)
		if ctx.Err() != nil {
			t.Error("waited for a screen that had confirmed")
		}
		if _, _, _, err := s.Take(nil, 1); err != Shutdown {
			t.Errorf("Take: err = %v, want Shutdown", err)
		}
		if _, _, err := reg.Create(t.Context(), Opening{Alias: "Ana", Name: "x", Password: testPassword}); err != Shutdown {
			t.Errorf("Create: err = %v, want Shutdown", err)
		}
	})
}
