package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/pprof"

	"mayfly/rooms"
)

// DebugServer answers with profiles under /debug/pprof/ and, at /metrics, with
// counts in the Prometheus text format. It is for a loopback address only.
func DebugServer(reg *rooms.Registry) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		stats := reg.Stats()
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		for _, gauge := range []struct {
			name  string
			value int64
		}{
			{"rooms", int64(stats.Rooms)},
			{"participants", int64(stats.Participants)},
			{"connections", int64(stats.Connections)},
			{"buffer_bytes", stats.BufferBytes},
		} {
			fmt.Fprintf(w, "# TYPE mayfly_%s gauge\nmayfly_%s %d\n", gauge.name, gauge.name, gauge.value)
		}
	})
	return &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: readHeaderTimeout,
		ErrorLog:          quietLog(slog.New(slog.DiscardHandler)),
	}
}
