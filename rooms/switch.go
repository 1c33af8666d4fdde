package rooms

import "time"

// A dead man's switch purges the room unless whoever armed it taps, which is
// arming it again, within this time.
const (
	SwitchMin = time.Minute
	SwitchMax = time.Hour
)

// ExitUndo is how long a purge that goes with an exit can be taken back.
const ExitUndo = 3 * time.Second

// Switch is a participant's dead man's switch.
type Switch struct {
	After time.Duration // what every tap grants; 0: nothing was armed, see Exit
	At    time.Time     // when the room is purged; zero: never
	Exit  bool          // the purge goes with an exit, and can be taken back
}

// Arm arms p's dead man's switch, or taps it: the room is purged this long from
// now unless p arms again or disarms before. Nobody else can, and it stays when
// p leaves. Everybody is told when the next purge is due, not by whom. Errors
// are ErrSwitch for a time out of bounds, *SlowError, ErrForbidden if p has
// left, and the cause if the room has ended.
func (r *Room) Arm(p *Participant, after time.Duration) error {
	if after < SwitchMin || after > SwitchMax {
		return ErrSwitch
	}
	return r.setSwitch(p, func() (Switch, error) {
		return Switch{After: after, At: time.Now().Add(after)}, takeOne(p.rate)
	})
}

// Disarm takes p's switch away. Disarming what is not armed is nothing. Errors
// as Arm.
func (r *Room) Disarm(p *Participant) error {
	return r.setSwitch(p, func() (Switch, error) { return Switch{}, nil })
}

// PurgeOnExit purges the room ExitUndo from now, unless p stays after all.
// Errors as Arm.
func (r *Room) PurgeOnExit(p *Participant) error {
	return r.setSwitch(p, func() (Switch, error) {
		at := earliest(p.armed.At, time.Now().Add(ExitUndo))
		return Switch{After: p.armed.After, At: at, Exit: true}, nil
	})
}

// Stay takes p's PurgeOnExit back; a switch that was armed before counts anew.
// Errors as Arm.
func (r *Room) Stay(p *Participant) error {
	return r.setSwitch(p, func() (Switch, error) {
		s := p.armed
		if !s.Exit {
			return s, nil
		}
		if s = (Switch{After: s.After}); s.After > 0 {
			s.At = time.Now().Add(s.After)
		}
		return s, takeOne(p.rate)
	})
}

func (r *Room) setSwitch(p *Participant, change func() (Switch, error)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.presentLocked(p); err != nil {
		return err
	}
	s, err := change()
	if err != nil {
		return err
	}
	p.armed = s
	r.armLocked()
	return nil
}

// armLocked finds out when the next purge is due and tells everybody if that
// has changed.
func (r *Room) armLocked() {
	at := r.orphan
	for _, p := range r.order {
		at = earliest(at, p.armed.At)
	}
	if at.Equal(r.purgeAt) {
		return
	}
	r.purgeAt = at
	r.timer.Reset(time.Until(earliest(r.Deadline, at)))
	r.appendLocked(false, nil, func(seq uint64) []byte { return armedWire(seq, at) })
	r.trimLocked()
}

// earliest is the earlier of two times, either of which may be zero for never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Switch is p's own dead man's switch.
func (r *Room) Switch(p *Participant) Switch {
	r.mu.Lock()
	defer r.mu.Unlock()
	return p.armed
}

// PurgeAt is when the earliest of all switches purges the room; zero if none is
// armed.
func (r *Room) PurgeAt() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.purgeAt
}
