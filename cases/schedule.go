package cases

import (
	"slices"
	"strings"
	"time"

	"signpost/cases/event"
)

const (
	digestHour = 9 // by the channel's clock
	sweepHour  = 3 // UTC
)

// Scheduled is what is to be done by the clock for some channels and their workspace: the next digests and the next sweep. Each has its time in its key, so
// that however often it is asked for it is done once.
func Scheduled(team string, now time.Time, channels map[string]ChannelSettings, of TeamSettings) []event.Event {
	var out []event.Event
	for channel, s := range channels {
		if s.Digest != "" {
			out = append(out, s.DigestEvent(team, channel, of, now))
		}
	}
	if of.Retention > 0 {
		at := time.Date(now.Year(), now.Month(), now.Day(), sweepHour, 0, 0, 0, time.UTC)
		if !at.After(now) {
			at = at.AddDate(0, 0, 1)
		}
		out = append(out, event.Event{Kind: event.RetentionDue, Team: team, Due: at, From: 1})
	}
	slices.SortFunc(out, func(x, y event.Event) int { return strings.Compare(x.Key(), y.Key()) })
	return out
}

// DigestEvent is the next digest of a channel: at nine on each day, or each Monday, by its own clock.
func (s ChannelSettings) DigestEvent(team, channel string, of TeamSettings, now time.Time) event.Event {
	zone := s.Zone
	if of.Hours != nil {
		zone = of.Hours.Zone
	}
	local := now
	if l, err := time.LoadLocation(zone); err == nil && zone != "" {
		local = now.In(l)
	}
	at := time.Date(local.Year(), local.Month(), local.Day(), digestHour, 0, 0, 0, local.Location())
	for !at.After(local) || s.Digest == event.Weekly && at.Weekday() != time.Monday {
		at = at.AddDate(0, 0, 1)
	}
	return event.Event{Kind: event.DigestDue, Team: team, Due: at.UTC(), Channel: channel, Every: s.Digest, Day: at.Format(time.DateOnly)}
}
