package diag

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"signpost/diag/lab"
)

var update = flag.Bool("update", false, "write what the checks report into the golden files")

// setup is a file's run.json: what is examined, from where, and with what knowledge.
type setup struct {
	Domain     string            `json:"domain"`      // the first zone's name where empty
	Alone      bool              `json:"alone"`       // without what hides it
	Blocked    bool              `json:"blocked"`     // only the recursive resolver can be reached
	NoTCP      bool              `json:"no_tcp"`      // no TCP gets out
	Redirect   map[string]string `json:"redirect"`    // addresses that are reached under another one: the lab has no IPv6
	DeadlineMs int               `json:"deadline_ms"` // of the run
	Selectors  []string          `json:"selectors"`
	Providers  []struct {
		ID, Role    string
		MX, Retired []string
		Selectors   []string
		Sets        [][]MXHost
	} `json:"providers"`
	Operators map[string]string `json:"operators"`
}

// outcome is a file's want.json.
type outcome struct {
	Status    Status         `json:"status"`
	Err       string         `json:"error,omitempty"`
	Because   string         `json:"because,omitempty"`
	Providers []ProviderSeen `json:"providers,omitempty"`
	Operator  string         `json:"operator,omitempty"`
	Findings  []wanted       `json:"findings"`
}

type wanted struct {
	Code     Code           `json:"code"`
	Severity Severity       `json:"severity"`
	Subject  string         `json:"subject"`
	Args     map[string]any `json:"args"`
}

// TestZones runs the check that a file of testdata is named for on the zones in it, and compares all that it reports.
func TestZones(t *testing.T) {
	for _, c := range []*Check{Delegation, MX} {
		files, err := filepath.Glob("testdata/" + c.Name + "-*.txtar")
		if err != nil || len(files) == 0 {
			t.Fatalf("no files for %s: %v", c.Name, err)
		}
		seen := map[Code]bool{}
		t.Run(c.Name, func(t *testing.T) {
			for _, file := range files {
				ar, err := txtar.ParseFile(file)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range ar.Files {
					for _, s := range c.Codes {
						if f.Name == "want.json" && bytes.Contains(f.Data, []byte(`"`+s.Code+`"`)) {
							seen[s.Code] = true
						}
					}
				}
				t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
					t.Parallel()
					runZones(t, c, file, ar)
				})
			}
		})
		for _, s := range c.Codes {
			if !seen[s.Code] {
				t.Errorf("no file of testdata shows %s", s.Code)
			}
		}
	}
}

func runZones(t *testing.T, c *Check, file string, ar *txtar.Archive) {
	zones := map[string]string{}
	var with setup
	var want []byte
	for _, f := range ar.Files {
		switch f.Name {
		case "run.json":
			d := json.NewDecoder(bytes.NewReader(f.Data))
			d.DisallowUnknownFields()
			if err := d.Decode(&with); err != nil {
				t.Fatal(err)
			}
		case "want.json":
			want = f.Data
		default:
			zones[f.Name] = string(f.Data)
			if with.Domain == "" {
				with.Domain = f.Name
			}
		}
	}
	l, err := lab.Start(lab.Zones(zones))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := examine(t, l, c, with)
	got := outcome{Operator: r.Operator.ID, Providers: r.Providers, Findings: []wanted{}}
	for _, res := range r.Results {
		if res.Check != c.Name {
			continue
		}
		got.Status, got.Err, got.Because = res.Status, res.Err, res.Because
		for _, f := range res.Findings {
			got.Findings = append(got.Findings, wanted{f.Code, f.Severity, f.Subject, f.Args})
			if len(f.Evidence) == 0 && f.Code != "delegation.same-network" {
				t.Errorf("%s has no evidence", f.Code)
			}
		}
	}
	b, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, '\n')
	if bytes.Equal(b, want) {
		return
	}
	if !*update {
		t.Errorf("got\n%s\nwant\n%s", b, want)
		return
	}
	for i := range ar.Files {
		if ar.Files[i].Name == "want.json" {
			ar.Files[i].Data = b
		}
	}
	if want == nil {
		ar.Files = append(ar.Files, txtar.File{Name: "want.json", Data: b})
	}
	if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
		t.Fatal(err)
	}
}

// examine runs one check, with what hides it, on the lab.
func examine(t *testing.T, l *lab.Lab, c *Check, with setup) *Report {
	t.Helper()
	n := l.Net()
	dial := n.Dial
	n.Dial = func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
		if with.NoTCP && network == "tcp" {
			return nil, errors.New("connection refused")
		}
		if with.Blocked && to != l.Resolver() {
			to = netip.MustParseAddrPort("203.0.113.253:53")
		}
		if at, ok := with.Redirect[to.Addr().String()]; ok {
			to = netip.AddrPortFrom(netip.MustParseAddr(at), to.Port())
		}
		return dial(ctx, network, to)
	}
	if with.Blocked {
		n.Resolvers, n.ResolversOnly = []netip.AddrPort{l.Resolver()}, true
	}
	o := Options{Selectors: with.Selectors}
	for _, p := range with.Providers {
		f := Fingerprint{ID: p.ID, Role: p.Role, MX: patterns(p.MX), Retired: patterns(p.Retired), DKIMSelectors: p.Selectors}
		for i, set := range p.Sets {
			f.MXSets = append(f.MXSets, MXSet{Site: fmt.Sprintf("site %d", i+1), Hosts: set})
		}
		o.Providers = append(o.Providers, f)
	}
	for id, pattern := range with.Operators {
		o.Operators = append(o.Operators, Operator{ID: id, NS: patterns([]string{pattern})})
	}
	target, err := ParseTarget(with.Domain)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if with.DeadlineMs > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(with.DeadlineMs)*time.Millisecond)
		defer cancel()
	}
	checks := []*Check{c}
	if len(c.HiddenBy) > 0 && !with.Alone {
		checks = []*Check{Delegation, c}
	}
	return Run(ctx, n, checks, target, o, nil)
}

func patterns(texts []string) []*regexp.Regexp {
	var out []*regexp.Regexp
	for _, s := range texts {
		out = append(out, regexp.MustCompile(s))
	}
	return out
}
