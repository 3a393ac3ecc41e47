package feeds

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
)

// readJSON tells the forms of JSON apart by what they hold.
func readJSON(body []byte) (Feed, error) {
	var page statusPage
	if err := json.Unmarshal(body, &page); err == nil &&
		(page.Incidents != nil || page.Maintenances != nil || page.Status != nil) && page.Page.Name+page.Page.URL != "" {
		return page.feed(), nil
	}
	var incidents []dashboardIncident
	if err := json.Unmarshal(body, &incidents); err == nil {
		if len(incidents) > 0 && incidents[0].ID == "" {
			return Feed{}, ErrNotAFeed
		}
		return dashboard(incidents), nil
	}
	if gofeed.DetectFeedType(bytes.NewReader(body)) != gofeed.FeedTypeJSON {
		return Feed{}, ErrNotAFeed
	}
	return fromFeed(gofeed.NewParser().Parse(bytes.NewReader(body)))
}

// statusPage is summary.json, incidents.json or scheduled-maintenances.json.
// Source: https://metastatuspage.com/api.
type statusPage struct {
	Page struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	} `json:"page"`
	Status *struct {
		Indicator   string `json:"indicator"`
		Description string `json:"description"`
	} `json:"status"`
	Incidents    []statusItem `json:"incidents"`
	Maintenances []statusItem `json:"scheduled_maintenances"`
}

type statusItem struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Status   string    `json:"status"`
	Link     string    `json:"shortlink"`
	Created  looseTime `json:"created_at"`
	Started  looseTime `json:"started_at"`
	Updated  looseTime `json:"updated_at"`
	Planned  looseTime `json:"scheduled_for"`
	Resolved looseTime `json:"resolved_at"`
	Updates  []struct {
		Body string    `json:"body"`
		At   looseTime `json:"created_at"`
	} `json:"incident_updates"`
	Components []struct {
		Name string `json:"name"`
	} `json:"components"`
}

// overStates are the states in which nothing goes on any more.
var overStates = []string{"resolved", "postmortem", "completed", "cancelled", "canceled"}

func (p *statusPage) feed() Feed {
	out := Feed{Format: StatusPage, Title: p.Page.Name, Link: p.Page.URL}
	if p.Incidents != nil {
		out.lists = append(out.lists, Incident)
	}
	if p.Maintenances != nil {
		out.lists = append(out.lists, Maintenance)
	}
	for _, x := range p.Incidents {
		out.Items = append(out.Items, x.item(Incident))
	}
	for _, x := range p.Maintenances {
		out.Items = append(out.Items, x.item(Maintenance))
	}
	return out
}

func (x *statusItem) item(kind Kind) Item {
	out := Item{
		ID: x.ID, Kind: kind, State: x.Status, Title: x.Name, Link: x.Link, At: time.Time(x.Created),
		Updated: time.Time(x.Updated), Over: slices.Contains(overStates, strings.ToLower(x.Status)) ||
			!time.Time(x.Resolved).IsZero(),
	}
	if started := time.Time(x.Started); !started.IsZero() {
		out.At = started
	}
	if planned := time.Time(x.Planned); kind == Maintenance && !planned.IsZero() {
		out.At = planned
	}
	var latest time.Time
	for _, u := range x.Updates {
		if at := time.Time(u.At); out.Text == "" || at.After(latest) {
			out.Text, latest = u.Body, at
		}
	}
	var parts []string
	for _, c := range x.Components {
		parts = append(parts, c.Name)
	}
	if len(parts) > 0 {
		out.Text = strings.TrimSpace(fmt.Sprintf("[%s] %s", strings.Join(parts, ", "), out.Text))
	}
	return out
}

// dashboardIncident is one of Google's incidents.json.
// Source: https://www.google.com/appsstatus/dashboard/incidents.schema.json.
type dashboardIncident struct {
	ID          string    `json:"id"`
	Begin       looseTime `json:"begin"`
	End         looseTime `json:"end"`
	Modified    looseTime `json:"modified"`
	Description string    `json:"external_desc"`
	Service     string    `json:"service_name"`
	URI         string    `json:"uri"`
	Products    []struct {
		Title string `json:"title"`
	} `json:"affected_products"`
	Latest struct {
		Text   string `json:"text"`
		Status string `json:"status"`
	} `json:"most_recent_update"`
}

func dashboard(incidents []dashboardIncident) Feed {
	out := Feed{Format: Dashboard, lists: []Kind{Incident}}
	for _, x := range incidents {
		var products []string
		for _, p := range x.Products {
			products = append(products, p.Title)
		}
		if len(products) == 0 && x.Service != "" {
			products = []string{x.Service}
		}
		item := Item{
			ID: x.ID, Kind: Incident, State: strings.ToLower(x.Latest.Status), Title: x.Description, Text: x.Latest.Text,
			Link: x.URI, At: time.Time(x.Begin), Updated: time.Time(x.Modified), Over: !time.Time(x.End).IsZero(),
		}
		if len(products) > 0 {
			item.Title = strings.Join(products, ", ") + ": " + item.Title
		}
		out.Items = append(out.Items, item)
	}
	return out
}

// looseTime is a time as interfaces write it: RFC 3339, null, or something that is not understood, which is none.
type looseTime time.Time

// UnmarshalJSON never fails: an odd date loses the date, not the announcement.
func (t *looseTime) UnmarshalJSON(raw []byte) error {
	s := strings.Trim(string(raw), `"`)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
		if at, err := time.Parse(layout, s); err == nil {
			*t = looseTime(at)
			break
		}
	}
	return nil
}
