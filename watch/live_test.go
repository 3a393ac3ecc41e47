package watch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"signpost/diag"
	"signpost/diag/checks/authority"
)

// spread is what the propagation check tells: the records of the domain's servers, and a resolver a word, as its state
// and TTL: "current", "old/600", "silent".
func spread(state, mx, resolvers string) *diag.Report {
	q := spreadOf("a.example. MX", state, mx, resolvers)
	return spreads(q)
}

// spreads is a report of questions.
func spreads(questions ...authority.SpreadFacts) *diag.Report {
	return &diag.Report{Domain: "a.example", Answers: 1, Results: []diag.Result{{Check: authority.Propagation.Name,
		Status: diag.Passed, Facts: &authority.PropagationFacts{Questions: questions}}}}
}

// spreadOf is one question of what the propagation check tells.
func spreadOf(question, state, records, resolvers string) authority.SpreadFacts {
	q := authority.SpreadFacts{Question: question, State: state}
	if records != "" {
		q.Whole = strings.Split(records, "|")
	}
	q.Current = q.Whole
	for i, w := range strings.Fields(resolvers) {
		a := authority.CacheAnswer{ID: fmt.Sprint("r", i), Region: "CN", Address: fmt.Sprintf("192.0.2.%d:53", i)}
		name, ttl, _ := strings.Cut(w, "/")
		a.State = name
		_, _ = fmt.Sscan(ttl, &a.TTL)
		q.Resolvers = append(q.Resolvers, a)
	}
	return q
}

// TestLive: a change is everywhere when every cache that answers has it, and one does; the next look comes when the
// caches let go, or later and later where there is nothing to wait for.
func TestLive(t *testing.T) {
	none := &diag.Report{Domain: "a.example"}
	want := []Wanted{{Type: "mx", Holds: "MX1.new.example."}}
	changed := []Wanted{{Type: "mx", Gone: true, Set: true}}
	for name, x := range map[string]struct {
		wanted []Wanted
		looks  []*diag.Report
		state  State
		of     string
		pause  time.Duration
	}{
		"everywhere": {want, []*diag.Report{spread("published", "5 mx1.new.example.", "current current")},
			Everywhere, "2 of 2", soonest},
		"spreading": {want, []*diag.Report{spread("spreading", "5 mx1.new.example.", "current old/600 denied/90 silent")},
			Spreading, "1 of 3", 601 * time.Second},
		"long in caches": {want, []*diag.Report{spread("spreading", "5 mx1.new.example.", "current old/86400")},
			Spreading, "1 of 2", latest},
		"not published": {want, []*diag.Report{spread("published", "5 mx.old.example.", "current")},
			Unpublished, "1 of 1", soonest},
		"not published for long": {want, []*diag.Report{spread("published", "5 mx.old.example.", "current"),
			spread("published", "5 mx.old.example.", "current"), spread("published", "5 mx.old.example.", "current")},
			Unpublished, "1 of 1", 4 * soonest},
		"by digest": {[]Wanted{{Type: "mx", Digest: Digest("mx", "5 MX1.new.example.")}},
			[]*diag.Report{spread("published", "5 mx1.new.example.", "current")}, Everywhere, "1 of 1", soonest},
		"nobody answers": {want, []*diag.Report{spread("published", "5 mx1.new.example.", "silent")}, Unseen,
			"0 of 0", soonest},
		"nothing to tell": {nil, []*diag.Report{none, none}, Unseen, "0 of 0", 2 * soonest},
		"disagreeing": {nil, []*diag.Report{spread("servers-disagree", "5 a.example.", "current")},
			Disagreeing, "1 of 1", soonest},
		"unknown is not the end": {nil, []*diag.Report{spread("spreading", "5 a.example.", "current old/600"), none},
			Spreading, "1 of 2", 2 * soonest},
		"others than now": {changed, []*diag.Report{spread("published", "5 mx.old.example.|9 b.example.", "current current"),
			spread("published", "9 b.example.|5 mx.old.example.", "current current")}, Unpublished, "2 of 2", 2 * soonest},
		"others came": {changed, []*diag.Report{spread("published", "5 mx.old.example.", "current"),
			spread("published", "5 mx.new.example.", "current")}, Everywhere, "1 of 1", soonest},
		"others on the way": {changed, []*diag.Report{spread("spreading", "5 mx.new.example.", "current old/60"),
			spread("published", "5 mx.new.example.", "current current")}, Everywhere, "2 of 2", soonest},
		"the end of a host's name": {want, []*diag.Report{spread("published", "5 amx1.new.example.", "current")},
			Unpublished, "1 of 1", soonest},
		"a host of a domain": {[]Wanted{{Type: "mx", Holds: "new.example"}},
			[]*diag.Report{spread("published", "5 mx1.new.example.", "current")}, Everywhere, "1 of 1", soonest},
		"name servers": {[]Wanted{{Type: "ns", Holds: "ns1.new.example"}}, []*diag.Report{spreads(
			spreadOf("a.example. NS", "spreading", "ns1.new.example.|ns2.new.example.", "current old/3600"))},
			Spreading, "1 of 2", latest},
		"a key's tag": {[]Wanted{{Type: "ds", Holds: "12345"}}, []*diag.Report{spreads(
			spreadOf("a.example. DS", "published", "4711 13 2 AB1234512345", "current"))}, Unpublished, "1 of 1", soonest},
		"no DS any more": {[]Wanted{{Type: "ds", Gone: true}}, []*diag.Report{
			spreads(spreadOf("a.example. DS", "published", "4711 13 2 AB", "current")),
			spreads(spreadOf("a.example. DS", "not-published", "", "current denied/60"))}, Spreading, "1 of 2",
			61 * time.Second},
		"another question": {[]Wanted{{Type: "dmarc", Holds: "p=reject"}},
			[]*diag.Report{spread("published", "5 a.example.", "current")}, Unseen, "0 of 0", soonest},
	} {
		l := Follow("a.example", "C1", "U1", x.wanted, monday)
		at := monday
		for _, r := range x.looks {
			l.See(l.Next, at, r)
		}
		if of := fmt.Sprintf("%d of %d", l.Current, l.Total); l.State != x.state || of != x.of || l.Next.Sub(at) != x.pause ||
			l.Over() != (x.state == Everywhere) {
			t.Errorf("%s: %q, %s, next in %v, over %t", name, l.State, of, l.Next.Sub(at), l.Over())
		}
	}
	l := Follow("a.example", "C1", "U1", want, monday)
	l.See(l.Next, monday.Add(followed+time.Hour), none)
	if l.State != GivenUp || !l.Over() {
		t.Errorf("after a week: %q", l.State)
	}
}

