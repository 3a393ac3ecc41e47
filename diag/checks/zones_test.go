package checks

import (
	"bytes"
	"cmp"
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
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/lab"

	"golang.org/x/tools/txtar"
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
		Includes    []string
		Sets        [][]diag.MXHost
		Clients     map[string][]string
	} `json:"providers"`
	Operators map[string]string `json:"operators"`
	Control   []string          `json:"control"` // hosts that tell a blocked port 25
	SourceIPs []netip.Addr      `json:"source_ips"`
	Resolvers bool              `json:"resolvers"` // the lab's are compared with
	Spread    []string          `json:"spread"`    // what they are asked for besides: "NAME TYPE"
	Registry  bool              `json:"registry"`  // the lab's is asked
	IPv6      bool              `json:"ipv6"`      // there is IPv6 here
	Probes    diag.MailProbes   `json:"probes"`    // of mail hosts' TLS
	Issuers   []diag.Issuer     `json:"issuers"`
	Lists     []struct {
		ID, Zone string
		Domains  bool
		Codes    map[netip.Addr]string
		Bits     map[uint8]string
		Refusals []netip.Addr
	} `json:"lists"`
}

// outcome is a file's want.json.
type outcome struct {
	Status    diag.Status         `json:"status"`
	Err       string              `json:"error,omitempty"`
	Because   string              `json:"because,omitempty"`
	Providers []diag.ProviderSeen `json:"providers,omitempty"`
	Operator  string              `json:"operator,omitempty"`
	Findings  []wanted            `json:"findings"`
}

type wanted struct {
	Code     diag.Code      `json:"code"`
	Severity diag.Severity  `json:"severity"`
	Subject  string         `json:"subject"`
	Args     map[string]any `json:"args"`
}

// atOnce is how many files are worked on side by side: most of their time is spent waiting for silent servers.
const atOnce = 24

// TestZones runs the check that a file of testdata is named for on the zones in it, and compares all that it reports:
// TestZones/spf those of one check, TestZones/spf/spf-none one file.
func TestZones(t *testing.T) {
	for _, c := range All() {
		t.Run(c.Name, func(t *testing.T) { zonesOf(t, c) })
	}
}

func zonesOf(t *testing.T, c *diag.Check) {
	files, err := filepath.Glob("testdata/" + c.Name + "-*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files for %s: %v", c.Name, err)
	}
	shows := ""
	slots := make(chan struct{}, atOnce)
	done := make([]chan outcome, len(files))
	read := make([]*zoneFile, len(files))
	for i, file := range files {
		if read[i], err = readZoneFile(file); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		shows += string(read[i].want)
		done[i] = make(chan outcome, 1)
		go func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			done[i] <- read[i].run(t.Context(), c)
		}()
	}
	for i, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { read[i].compare(t, file, <-done[i]) })
	}
	for _, status := range []diag.Status{diag.Passed, diag.Found, diag.Unknown} {
		if !strings.Contains(shows, `"status": "`+string(status)+`"`) {
			t.Errorf("no file of testdata shows %s %s", c.Name, status)
		}
	}
	for _, s := range c.Codes {
		if !strings.Contains(shows, `"`+string(s.Code)+`"`) {
			t.Errorf("no file of testdata shows %s", s.Code)
		}
	}
}

// zoneFile is a file of testdata, read.
type zoneFile struct {
	archive *txtar.Archive
	zones   map[string]string
	with    setup
	want    []byte
}

func readZoneFile(file string) (*zoneFile, error) {
	ar, err := txtar.ParseFile(file)
	if err != nil {
		return nil, err
	}
	z := &zoneFile{archive: ar, zones: map[string]string{}}
	for _, f := range ar.Files {
		switch f.Name {
		case "run.json":
			d := json.NewDecoder(bytes.NewReader(f.Data))
			d.DisallowUnknownFields()
			if err := d.Decode(&z.with); err != nil {
				return nil, err
			}
		case "want.json":
			z.want = f.Data
		default:
			z.zones[f.Name] = string(f.Data)
			z.with.Domain = cmp.Or(z.with.Domain, f.Name)
		}
	}
	return z, nil
}

