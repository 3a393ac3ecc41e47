package reports

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// mail is some messages of a day, in short.
type mail struct {
	day      int
	ip       string
	n        int64
	dkim     Aligned
	spf      Aligned
	signed   string // domain=result
	mailFrom string // domain=result
	reason   string
}

var start = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)

// rowsOf is the rows of reports with these mails under a policy.
func rowsOf(policy string, mails ...mail) (out []Row) {
	for i, m := range mails {
		a := &Aggregate{
			Org:    "receiver.example",
			ID:     fmt.Sprint(i),
			Begin:  start.AddDate(0, 0, m.day),
			End:    start.AddDate(0, 0, m.day+1),
			Policy: Policy{Domain: "example.com", P: policy},
		}
		r := Record{Source: netip.MustParseAddr(m.ip), Count: m.n, DKIM: m.dkim, SPF: m.spf, HeaderFrom: "example.com"}
		var d, res string
		if m.signed != "" {
			d, res = cut(m.signed)
			r.DKIMResults = []DKIMResult{{Domain: d, Result: res}}
		}
		if m.mailFrom != "" {
			d, res = cut(m.mailFrom)
			r.SPFResults = []SPFResult{{Domain: d, Result: res}}
		}
		if m.reason != "" {
			r.Reasons = []Reason{{Type: m.reason}}
		}
		a.Records = []Record{r}
		out = append(out, a.Rows()...)
	}
	return out
}