func TestDigest(t *testing.T) {
	for _, same := range [][3]string{{"mx", "5 MX1.example.", "5 mx1.example"}, {"txt", `"v=spf1 " "-all"`, "v=spf1 -all"},
		{"txt", `"v=DMARC1; p=none"`, "v=DMARC1;  p=none"}, {"txt", `v=DKIM1; p=AB" "CD`, `"v=DKIM1; p=A" "BCD"`}} {
		if Digest(same[0], same[1]) != Digest(same[0], same[2]) {
			t.Errorf("%q is not %q", same[1], same[2])
		}
	}
	for _, other := range [][3]string{{"mx", "5 a.example.", "6 a.example."},
		{"txt", "v=DKIM1; p=AbCd", "v=DKIM1; p=ABCD"},
		{"txt", "v=spf1 -all", "v=spf1 ~all"}} {
		if Digest(other[0], other[1]) == Digest(other[0], other[2]) {
			t.Errorf("%q is %q", other[1], other[2])
		}
	}
}

// TestWantedByDigest: a button's words name records in any place of the zone, to come and to go; what is written is
// read again, and what no record can have is refused.
func TestWantedByDigest(t *testing.T) {
	key := "v=DKIM1; k=rsa; p=" + strings.Repeat("MIIB", 90)
	change := []diag.Record{{Name: "a.example", Type: "MX", Value: "5 mx1.new.example."},
		{Name: "a.example", Type: "MX", Value: "10 old.example.", Remove: true},
		{Name: "s1._domainkey.a.example", Type: "TXT", Value: key},
		{Name: "_dmarc.A.example.", Type: "TXT", Value: "v=DMARC1; p=none"},
		{Name: "nota.example", Type: "TXT", Value: "outside"}, {Name: "a.example", Type: "NS", Value: "ns1.a.example."}}
	wanted := Expected("a.example", change)
	var words []string
	for i, w := range wanted {
		words = append(words, w.String())
		if read, ok := ParseWanted(w.String()); !ok || read != wanted[i] {
			t.Errorf("%s is read as %+v, %t", w, read, ok)
		}
	}
	if got := strings.Join(words, " "); len(words) != 4 || !strings.HasPrefix(got, "is=mx:") ||
		!strings.Contains(got, " gone=mx:") || !strings.Contains(got, " is=s1._domainkey/txt:") ||
		!strings.Contains(got, " is=_dmarc/txt:") {
		t.Errorf("%s", got)
	}
	for _, bad := range []string{"", "is=", "is=mx", "is=mx:", "is=ns:abc", "is=mx:ABC DEF", "is=/mx:abc", "is=-a/mx:abc",
		"gone=dmarc:" + strings.Repeat("z", 14), "is=x y/txt:abc", "was=mx:abc", "is=_dmarc/dmarc:abc"} {
		if w, ok := ParseWanted(bad); ok {
			t.Errorf("%q is read as %+v", bad, w)
		}
	}
	before := []authority.SpreadFacts{
		spreadOf("a.example. MX", "published", "10 old.example.|5 mx1.new.example.", "current"),
		spreadOf("s1._domainkey.a.example. TXT", "not-published", "", "current"),
		spreadOf("_dmarc.a.example. TXT", "published", `"v=DMARC1; p=none"`, "current")}
	l := Follow("a.example", "C1", "U1", wanted, monday)
	l.See(l.Next, monday, spreads(before...))
	if got := fmt.Sprint(l.Wanted[0].Done, l.Wanted[1].Done, l.Wanted[2].Done, l.Wanted[3].Done); l.State != Unpublished ||
		got != "true false false true" {
		t.Errorf("%q, %s", l.State, got)
	}
	cut := fmt.Sprintf("%q %q", key[:200], key[200:])
	after := []authority.SpreadFacts{spreadOf("a.example. MX", "published", "5 mx1.new.example.", "current current"),
		spreadOf("s1._domainkey.a.example. TXT", "spreading", cut, "current denied/300"), before[2]}
	l.See(l.Next, monday, spreads(after...))
	if l.State != Spreading || l.Current != 1 || l.Total != 2 {
		t.Errorf("%q, %d of %d", l.State, l.Current, l.Total)
	}
	after[1] = spreadOf("s1._domainkey.a.example. TXT", "published", cut, "current silent")
	l.See(l.Next, monday, spreads(after...))
	if l.State != Everywhere || l.Current != 1 || l.Silent != 1 {
		t.Errorf("one resolver is silent about one of them: %q, %d of %d, %d silent", l.State, l.Current, l.Total, l.Silent)
	}
}