// run examines the file's domain. What goes wrong on the way stands in the outcome's error, where it differs from what
// is wanted.
func (z *zoneFile) run(ctx context.Context, c *diag.Check) outcome {
	options := []lab.Option{lab.Zones(z.zones)}
	if z.with.IPv6 {
		options = append(options, lab.IPv6())
	}
	l, err := lab.Start(options...)
	if err != nil {
		return outcome{Err: err.Error()}
	}
	defer l.Close()
	r, err := examine(ctx, l, c, z.with)
	if err != nil {
		return outcome{Err: err.Error()}
	}
	got := outcome{Operator: r.Operator.ID, Providers: r.Providers, Findings: []wanted{}}
	for _, res := range r.Results {
		if res.Check != c.Name {
			continue
		}
		got.Status, got.Err, got.Because = res.Status, res.Err, res.Because
		for _, f := range res.Findings {
			got.Findings = append(got.Findings, wanted{f.Code, f.Severity, f.Subject, f.Args})
			if len(f.Evidence) == 0 && f.Code != "delegation.same-network" {
				got.Err += " no evidence for " + string(f.Code)
			}
		}
	}
	return got
}

var moment = regexp.MustCompile(`"20\d\d-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?"`)

func (z *zoneFile) compare(t *testing.T, file string, got outcome) {
	b, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	b = append(moment.ReplaceAll(b, []byte(`"a moment"`)), '\n') // certificates of the lab end some days from now
	if bytes.Equal(b, z.want) {
		return
	}
	if !*update {
		t.Errorf("got\n%s\nwant\n%s", b, z.want)
		return
	}
	ar := z.archive
	ar.Files = slices.DeleteFunc(ar.Files, func(f txtar.File) bool { return f.Name == "want.json" })
	ar.Files = append(ar.Files, txtar.File{Name: "want.json", Data: b})
	if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
		t.Fatal(err)
	}
}

// examine runs one check, with what hides it, on the lab.
func examine(ctx context.Context, l *lab.Lab, c *diag.Check, with setup) (*diag.Report, error) {
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
	o := diag.Options{Selectors: with.Selectors, SourceIPs: with.SourceIPs, ControlHosts: with.Control,
		MailProbes: with.Probes, Issuers: with.Issuers}
	if with.Registry {
		o.Registry = l.Registry()
	}
	for _, b := range with.Lists {
		o.Blocklists = append(o.Blocklists, diag.Blocklist{
			ID: b.ID, Name: b.ID, Zone: b.Zone, Domains: b.Domains, Codes: b.Codes, Bits: b.Bits, Refusals: b.Refusals,
			Removal: "https://" + b.Zone + "/",
		})
	}
	if with.Resolvers {
		o.Resolvers = recursiveOf(l)
	}
	for _, s := range with.Spread {
		name, kind, _ := strings.Cut(s, " ")
		o.Spread = append(o.Spread, diag.Place{Name: name, Type: kind})
	}
	for _, p := range with.Providers {
		f := diag.Fingerprint{ID: p.ID, Role: p.Role, MX: patterns(p.MX), Retired: patterns(p.Retired),
			DKIMSelectors: p.Selectors, SPFIncludes: p.Includes, ClientNames: p.Clients}
		for i, set := range p.Sets {
			f.MXSets = append(f.MXSets, diag.MXSet{Site: fmt.Sprintf("site %d", i+1), Hosts: set})
		}
		o.Providers = append(o.Providers, f)
	}
	for id, pattern := range with.Operators {
		o.Operators = append(o.Operators, diag.Operator{ID: id, NS: patterns([]string{pattern})})
	}
	target, err := diag.ParseTarget(with.Domain)
	if err != nil {
		return nil, err
	}
	if with.DeadlineMs > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(with.DeadlineMs)*time.Millisecond)
		defer cancel()
	}
	var checks []*diag.Check
	add := func(c *diag.Check) {
		if !slices.Contains(checks, c) {
			checks = append(checks, c)
		}
	}
	if len(c.HiddenBy) > 0 && !with.Alone {
		add(authority.Delegation)
	}
	if len(c.SkippedBy) > 0 && !with.Alone {
		add(Zone)
	}
	for _, used := range c.Uses {
		for _, u := range used.Uses {
			add(u)
		}
		add(used)
	}
	add(c)
	return diag.Run(ctx, n, checks, target, o, nil), nil
}

// recursiveOf is the lab's resolvers as options name them.
func recursiveOf(l *lab.Lab) (out []diag.Recursive) {
	for i, a := range l.Resolvers() {
		out = append(out, diag.Recursive{ID: fmt.Sprintf("cache-%d", i+1), Region: "lab", Address: a})
	}
	return out
}

func patterns(texts []string) []*regexp.Regexp {
	var out []*regexp.Regexp
	for _, s := range texts {
		out = append(out, regexp.MustCompile(s))
	}
	return out
}
