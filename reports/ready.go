package reports

// The rule by which a stricter policy is called safe. All of it holds for quarantine; for reject, MostOwnRejected
// takes the place of MostOwnFailing, and the days count under quarantine.
const (
	ReadyDays       = 14    // days with reports
	ReadyMessages   = 100   // messages in all
	MostUntold      = 0.05  // share of messages of which receivers did not tell how they fared
	MostOwnFailing  = 0.02  // share of the domain's own mail that fails
	MostOwnRejected = 0.005 // the same, for reject
	LeastExplained  = 5     // messages from which on a sender that proves to be somebody must be explained
)

// State is what the rule comes to.
type State string

const (
	ReadyNow   State = "ready"
	NotYet     State = "not-yet"
	NoSaying   State = "unknown" // the reports do not suffice to tell
	NoStricter State = "strictest"
)

// Obstacle is why a stricter policy is not safe, or cannot be called so.
type Obstacle string

const (
	FewDays        Obstacle = "few-days"         // have, need
	FewMessages    Obstacle = "few-messages"     // have, need
	ManyUntold     Obstacle = "many-untold"      // share, most
	OwnMailFails   Obstacle = "own-mail-fails"   // share, most, messages
	NotExplained   Obstacle = "not-explained"    // senders
	PolicyUntold   Obstacle = "policy-untold"    // which policy is in force is not known
	NotUnderPolicy Obstacle = "not-under-policy" // have, need, policy: too few days under the policy before
)

// Because is an obstacle with its numbers.
type Because struct {
	Code Obstacle       `json:"code"`
	Args map[string]any `json:"args"`
}

// Readiness is whether the next policy is safe.
type Readiness struct {
	State   State     `json:"state"`
	Policy  string    `json:"policy"`         // now
	Next    string    `json:"next,omitempty"` // the step that is judged
	Because []Because `json:"because"`
	Days    int       `json:"days"`     // with reports
	Aligned float64   `json:"aligned"`  // share of the messages of which is told how they fared; 0 where there are none
	Own     int64     `json:"own"`      // messages that are the domain's own: aligned, or of senders that are its own
	OwnFail int64     `json:"own_fail"` // of these, not aligned
	Forged  int64     `json:"forged"`   // messages that prove to be nobody's
}

// Ready judges by the rule whether the next stricter policy is safe.
func (s *Summary) Ready() Readiness {
	r := Readiness{Policy: s.Policy, Because: []Because{}, Days: len(s.Days)}
	senders := r.weigh(s)
	because := func(code Obstacle, args map[string]any) { r.Because = append(r.Because, Because{code, args}) }
	days, most := len(s.Days), MostOwnFailing
	switch s.Policy {
	case "none":
		r.Next = "quarantine"
	case "quarantine":
		r.Next, most = "reject", MostOwnRejected
		days = 0
		for _, d := range s.Days {
			if d.Policy == "quarantine" {
				days++
			}
		}
	case "reject":
		r.State = NoStricter
		return r
	default:
		r.State = NoSaying
		because(PolicyUntold, map[string]any{})
		return r
	}
	unsure := false
	if r.Days < ReadyDays {
		unsure = true
		because(FewDays, map[string]any{"have": r.Days, "need": ReadyDays})
	} else if days < ReadyDays {
		unsure = true
		because(NotUnderPolicy, map[string]any{"have": days, "need": ReadyDays, "policy": s.Policy})
	}
	if s.Messages < ReadyMessages {
		unsure = true
		because(FewMessages, map[string]any{"have": s.Messages, "need": ReadyMessages})
	}
	if s.Messages > 0 {
		if share := float64(s.Unknown) / float64(s.Messages); share > MostUntold {
			unsure = true
			because(ManyUntold, map[string]any{"share": share, "most": MostUntold})
		}
	}
	bad := false
	if r.Own > 0 {
		if share := float64(r.OwnFail) / float64(r.Own); share > most {
			bad = true
			because(OwnMailFails, map[string]any{"share": share, "most": most, "messages": r.OwnFail})
		}
	}
	if len(senders) > 0 {
		bad = true
		because(NotExplained, map[string]any{"senders": senders[:min(len(senders), maxShownAddresses)],
			"count": len(senders)})
	}
	switch {
	case bad:
		r.State = NotYet
	case unsure:
		r.State = NoSaying
	case r.Own == 0:
		r.State = NoSaying
		because(FewMessages, map[string]any{"have": 0, "need": ReadyMessages})
	default:
		r.State = ReadyNow
	}
	return r
}

// weigh adds the groups up by what they mean for the domain, and gives the senders that nobody has explained.
func (r *Readiness) weigh(s *Summary) (senders []string) {
	for _, g := range s.Groups {
		switch g.Standing {
		case Passes:
			r.Own += g.Pass
		case OwnFails:
			r.Own += g.Pass + g.Fail
			r.OwnFail += g.Fail
		case Forwards:
			r.Own += g.Pass
		case Unexplained:
			if g.Fail >= LeastExplained {
				senders = append(senders, g.ID)
			}
		case Unauthenticated:
			r.Forged += g.Fail
		}
	}
	if told := s.Pass + s.Fail; told > 0 {
		r.Aligned = float64(s.Pass) / float64(told)
	}
	return senders
}
