//go:build linux

package interop

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"signpost/diag"
	"signpost/diag/checks"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/inbound"
	"signpost/diag/lab"
	"signpost/diag/resolve"
)

// inside marks the process that runs in the namespace.
const inside = "SIGNPOST_TEST_NAMESPACE"

var programs = []string{"named", "named-checkconf", "dnssec-keygen", "dnssec-signzone", "unbound", "nsd", "postfix",
	"ip"}

// TestPeers runs TestInside in a network namespace of its own.
func TestPeers(t *testing.T) {
	required := slices.Contains(strings.Split(os.Getenv("SIGNPOST_TEST_REQUIRE"), ","), "interop")
	var lacks []string
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			lacks = append(lacks, p)
		}
	}
	if os.Getuid() != 0 {
		lacks = append(lacks, "root")
	}
	if len(lacks) > 0 {
		if required {
			t.Fatalf("required and not there: %v", lacks)
		}
		t.Skipf("left out: needs %v, which this machine has not", lacks)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestInside$", "-test.v", "-test.timeout=4m")
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
		Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	switch {
	case err != nil && !required && bytes.Contains(out, []byte("operation not permitted")):
		t.Skip("left out: this machine allows no network namespaces")
	case err != nil:
		t.Fatal(err)
	case !bytes.Contains(out, []byte("--- PASS: TestInside")):
		t.Fatal("the tests in the namespace did not run")
	}
}

// world is the servers of the namespace.
type world struct {
	t     *testing.T
	dir   string
	lab   *lab.Lab
	zones map[string]string // master files by origin
	net   *resolve.Net

	refused []string     // zones that BIND does not serve, for the fault that they show
	domains []lab.Domain // of the lab
	faults  *faults      // what its servers do wrong
	rows    []string     // domains of public bug reports
}

const (
	rootAddr  = "192.0.2.1"
	unbound   = "192.0.2.53"
	secondary = "203.0.113.26" // of stale-secondary.example
)

var (
	registries = []string{"192.0.2.2", "198.51.100.2"}
	mailHosts  = []string{"192.0.2.80", "198.51.100.80"} // mx1 and mx2 of the healthy parts
)

// TestInside builds the servers and diagnoses.
func TestInside(t *testing.T) {
	if os.Getenv(inside) == "" {
		t.Skip("TestPeers runs this in its namespace")
	}
	w := &world{t: t, dir: t.TempDir()}
	if err := os.Chmod(w.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var err error
	w.domains = w.known()
	every, rows := w.everyZone()
	w.rows = rows
	if w.lab, err = lab.Start(lab.Zones(every)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.lab.Close() })
	w.zones = w.lab.Master()
	w.faults = readFaults(w.zones)
	w.run("ip", "link", "set", "lo", "up")
	pool := w.startPostfix()
	w.startBIND()
	w.startNSD()
	w.startUnbound()
	w.net = &resolve.Net{Roots: []resolve.NameServer{{Name: "a.root.lab.",
		Glue: []netip.Addr{netip.MustParseAddr(rootAddr)}}}, Authorities: pool}
	t.Run("the lab's domains on BIND", w.sameCodes)
	t.Run("DNSSEC", w.dnssec)
	t.Run("through Unbound alone", w.throughUnbound)
	t.Run("NSD falls behind", w.stale)
	t.Run("Postfix", w.mail)
}

// diagnose runs all checks but those of the mail hosts, unless they are asked for.
func (w *world) diagnose(n *resolve.Net, domain string, o diag.Options) *diag.Report {
	ctx, cancel := context.WithTimeout(w.t.Context(), diag.DefaultTimeout)
	defer cancel()
	return diag.Run(ctx, n, checks.All(), diag.Target{Domain: domain, Unicode: domain}, o, nil)
}

