package lab

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// StatusPage is where a mailbox provider of the lab tells how its services are, and a domain whose mail is with it: a
// status page of the lab's making, with the interface of Statuspage, at the host that the domain's zone names. Both are
// empty where no zone names one.
func (l *Lab) StatusPage() (url, domain string) {
	for _, d := range l.domains {
		if d.status != "" {
			return "https://" + d.status, d.Name
		}
	}
	return "", ""
}

// Incident has the status page say from now on that mail is late, or that it is over again.
func (l *Lab) Incident(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now().UTC()
	switch {
	case on && l.late.IsZero():
		l.late = now
		l.lateCount++
	case !on:
		l.late = time.Time{}
	}
}

// InIncident reports whether the status page says that mail is late.
func (l *Lab) InIncident() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.late.IsZero()
}

// serveStatus serves the status page and its interface.
func (l *Lab) serveStatus(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!doctype html><html><head><title>Status of the lab's provider</title>` +
			`<link rel="alternate" type="application/atom+xml" href="/history.atom"></head><body></body></html>`))
	case "/api/v2/summary.json":
		l.serveSummary(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (l *Lab) serveSummary(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	since, count := l.late, l.lateCount
	l.mu.Unlock()
	page, _ := l.StatusPage()
	tag := `"quiet"`
	incidents := []map[string]any{}
	if !since.IsZero() {
		tag = strconv.Quote("late" + strconv.Itoa(count))
		at := since.Format(time.RFC3339)
		incidents = append(incidents, map[string]any{
			"id": "late" + strconv.Itoa(count), "name": "Mail to enterprise mailboxes is delivered late",
			"status": "investigating", "created_at": at, "updated_at": at,
			"shortlink":        page + "/incidents/late",
			"components":       []map[string]any{{"name": "Enterprise mail"}},
			"incident_updates": []map[string]any{{"body": "Mail waits in a queue. Nothing is lost.", "created_at": at}},
		})
	}
	w.Header().Set("ETag", tag)
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"page":      map[string]any{"name": "Lab mail status", "url": page},
		"incidents": incidents, "scheduled_maintenances": []any{},
		"status": map[string]any{"indicator": map[bool]string{true: "minor", false: "none"}[len(incidents) > 0]},
	})
}
