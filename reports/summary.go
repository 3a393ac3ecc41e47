package reports

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Standing is what a group of sources is to the domain, as far as the reports show.
type Standing string

const (
	Passes          Standing = "passes"          // all of its mail is aligned
	OwnFails        Standing = "own-fails"       // it sends as the domain with right, and part of its mail is not aligned
	Forwards        Standing = "forwards"        // what fails was forwarded, or went through a list
	Unexplained     Standing = "unexplained"     // it proves to be somebody, nobody of the domain's as far as is shown
	Unauthenticated Standing = "unauthenticated" // it proves nothing: forged, or not set up at all
	Untold          Standing = "unknown"         // the receivers did not tell how its mail fared
)

// Remedy is what would mend the mail of a group.
type Remedy string

const (
	AddSPF      Remedy = "spf-add"      // list the source
	SignDKIM    Remedy = "dkim-sign"    // sign at all
	AlignDKIM   Remedy = "dkim-align"   // sign with the domain
	RepairDKIM  Remedy = "dkim-repair"  // the signature does not hold
	AlignSPF    Remedy = "spf-align"    // send with the domain as envelope sender
	RepairSPF   Remedy = "spf-repair"   // the record cannot be read
	ExplainIt   Remedy = "explain"      // find out whose it is
	NothingToDo Remedy = "nothing"      // nothing can be done, or has to be
	StopForgery Remedy = "policy"       // a stricter policy has it turned away
	WaitForMore Remedy = "more-reports" // nothing is known yet
)

// Count is how messages fared.
type Count struct {
	Messages int64 `json:"messages"`
	Pass     int64 `json:"pass"`
	Fail     int64 `json:"fail"`
	Unknown  int64 `json:"unknown"`
}

func (c *Count) add(f map[string]int64) {
	c.Pass, c.Fail, c.Unknown = c.Pass+f[FactPass], c.Fail+f[FactFail], c.Unknown+f[FactUnknown]
	c.Messages = c.Pass + c.Fail + c.Unknown
}

// Day is a day's mail.
type Day struct {
	Day string `json:"day"`
	Count
	Reports int64  `json:"reports"`
	Policy  string `json:"policy,omitempty"`
}

// Source is one address.
type Source struct {
	Address string `json:"address"`
	Count
	Facts map[string]int64 `json:"facts"`
	Days  int              `json:"days"`
}

// Names is the names behind a fact, the most frequent first.
func (s Source) Names(fact string) []string { return namesOf(s.Facts, fact) }

func namesOf(facts map[string]int64, fact string) []string {
	var out []string
	for f := range facts {
		if name, ok := strings.CutPrefix(f, fact); ok {
			out = append(out, name)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(cmp.Compare(facts[fact+b], facts[fact+a]), cmp.Compare(a, b))
	})
	return out
}

// Label says whose a source is. Kind tells how that is known: provider (ID is kb's), name (a domain), address.
type Label struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	By   string `json:"by,omitempty"` // dkim, spf, ptr: what it is known by
}

// Group is the sources of one sender.
type Group struct {
	Label
	Count
	Standing  Standing         `json:"standing"`
	Remedies  []Remedy         `json:"remedies"`
	Days      int              `json:"days"`
	Addresses []string         `json:"addresses"` // the first of them, the busiest first
	Sources   int              `json:"sources"`
	Facts     map[string]int64 `json:"facts"`
	Vouched   bool             `json:"vouched,omitempty"` // somebody says that it is the domain's own
}

// Summary is what reports say of one domain.
type Summary struct {
	Domain string `json:"domain"`
	Count
	Policy    string   `json:"policy"` // as receivers found it last; empty: not told
	Reports   int64    `json:"reports"`
	Reporters []string `json:"reporters"`
	Days      []Day    `json:"days"`
	Groups    []Group  `json:"groups"` // the busiest first
	Sources   []Source `json:"-"`
}

const (
	maxShownAddresses = 10
	maxReporters      = 50
)

// Summarize adds rows up by domain, the busiest first. Label names a source; vouched tells the addresses that
// somebody says are the domain's own. Both may be nil.
func Summarize(rows []Row, label func(domain string, s Source) Label, vouched func(address string) bool) []*Summary {
	by := map[string][]Row{}
	for _, r := range rows {
		by[r.Domain] = append(by[r.Domain], r)
	}
	var out []*Summary
	for domain, rows := range by {
		out = append(out, summarize(domain, rows, label, vouched))
	}
	slices.SortFunc(out, func(a, b *Summary) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Domain, b.Domain))
	})
	return out
}