func cut(s string) (string, string) {
	for i := range s {
		if s[i] == '=' {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// TestStandings tells what a source is to the domain by what the reports show of it.
func TestStandings(t *testing.T) {
	for name, x := range map[string]struct {
		mails    []mail
		standing Standing
		remedies []Remedy
	}{
		"all passes": {[]mail{{0, "192.0.2.1", 5, Pass, Pass, "example.com=pass", "example.com=pass", ""}},
			Passes, nil},
		"dkim alone": {[]mail{{0, "192.0.2.1", 5, Pass, Fail, "example.com=pass", "esp.example=pass", ""}},
			Passes, nil},
		"own, unsigned, unlisted": {[]mail{{0, "192.0.2.1", 5, Pass, Fail, "example.com=pass", "example.com=fail", ""},
			{1, "192.0.2.1", 2, Fail, Fail, "", "example.com=softfail", ""}}, OwnFails, []Remedy{AddSPF, SignDKIM}},
		"own, broken signature": {[]mail{{0, "192.0.2.1", 5, Pass, Pass, "example.com=pass", "example.com=pass", ""},
			{0, "192.0.2.1", 1, Fail, Fail, "example.com=fail", "other.example=pass", ""}}, OwnFails,
			[]Remedy{RepairDKIM, AlignSPF}},
		"forwarded": {[]mail{{0, "192.0.2.1", 5, Fail, Fail, "example.com=fail", "fwd.example=pass",
			"forwarded"}}, Forwards, []Remedy{NothingToDo}},
		"a list": {[]mail{{0, "192.0.2.1", 9, Pass, Fail, "example.com=pass", "list.example=pass", ""},
			{0, "192.0.2.1", 5, Fail, Fail, "example.com=fail", "list.example=pass", "mailing_list"}}, Forwards,
			[]Remedy{NothingToDo}},
		"a service not set up": {[]mail{{0, "192.0.2.1", 5, Fail, Fail, "esp.example=pass", "bounce.esp.example=pass",
			""}}, Unexplained, []Remedy{ExplainIt}},
		"forged": {[]mail{{0, "192.0.2.1", 5, Fail, Fail, "", "example.com=fail", ""}}, Unauthenticated,
			[]Remedy{StopForgery}},
		"not told": {[]mail{{0, "192.0.2.1", 5, Unknown, Unknown, "", "", ""}}, Untold, []Remedy{WaitForMore}},
	} {
		s := Summarize(rowsOf("none", x.mails...), nil, nil)
		if len(s) != 1 || len(s[0].Groups) != 1 || s[0].Groups[0].Standing != x.standing ||
			!slices.Equal(s[0].Groups[0].Remedies, append([]Remedy{}, x.remedies...)) {
			t.Errorf("%s: %+v", name, s[0].Groups)
		}
	}
	vouched := func(string) bool { return true }
	s := Summarize(rowsOf("none", mail{0, "192.0.2.1", 5, Fail, Fail, "", "example.com=fail", ""}), nil, vouched)
	if g := s[0].Groups[0]; g.Standing != OwnFails || !slices.Equal(g.Remedies, []Remedy{AddSPF, SignDKIM}) {
		t.Errorf("vouched for: %+v", g)
	}
}

// TestSums adds days and sources up, in whatever order and however the reports are cut.
func TestSums(t *testing.T) {
	rows := rowsOf("none",
		mail{0, "192.0.2.1", 5, Pass, Pass, "example.com=pass", "example.com=pass", ""},
		mail{1, "192.0.2.1", 7, Pass, Fail, "example.com=pass", "example.com=fail", ""},
		mail{1, "192.0.2.9", 3, Fail, Fail, "", "example.com=fail", ""},
		mail{2, "192.0.2.9", 2, Unknown, Unknown, "", "", ""})
	again := slices.Clone(rows)
	slices.Reverse(again)
	for _, rows := range [][]Row{rows, again} {
		s := Summarize(rows, nil, nil)[0]
		if s.Count != (Count{17, 12, 3, 2}) || s.Reports != 4 || s.Policy != "none" || len(s.Groups) != 2 {
			t.Errorf("%+v", s)
		}
		want := []Day{
			{"2026-09-01", Count{5, 5, 0, 0}, 1, "none"},
			{"2026-09-02", Count{10, 7, 3, 0}, 2, "none"},
			{"2026-09-03", Count{2, 0, 0, 2}, 1, "none"},
		}
		if !slices.Equal(s.Days, want) {
			t.Errorf("%+v", s.Days)
		}
	}
}

// daily is the same mails on so many days.
func daily(days int, mails ...mail) (out []mail) {
	for d := range days {
		for _, m := range mails {
			m.day = d
			out = append(out, m)
		}
	}
	return out
}

// TestReady holds the rule to what it says.
func TestReady(t *testing.T) {
	good := mail{0, "192.0.2.1", 50, Pass, Pass, "example.com=pass", "example.com=pass", ""}
	slip := mail{0, "192.0.2.1", 1, Fail, Fail, "", "example.com=fail", ""}
	forged := mail{0, "198.51.100.66", 500, Fail, Fail, "", "example.com=fail", ""}
	esp := mail{0, "203.0.113.5", 2, Fail, Fail, "esp.example=pass", "esp.example=pass", ""}
	dark := mail{0, "203.0.113.7", 9, Unknown, Unknown, "", "", ""}
	list := mail{0, "203.0.113.9", 20, Fail, Fail, "example.com=fail", "list.example=pass", "mailing_list"}
	for name, x := range map[string]struct {
		policy string
		mails  []mail
		state  State
		next   string
		codes  []Obstacle
	}{
		"enough":                       {"none", daily(14, good), ReadyNow, "quarantine", nil},
		"a day too few":                {"none", daily(13, good), NoSaying, "quarantine", []Obstacle{FewDays}},
		"forgeries do not count":       {"none", daily(14, good, forged), ReadyNow, "quarantine", nil},
		"lists do not count":           {"none", daily(14, good, list), ReadyNow, "quarantine", nil},
		"own mail fails within bounds": {"none", daily(14, good, slip), ReadyNow, "quarantine", nil},
		"own mail fails, for reject":   {"quarantine", daily(14, good, slip), NotYet, "reject", []Obstacle{OwnMailFails}},
		"enough for reject":            {"quarantine", daily(14, good), ReadyNow, "reject", nil},
		"a service nobody explained":   {"none", daily(14, good, esp), NotYet, "quarantine", []Obstacle{NotExplained}},
		"receivers do not tell":        {"none", daily(14, good, dark), NoSaying, "quarantine", []Obstacle{ManyUntold}},
		"nothing but forgeries":        {"none", daily(14, forged), NoSaying, "quarantine", []Obstacle{FewMessages}},
		"already the strictest":        {"reject", daily(3, good), NoStricter, "", nil},
		"the policy is not told":       {"", daily(14, good), NoSaying, "", []Obstacle{PolicyUntold}},
		"one message a day for 14 days": {"none",
			daily(14, mail{0, "192.0.2.1", 1, Pass, Pass, "example.com=pass", "example.com=pass", ""}), NoSaying, "quarantine",
			[]Obstacle{FewMessages}},
	} {
		r := Summarize(rowsOf(x.policy, x.mails...), nil, nil)[0].Ready()
		var codes []Obstacle
		for _, b := range r.Because {
			codes = append(codes, b.Code)
		}
		if r.State != x.state || r.Next != x.next || !slices.Equal(codes, x.codes) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	// Fourteen days in all, of which few under quarantine.
	rows := append(
		rowsOf("none", daily(14, good)...),
		rowsOf("quarantine", mail{14, "192.0.2.1", 50, Pass, Pass, "", "", ""})...)
	if r := Summarize(rows, nil, nil)[0].Ready(); r.State != NoSaying || r.Because[0].Code != NotUnderPolicy {
		t.Errorf("%+v", r)
	}
}