func codes(r *diag.Report) []string {
	var out []string
	for _, f := range r.Findings() {
		if s := string(f.Code) + " " + f.Subject; !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out
}

// sameCodes holds every domain that BIND can serve against the lab: its answers make the same findings.
func (w *world) sameCodes(t *testing.T) {
	var names []string
	for _, d := range w.domains {
		names = append(names, d.Name)
	}
	compared, faulty := 0, 0
	for _, name := range append(names, w.rows...) {
		if slices.Contains(w.faults.cannot, name) || slices.Contains(w.refused, name) {
			continue
		}
		o := diag.Options{NoSMTP: true}
		ours, theirs := w.diagnose(w.lab.Net(), name, o), w.diagnose(w.net, name, o)
		compared++
		if slices.ContainsFunc(lab.Words(name), func(note string) bool {
			return strings.HasPrefix(note, "server ") || strings.HasPrefix(note, "at ") || strings.HasPrefix(note, "parent")
		}) {
			faulty++
		}
		if a, b := codes(ours), codes(theirs); !slices.Equal(a, b) || ours.Verdict() != theirs.Verdict() {
			t.Errorf("%s: %s on BIND, %s in the lab\nBIND %v\nlab  %v", name, theirs.Verdict(), ours.Verdict(), b, a)
		}
		for _, res := range theirs.Results {
			if res.Status == diag.Unknown && ours.Result(res.Check).Status != diag.Unknown {
				t.Errorf("%s: %s could not be told on BIND: %s", name, res.Check, res.Err)
			}
		}
	}
	t.Logf("%d domains compared, %d of them with faults of servers; not to be shown: %v", compared, faulty,
		w.faults.cannot)
	if compared < 150 || faulty < 20 {
		t.Errorf("only %d domains compared, %d with faults of servers", compared, faulty)
	}
}

// validator is Unbound as a resolver to compare with.
func validator() []diag.Recursive {
	return []diag.Recursive{{ID: "unbound", Region: "here", Address: netip.MustParseAddrPort(unbound + ":53")}}
}

// dnssec wants our own judgement of what BIND signed, and that Unbound agrees.
func (w *world) dnssec(t *testing.T) {
	for domain, want := range map[string]string{
		"signed.example": "", "dnssec-expired.example": "dnssec.signature-expired",
		"dnssec-expiring.example": "dnssec.signature-expiring",
		"dnssec-moved.example":    "dnssec.ds-without-key", "dnssec-new-key.example": "dnssec.ds-mismatch",
		"dnssec-bogus.example": "dnssec.bogus", "dnssec-one-behind.example": "dnssec.servers-differ",
		"healthy.example": "dnssec.unsigned",
	} {
		r := w.diagnose(w.net, domain, diag.Options{NoSMTP: true, Resolvers: validator(), Only: []string{"dnssec"}})
		res := r.Result("dnssec")
		var got []string
		for _, f := range res.Findings {
			got = append(got, string(f.Code))
		}
		if strings.Join(got, " ") != want || res.Status == diag.Unknown {
			t.Errorf("%s: %v %s %s, want %q", domain, got, res.Status, res.Err, want)
		}
		facts := res.Facts.(*authority.DNSSECFacts)
		broken := want != "" && want != "dnssec.unsigned" && want != "dnssec.signature-expiring"
		if domain == "healthy.example" || domain == "dnssec-one-behind.example" { // Unbound asks either server first
			continue
		}
		// Of dnssec-bogus one record is spoilt, which is not the one that resolvers are asked for.
		if refuses := len(facts.Resolvers) == 1 &&
			facts.Resolvers[0].Refuses; refuses != (broken && domain != "dnssec-bogus.example") {
			t.Errorf("%s: Unbound says %+v", domain, facts.Resolvers)
		} else if refuses && facts.Resolvers[0].EDE == "" {
			t.Errorf("%s: Unbound gave no extended error", domain)
		}
	}
}

// throughUnbound has nothing but the resolver.
func (w *world) throughUnbound(t *testing.T) {
	n := &resolve.Net{Resolvers: []netip.AddrPort{netip.MustParseAddrPort(unbound + ":53")}, ResolversOnly: true}
	for domain, want := range map[string]string{
		"healthy.example": "", "spf-none.example": "spf.none", "dmarc-twice.example": "dmarc.multiple",
		"not-registered.example": "delegation.nxdomain",
		"dnssec-new-key.example": "dnssec.ds-mismatch", "signed.example": "",
	} {
		r := w.diagnose(n, domain, diag.Options{NoSMTP: true})
		var got []string
		for _, f := range r.Findings() {
			if f.Severity > diag.Notice {
				got = append(got, string(f.Code))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %q", domain, got, want)
		}
	}
}

func (w *world) stale(t *testing.T) {
	r := w.diagnose(w.net, "stale-secondary.example", diag.Options{NoSMTP: true})
	for _, want := range []string{"delegation.answers-differ", "delegation.serial-mismatch"} {
		if !slices.ContainsFunc(r.Findings(), func(f diag.Finding) bool { return string(f.Code) == want }) {
			t.Errorf("found %v, want %s", codes(r), want)
		}
	}
}

// mail visits Postfix: its certificates fit what signed.example pins, and are for nobody else.
func (w *world) mail(t *testing.T) {
	r := w.diagnose(w.net, "signed.example", diag.Options{})
	if r.Verdict() != diag.OK || r.Result("smtp").Status != diag.Passed || r.Result("dane").Status != diag.Passed {
		t.Errorf("verdict %s, smtp %+v, dane %+v", r.Verdict(), r.Result("smtp"), r.Result("dane"))
	}
	for _, h := range r.Result("smtp").Facts.(*inbound.SMTPFacts).Hosts {
		if !strings.Contains(h.Banner, "ESMTP Postfix") || h.TLS != "TLS 1.3" {
			t.Errorf("%+v is not Postfix with TLS 1.3", h)
		}
	}
	for _, h := range r.Result("dane").Facts.(*inbound.DANEFacts).Hosts {
		if !h.Matches || h.State != "secure" {
			t.Errorf("%+v does not match", h)
		}
	}
	r = w.diagnose(w.net, "healthy.example", diag.Options{})
	if !slices.ContainsFunc(r.Findings(), func(f diag.Finding) bool { return f.Code == "smtp.cert-name" }) {
		t.Errorf("found %v, want smtp.cert-name", codes(r))
	}
}

// documentation reports an address of the lab (RFC 5737).
func documentation(text string) bool {
	for _, p := range []string{"192.0.2.", "198.51.100.", "203.0.113."} {
		if strings.HasPrefix(text, p) {
			return true
		}
	}
	return false
}