func summarize(domain string, rows []Row, label func(string, Source) Label, vouched func(string) bool) *Summary {
	s := &Summary{Domain: domain, Reporters: []string{}, Days: []Day{}, Groups: []Group{}}
	days, policies := map[string]*Day{}, map[string]map[string]int64{}
	sources, sourceDays := map[string]*Source{}, map[string]map[string]bool{}
	reporters := map[string]int64{}
	for _, r := range rows {
		d := days[r.Day]
		if d == nil {
			d = &Day{Day: r.Day}
			days[r.Day], policies[r.Day] = d, map[string]int64{}
		}
		if r.Source == "" {
			s.Reports, d.Reports = s.Reports+r.Facts[FactReports], d.Reports+r.Facts[FactReports]
			for fact, n := range r.Facts {
				if strings.HasPrefix(fact, FactReporter) {
					reporters[fact] += n
				} else if p, ok := strings.CutPrefix(fact, FactPolicy); ok {
					policies[r.Day][p] += n
				}
			}
			continue
		}
		s.add(r.Facts)
		d.add(r.Facts)
		src := sources[r.Source]
		if src == nil {
			src = &Source{Address: r.Source, Facts: map[string]int64{}}
			sources[r.Source], sourceDays[r.Source] = src, map[string]bool{}
		}
		src.add(r.Facts)
		sourceDays[r.Source][r.Day] = true
		for fact, n := range r.Facts {
			src.Facts[fact] += n
		}
	}
	for _, day := range slices.Sorted(maps.Keys(days)) {
		d := days[day]
		if names := namesOf(policies[day], ""); len(names) > 0 {
			d.Policy = names[0]
			s.Policy = names[0]
		}
		if day != "" {
			s.Days = append(s.Days, *d)
		}
	}
	s.Reporters = append(s.Reporters, namesOf(reporters, FactReporter)...)
	s.Reporters = s.Reporters[:min(len(s.Reporters), maxReporters)]
	for address, src := range sources {
		src.Days = len(sourceDays[address])
		s.Sources = append(s.Sources, *src)
	}
	slices.SortFunc(s.Sources, func(a, b Source) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Address, b.Address))
	})
	s.group(label, vouched)
	return s
}

// group puts the sources of one sender together.
func (s *Summary) group(label func(string, Source) Label, vouched func(string) bool) {
	at := map[Label]int{}
	for _, src := range s.Sources {
		if src.Messages == 0 {
			continue
		}
		l := Label{Kind: "address", ID: src.Address}
		if label != nil {
			l = label(s.Domain, src)
		}
		key := Label{Kind: l.Kind, ID: l.ID}
		i, ok := at[key]
		if !ok {
			i = len(s.Groups)
			at[key] = i
			s.Groups = append(
				s.Groups,
				Group{Label: l, Facts: map[string]int64{}, Addresses: []string{}, Remedies: []Remedy{}},
			)
		}
		g := &s.Groups[i]
		g.add(src.Facts)
		g.Sources++
		g.Days = max(g.Days, src.Days)
		g.Vouched = g.Vouched || vouched != nil && vouched(src.Address)
		if len(g.Addresses) < maxShownAddresses {
			g.Addresses = append(g.Addresses, src.Address)
		}
		for fact, n := range src.Facts {
			g.Facts[fact] += n
		}
	}
	for i := range s.Groups {
		s.Groups[i].judge()
	}
	slices.SortStableFunc(s.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.ID, b.ID))
	})
}

// judge tells what the group is to the domain, and what would mend its mail.
func (g *Group) judge() {
	f := g.Facts
	own := g.Vouched || f[FactSPF] > 0 || f[FactDKIM] > 0 && f[FactForwarded] == 0
	somebody := f[FactOtherSigned] > 0 || f[FactOtherSender] > 0
	switch {
	case g.Fail == 0 && g.Pass == 0:
		g.Standing, g.Remedies = Untold, []Remedy{WaitForMore}
	case g.Fail == 0:
		g.Standing = Passes
		if f[FactUnlisted] > 0 { // by DKIM alone
			g.Remedies = []Remedy{AddSPF}
		}
	case f[FactForwarded]*2 >= g.Fail && !g.Vouched:
		g.Standing, g.Remedies = Forwards, []Remedy{NothingToDo}
	case own:
		g.Standing, g.Remedies = OwnFails, g.mends()
	case somebody:
		g.Standing, g.Remedies = Unexplained, []Remedy{ExplainIt}
	default:
		g.Standing, g.Remedies = Unauthenticated, []Remedy{StopForgery}
	}
}

// mends is what the failures of a group that is the domain's own are mended by.
func (g *Group) mends() (out []Remedy) {
	for _, x := range []struct {
		fact   string
		remedy Remedy
	}{
		{FactBadSPF, RepairSPF}, {FactUnlisted, AddSPF}, {FactBadSigned, RepairDKIM},
		{FactOtherSigned, AlignDKIM}, {FactUnsigned, SignDKIM}, {FactOtherSender, AlignSPF},
	} {
		if g.Facts[x.fact] > 0 {
			out = append(out, x.remedy)
		}
	}
	if len(out) == 0 {
		out = []Remedy{ExplainIt}
	}
	return out
}
