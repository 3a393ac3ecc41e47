package kb

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/diag"
	"signpost/diag/checks"
	"signpost/diag/gate"
	"signpost/diag/lab"
	"signpost/diag/protocol/txt"

	"golang.org/x/tools/txtar"
)

// strange is what is right for a zone of testdata/strangers.txtar.
type strange struct {
	domain   string
	want     []string // codes that must be told
	may      []string // codes that may be told as well
	records  []string // that must be given: name, type and value
	noRecord bool
}

// strangers reads testdata/strangers.txtar.
func strangers(t *testing.T) (zones map[string]string, all []strange) {
	t.Helper()
	ar, err := txtar.ParseFile("testdata/strangers.txtar")
	if err != nil {
		t.Fatal(err)
	}
	zones = map[string]string{}
	for _, f := range ar.Files {
		zones[f.Name] = string(f.Data)
		s := strange{domain: f.Name}
		judged := false
		for line := range strings.Lines(string(f.Data)) {
			line = strings.TrimSpace(line)
			if codes, ok := strings.CutPrefix(line, "; right: "); ok {
				judged = true
				for _, c := range strings.Fields(strings.TrimPrefix(codes, "-")) {
					if may, ok := strings.CutSuffix(c, "?"); ok {
						s.may = append(s.may, may)
					} else {
						s.want = append(s.want, c)
					}
				}
			}
			if r, ok := strings.CutPrefix(line, "; + "); ok {
				name, rest, _ := strings.Cut(r, " ")
				switch {
				case name == "@":
					name = f.Name
				case strings.HasSuffix(name, "."):
					name = strings.TrimSuffix(name, ".")
				default:
					name += "." + f.Name
				}
				s.records = append(s.records, name+" "+rest)
			}
			s.noRecord = s.noRecord || line == "; no record"
		}
		if judged {
			all = append(all, s)
		}
	}
	return zones, all
}

// TestStrangersZones diagnoses zones as people describe them in forums and bug reports: what is wrong is told, nothing
// else is, and the record that mends it is given.
func TestStrangersZones(t *testing.T) {
	b := load(t)
	zones, all := strangers(t)
	if len(all) < 40 {
		t.Fatalf("%d zones", len(all))
	}
	for _, provider := range []string{"outlook.com", "google.com"} {
		zones[provider] = labZones(t)[provider]
	}
	l, err := lab.Start(lab.Zones(zones))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, s := range all {
		t.Run(s.domain, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), diag.DefaultTimeout+5*time.Second)
			defer cancel()
			o := diag.Options{Providers: b.Fingerprints(), Operators: b.Operators(), Issuers: b.Issuers(),
				Conclude: gate.Conclusion(b.Proposals)}
			r := diag.Run(ctx, l.Net(), checks.All(), diag.Target{Domain: s.domain, Unicode: s.domain}, o, nil)
			for _, wrong := range s.compare(r) {
				t.Error(wrong)
			}
		})
	}
}

// compare is what of a report is not right.
func (s strange) compare(r *diag.Report) (wrong []string) {
	var got, given []string
	for _, f := range r.Findings() {
		code := string(f.Code)
		got = append(got, code)
		asked := slices.Contains(s.want, code) || slices.Contains(s.may, code)
		if f.Severity >= diag.Warning && !asked {
			wrong = append(wrong, "told: "+code+" "+f.Subject)
		}
		for _, rec := range f.Records {
			if rec.Remove {
				continue
			}
			value := rec.Value
			if rec.Type == "TXT" {
				value = strings.Join(txt.Strings(rec.Value), "")
			}
			given = append(given, rec.Name+" "+rec.Type+" "+value)
		}
	}
	for _, code := range s.want {
		if !slices.Contains(got, code) {
			wrong = append(wrong, "not told: "+code)
		}
	}
	said := func(code string) bool { return slices.Contains(got, code) }
	if len(s.want) == 0 && len(s.may) > 0 && !slices.ContainsFunc(s.may, said) {
		wrong = append(wrong, "nothing is told")
	}
	for _, want := range s.records {
		if !slices.Contains(given, want) {
			wrong = append(wrong, "not given: "+want+"; given: "+strings.Join(given, ", "))
		}
	}
	if s.noRecord && len(given) > 0 {
		wrong = append(wrong, "given: "+strings.Join(given, ", "))
	}
	return wrong
}
