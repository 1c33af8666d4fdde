package e2e

import (
	"context"
	"log/slog"
	"testing"
)

// quietOrFail is a log that fails the test with every error the server reports.
func quietOrFail(t *testing.T) *slog.Logger { return slog.New(&failingLog{t: t}) }

type failingLog struct{ t *testing.T }

func (l *failingLog) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn
}

func (l *failingLog) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool { text += " " + a.String(); return true })
	l.t.Errorf("the server logs: %s", text)
	return nil
}

func (l *failingLog) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *failingLog) WithGroup(string) slog.Handler      { return l }
