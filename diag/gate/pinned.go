package gate

import (
	"context"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/outbound"
	"signpost/diag/protocol/txt"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// Set is the records of one sort at one name on which mail rests, as they can be remembered and brought back.
type Set struct {
	Check  string   `json:"check"` // which check reads them: mx, spf, ...
	Name   string   `json:"name"`  // fully qualified, no final dot
	Type   string   `json:"type"`
	Kind   string   `json:"kind,omitempty"` // of TXT records, of which several sorts stand at one name
	Values []string `json:"values"`         // as a Record's Value, sorted; none: nothing stands there
}

// Same reports whether two sets are those of one sort at one name.
func (s Set) Same(o Set) bool { return s.Name == o.Name && s.Type == o.Type && s.Kind == o.Kind }

// Equal reports whether both hold the same records. Names of hosts are the same in any case.
func (s Set) Equal(o Set) bool {
	if s.Type == "TXT" {
		return slices.Equal(s.Values, o.Values)
	}
	return slices.EqualFunc(s.Values, o.Values, strings.EqualFold)
}

const (
	maxSets      = 60  // of one domain
	maxSetValues = 30  // records of one set
	maxSetText   = 800 // octets of one record
)

// Sets is what stands in the zone of a run that has ended, set by set: mail exchangers, SPF, DMARC, MTA-STS, TLS-RPT,
// BIMI, the DKIM keys that the run found, and name servers. A set that could not be read is left out.
func Sets(ctx context.Context, t *diag.Trial) []Set {
	at := strings.TrimSuffix(t.Domain(), ".")
	wanted := []Set{
		{Check: "mx", Name: at, Type: "MX"}, {Check: "spf", Name: at, Type: "TXT", Kind: "spf"},
		{Check: "dmarc", Name: "_dmarc." + at, Type: "TXT", Kind: "dmarc"},
		{Check: "mtasts", Name: "_mta-sts." + at, Type: "TXT", Kind: "stsv1"},
		{Check: "tlsrpt", Name: "_smtp._tls." + at, Type: "TXT", Kind: "tlsrptv1"},
		{Check: "bimi", Name: "default._bimi." + at, Type: "TXT", Kind: "bimi1"},
		{Check: "delegation", Name: at, Type: "NS"},
	}
	if f, ok := diag.Facts[outbound.DKIMFacts](t.Report, outbound.DKIM); ok {
		for _, k := range f.Keys[:min(len(f.Keys), 20)] {
			sort := Set{Check: "dkim", Name: k.Selector + "._domainkey." + at, Type: "TXT", Kind: "dkim1"}
			if k.CNAME != "" {
				sort.Type, sort.Kind = "CNAME", ""
			}
			wanted = append(wanted, sort)
		}
	}
	return Reread(ctx, t, wanted)
}

// Reread is sets as they stand in the zone of a run now. A set that could not be read is left out.
func Reread(ctx context.Context, t *diag.Trial, sets []Set) (out []Set) {
	for _, s := range sets[:min(len(sets), maxSets)] {
		qtype, ok := dns.StringToType[s.Type]
		if !ok {
			continue
		}
		records, err := t.Session().Own(ctx, s.Name+".", qtype)
		if err != nil {
			continue
		}
		s.Values = []string{}
		whole := true
		for _, rr := range records {
			if text, isText := txt.Of(rr); isText && txt.KindAt(rr.Header().Name, text) != s.Kind {
				continue
			}
			value := recordOf(rr, false).Value
			whole = whole && len(value) <= maxSetText && visible.Is(value) && len(s.Values) < maxSetValues
			s.Values = append(s.Values, value)
		}
		if slices.Sort(s.Values); whole { // what cannot be kept whole cannot be brought back
			out = append(out, s)
		}
	}
	return out
}

// Restored is the change that brings a set back as it was; where none passes, why.
type Restored struct {
	Records []diag.Record `json:"records,omitempty"`
	Note    *diag.Note    `json:"note,omitempty"`
}

// Restore examines the change that makes a set what it was: it is put into the zone as it is, and passes where no
// error or warning is new. Name servers stand at the registrar as well, so that no record is given for them.
func Restore(ctx context.Context, t *diag.Trial, now, was Set) Restored {
	if was.Type == "NS" {
		return Restored{Note: &diag.Note{Code: NoteRegistrar}}
	}
	g := gate{Trial: t, propose: func(*diag.Report) []Proposal { return nil }}
	var change []diag.Record
	for _, v := range now.Values {
		if !slices.Contains(was.Values, v) {
			change = append(change, diag.Record{Name: now.Name, Type: now.Type, Value: v, Remove: true})
		}
	}
	for _, v := range was.Values {
		if !slices.Contains(now.Values, v) {
			change = append(change, diag.Record{Name: was.Name, Type: was.Type, Value: v})
		}
	}
	z, obstacle := (&zone{session: g.Session()}).apply(ctx, change)
	if obstacle == nil {
		obstacle = g.judge(ctx, g.Again(ctx, z.session, z.touched(g.Domain())), Try{Records: change}, z)
	}
	if obstacle != nil {
		obstacle.Args, _ = diag.Seen(obstacle.Args).(map[string]any)
		return Restored{Note: obstacle}
	}
	records, obstacle := g.difference(ctx, z)
	return Restored{Records: records, Note: obstacle}
}