// TestRecommended: what is waited for is what a report recommends, never two ways to mend the same, and nothing that is
// only worth a notice beside what is wrong.
func TestRecommended(t *testing.T) {
	rec := func(kind, value string) diag.Record { return diag.Record{Name: "a.example", Type: kind, Value: value} }
	a, b := rec("TXT", "a"), rec("MX", "5 b.")
	of := func(s diag.Severity, records ...diag.Record) diag.Finding {
		return diag.Finding{Code: "x", Severity: s, Records: records}
	}
	var hosts []diag.Record
	for i := range 12 {
		hosts = append(hosts, rec("MX", fmt.Sprintf("%d mx.example.", i)))
	}
	for name, x := range map[string]struct {
		findings []diag.Finding
		want     int
		first    diag.Record
	}{
		"nothing":         {[]diag.Finding{of(diag.Error)}, 0, diag.Record{}},
		"the same twice":  {[]diag.Finding{of(diag.Error, a), of(diag.Warning, a)}, 1, a},
		"two ways":        {[]diag.Finding{of(diag.Warning, rec("TXT", "c")), of(diag.Error, a)}, 1, a},
		"two places":      {[]diag.Finding{of(diag.Error, a), of(diag.Warning, b)}, 2, a},
		"a notice beside": {[]diag.Finding{of(diag.Notice, b), of(diag.Error, a)}, 1, a},
		"a notice alone":  {[]diag.Finding{of(diag.Notice, b)}, 1, b},
		"notices":         {[]diag.Finding{of(diag.Notice, b), of(diag.Notice, a)}, 2, b},
		"many":            {[]diag.Finding{of(diag.Error, hosts...)}, maxWanted, hosts[0]},
	} {
		r := &diag.Report{Domain: "a.example", Results: []diag.Result{{Check: "x", Status: diag.Found, Findings: x.findings}}}
		got := Recommended(r)
		if len(got) != x.want || x.want > 0 && got[0] != Expected("a.example", []diag.Record{x.first})[0] {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestSeen: what each resolver said is kept for those who follow a change: of several questions the answer that lacks
// most, or none at all before one that has it; those that lack it come first. A look that
// tells nothing leaves what is known.
func TestSeen(t *testing.T) {
	l := Follow("a.example", "C1", "U1", nil, time.Unix(1000, 0))
	r := spread("spreading", "5 mx1.a.example.", "current old/600 silent denied/90 current")
	facts := r.Results[0].Facts.(*authority.PropagationFacts)
	txt := spread("spreading", "v=spf1 -all", "current old/900 current servfail current").Results[0].Facts
	second := txt.(*authority.PropagationFacts).Questions[0]
	second.Question = "a.example. IN TXT"
	facts.Questions = append(facts.Questions, second)
	l.See(l.Next, time.Unix(1001, 0), r)
	l.See(l.Next, time.Unix(1002, 0), &diag.Report{Domain: "a.example"})
	var got []string
	for _, s := range l.Seen {
		got = append(got, fmt.Sprintf("%s %s %s %d", s.ID, s.Region, s.State, s.TTL))
	}
	want := "r3 CN servfail 0, r1 CN old 900, r2 CN silent 0, r0 CN current 0, r4 CN current 0"
	if strings.Join(got, ", ") != want {
		t.Errorf("%s\nwant %s", strings.Join(got, ", "), want)
	}
}
