package slackfake

import (
	"encoding/json"
	"fmt"
	"time"
)

func (s *Slack) openView(p params, out map[string]any) {
	trigger := p.str("trigger_id")
	since, ok := s.triggers[trigger]
	delete(s.triggers, trigger)
	view, err := s.view(p)
	switch {
	case !ok:
		out["error"] = "invalid_trigger_id"
	case time.Since(since) > 3*time.Second:
		s.fault("views.open came %v after its trigger", time.Since(since))
		out["error"] = "expired_trigger_id"
	case err != nil:
		s.fault("views.open: %v", err)
		out["error"] = "invalid_arguments"
	default:
		v := &View{ID: "V" + s.nextTS(), ExternalID: str(view["external_id"]), Body: view}
		s.views[v.ID] = v
		out["view"] = map[string]any{"id": v.ID, "external_id": v.ExternalID, "type": "modal"}
	}
}

func (s *Slack) updateView(p params, out map[string]any) {
	view, err := s.view(p)
	if err != nil {
		s.fault("views.update: %v", err)
		out["error"] = "invalid_arguments"
		return
	}
	for _, v := range s.views {
		if id := p.str("view_id"); id != "" && id != v.ID || id == "" &&
			(p.str("external_id") == "" || p.str("external_id") != v.ExternalID) {
			continue
		}
		v.Body, v.ExternalID = view, str(view["external_id"])
		v.Updates++
		out["view"] = map[string]any{"id": v.ID, "external_id": v.ExternalID, "type": "modal"}
		return
	}
	out["error"] = "not_found"
}

func (s *Slack) view(p params) (map[string]any, error) {
	view, ok := p["view"].(map[string]any)
	if text, isText := p["view"].(string); isText {
		ok = json.Unmarshal([]byte(text), &view) == nil
	}
	if !ok {
		return nil, fmt.Errorf("no view")
	}
	return view, s.checkView(view)
}
