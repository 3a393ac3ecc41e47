//go:build linux

package interop

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"signpost/diag"
	"signpost/diag/checks"
	"signpost/diag/lab"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// inside marks the process that runs in the namespace.
const inside = "SIGNPOST_TEST_NAMESPACE"

var programs = []string{"named", "named-checkconf", "dnssec-keygen", "dnssec-signzone", "unbound", "nsd", "postfix", "ip"}

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
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
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

	refused []string // zones that BIND does not serve, for the fault that they show
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
	if w.lab, err = lab.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.lab.Close() })
	w.zones = w.lab.Master()
	w.run("ip", "link", "set", "lo", "up")
	pool := w.startPostfix()
	w.startBIND()
	w.startNSD()
	w.startUnbound()
	w.net = &resolve.Net{Roots: []resolve.NameServer{{Name: "a.root.lab.", Glue: []netip.Addr{netip.MustParseAddr(rootAddr)}}}, Authorities: pool}
	t.Run("the lab's domains on BIND", w.sameCodes)
	t.Run("DNSSEC", w.dnssec)
	t.Run("through Unbound alone", w.throughUnbound)
	t.Run("NSD falls behind", w.stale)
	t.Run("Postfix", w.mail)
}

func (w *world) run(name string, args ...string) string {
	w.t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		w.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func (w *world) write(name, text string) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// start runs a server until the test ends, and waits until it answers at addr.
func (w *world) start(addr string, name string, args ...string) {
	w.t.Helper()
	log, err := os.Create(filepath.Join(w.dir, name+".log"))
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = log, log, w.dir
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_, _ = cmd.Process.Wait()
		_ = log.Close()
	})
	w.await(addr, name)
}

func (w *world) await(addr, name string) {
	w.t.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-again.C {
		if conn, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			_ = conn.Close()
			return
		}
	}
	said, _ := os.ReadFile(filepath.Join(w.dir, name+".log"))
	w.t.Fatalf("%s does not answer at %s:\n%s", name, addr, said)
}

// signed is the domains that BIND signs, and what becomes of them.
var signed = map[string]string{
	"signed.example.": "", "dnssec-expired.example.": "expired", "dnssec-expiring.example.": "expiring", "dnssec-moved.example.": "unsigned with a DS",
	"dnssec-new-key.example.": "another key", "dnssec-bogus.example.": "spoilt",
}

// startBIND serves every zone of the lab: the root, the registries and the domains in views of their own, as on three machines.
func (w *world) startBIND() {
	t := w.t
	var domains []string
	addrs := map[string]bool{rootAddr: true}
	for origin, text := range w.zones {
		if labels := dns.CountLabel(origin); labels > 1 && origin != "co.uk." && origin != "in-addr.arpa." {
			domains = append(domains, origin)
		}
		for line := range strings.Lines(text) {
			if f := strings.Fields(line); len(f) == 5 && f[3] == "A" && documentation(f[4]) {
				addrs[f[4]] = true
			}
		}
	}
	for a := range addrs {
		w.run("ip", "addr", "replace", a+"/32", "dev", "lo")
	}
	slices.Sort(domains)
	files := map[string]string{}
	for _, d := range domains {
		files[d] = w.write("zones/"+strings.TrimSuffix(d, "."), w.zones[d])
		if how, ok := signed[d]; ok {
			files[d] = w.sign(d, files[d], how)
		}
	}
	for _, origin := range []string{"example.", "."} { // the DS records of what lies below go in as it is signed
		path := w.write("zones/"+strings.ReplaceAll(origin, ".", "_"), w.zones[origin])
		files[origin] = w.sign(origin, path, "")
	}
	var b strings.Builder
	fmt.Fprintf(&b, `options { directory %q; pid-file none; session-keyfile none; recursion no; dnssec-validation no; minimal-responses no;
 check-integrity no; check-names primary ignore; check-mx ignore; check-mx-cname ignore; check-srv-cname ignore; check-spf ignore; check-sibling no;
 listen-on-v6 { none; }; listen-on { !%s; !%s; any; }; notify no; allow-transfer { none; }; };
controls { };
`, w.dir, unbound, secondary)
	view := func(name string, at []string, origins []string) {
		fmt.Fprintf(&b, "view %s { match-destinations { %s; };\n", name, strings.Join(at, "; "))
		for _, o := range origins {
			file := files[o]
			if file == "" {
				file = w.write("zones/"+strings.ReplaceAll(o, ".", "_"), w.zones[o])
			}
			fmt.Fprintf(&b, " zone %q { type primary; file %q; };\n", o, file)
		}
		b.WriteString("};\n")
	}
	var tlds []string
	for origin := range w.zones {
		if origin != "." && !slices.Contains(domains, origin) {
			tlds = append(tlds, origin)
		}
	}
	view("root", []string{rootAddr}, []string{"."})
	view("registries", registries, tlds)
	view("domains", []string{"any"}, domains)
	conf := w.write("named.conf", b.String())
	out, _ := exec.Command("named-checkconf", "-z", conf).CombinedOutput() // fails where a zone has a fault that BIND refuses
	for line := range strings.Lines(string(out)) {
		if name, ok := strings.CutSuffix(strings.TrimSpace(line), "/IN: not loaded due to errors."); ok {
			w.refused = append(w.refused, strings.TrimPrefix(name, "zone "))
		} else if !strings.Contains(line, "zone") && !strings.Contains(line, "CNAME and other data") {
			t.Fatalf("named-checkconf: %s", out)
		}
	}
	if len(w.refused) > 5 {
		t.Fatalf("BIND refuses %v\n%s", w.refused, out)
	}
	w.start(rootAddr+":53", "named", "-g", "-c", conf)
}

// sign signs a zone file with a key of its own, and then breaks it as it is told.
func (w *world) sign(origin, file, how string) string {
	dir := filepath.Dir(file)
	generate := func() { w.run("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", "-K", dir, origin) }
	generate()
	args := []string{"-q", "-P", "-S", "-z", "-K", dir, "-d", dir, "-g", "-o", origin, "-N", "keep", "-f", file + ".signed"}
	switch how {
	case "expired":
		args = append(args, "-s", "now-30d", "-e", "now-5d") // Unbound forgives a day
	case "expiring":
		args = append(args, "-s", "now-10d", "-e", "now+2d")
	}
	w.run("dnssec-signzone", append(args, file)...)
	switch how {
	case "unsigned with a DS":
		return file
	case "another key":
		old, err := filepath.Glob(filepath.Join(dir, "K"+origin+"*"))
		if err != nil || len(old) == 0 {
			w.t.Fatalf("keys of %s: %v", origin, err)
		}
		for _, k := range old {
			if err := os.Remove(k); err != nil {
				w.t.Fatal(err)
			}
		}
		kept, err := os.ReadFile(filepath.Join(dir, "dsset-"+origin))
		if err != nil {
			w.t.Fatal(err)
		}
		generate()
		w.run("dnssec-signzone", append(args, file)...)
		if err := os.WriteFile(filepath.Join(dir, "dsset-"+origin), kept, 0o644); err != nil {
			w.t.Fatal(err)
		}
	case "spoilt": // a record changes behind its signature
		text, err := os.ReadFile(file + ".signed")
		if err != nil {
			w.t.Fatal(err)
		}
		changed := bytes.ReplaceAll(text, []byte("v=spf1 mx -all"), []byte("v=spf1 a  -all"))
		if bytes.Equal(text, changed) {
			w.t.Fatal("nothing to spoil")
		}
		if err := os.WriteFile(file+".signed", changed, 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	return file + ".signed"
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

// sameCodes holds every domain whose fault is in its records against the lab: BIND's answers make the same findings.
func (w *world) sameCodes(t *testing.T) {
	compared := 0
	for _, d := range w.lab.Domains() {
		if len(lab.Words(d.Name)) > 0 || slices.Contains(w.refused, d.Name) {
			continue
		}
		o := diag.Options{NoSMTP: true}
		ours, theirs := w.diagnose(w.lab.Net(), d.Name, o), w.diagnose(w.net, d.Name, o)
		compared++
		if a, b := codes(ours), codes(theirs); !slices.Equal(a, b) || ours.Verdict() != theirs.Verdict() {
			t.Errorf("%s: %s on BIND, %s in the lab\nBIND %v\nlab  %v", d.Name, theirs.Verdict(), ours.Verdict(), b, a)
		}
		for _, res := range theirs.Results {
			if res.Status == diag.Unknown && ours.Result(res.Check).Status != diag.Unknown {
				t.Errorf("%s: %s could not be told on BIND: %s", d.Name, res.Check, res.Err)
			}
		}
	}
	if compared < 40 {
		t.Errorf("only %d domains compared", compared)
	}
}

// validator is Unbound as a resolver to compare with.
func validator() []diag.Recursive {
	return []diag.Recursive{{ID: "unbound", Region: "here", Address: netip.MustParseAddrPort(unbound + ":53")}}
}

// dnssec wants our own judgement of what BIND signed, and that Unbound agrees.
func (w *world) dnssec(t *testing.T) {
	for domain, want := range map[string]string{
		"signed.example": "", "dnssec-expired.example": "dnssec.signature-expired", "dnssec-expiring.example": "dnssec.signature-expiring",
		"dnssec-moved.example": "dnssec.ds-without-key", "dnssec-new-key.example": "dnssec.ds-mismatch", "dnssec-bogus.example": "dnssec.bogus",
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
		facts := res.Facts.(*checks.DNSSECFacts)
		broken := want != "" && want != "dnssec.unsigned" && want != "dnssec.signature-expiring"
		if domain == "healthy.example" {
			continue
		}
		// Of dnssec-bogus one record is spoilt, which is not the one that resolvers are asked for.
		if refuses := len(facts.Resolvers) == 1 && facts.Resolvers[0].Refuses; refuses != (broken && domain != "dnssec-bogus.example") {
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
		"healthy.example": "", "spf-none.example": "spf.none", "dmarc-twice.example": "dmarc.multiple", "not-registered.example": "delegation.nxdomain",
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

// startNSD serves an old copy of one zone.
func (w *world) startNSD() {
	old := strings.ReplaceAll(w.zones["stale-secondary.example."], "2026010101", "2025010101")
	old = strings.ReplaceAll(old, "10 mx1.stale-secondary.example.", "10 oldmx.stale-secondary.example.")
	zone := w.write("nsd/zone", old)
	conf := w.write("nsd/nsd.conf", fmt.Sprintf(`server:
  ip-address: %s
  port: 53
  username: ""
  chroot: ""
  zonesdir: %q
  pidfile: ""
  database: ""
  xfrdfile: %q
  zonelistfile: %q
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: stale-secondary.example
  zonefile: %q
`, secondary, w.dir, filepath.Join(w.dir, "nsd/xfrd"), filepath.Join(w.dir, "nsd/zone.list"), zone))
	w.start(secondary+":53", "nsd", "-d", "-c", conf)
}

func (w *world) stale(t *testing.T) {
	r := w.diagnose(w.net, "stale-secondary.example", diag.Options{NoSMTP: true})
	for _, want := range []string{"delegation.answers-differ", "delegation.serial-mismatch"} {
		if !slices.ContainsFunc(r.Findings(), func(f diag.Finding) bool { return string(f.Code) == want }) {
			t.Errorf("found %v, want %s", codes(r), want)
		}
	}
}

// startUnbound validates from the root's own key.
func (w *world) startUnbound() {
	keys, err := filepath.Glob(filepath.Join(w.dir, "zones", "K.+*.key"))
	if err != nil || len(keys) != 1 {
		w.t.Fatalf("the root's key: %v %v", keys, err)
	}
	hints := w.write("unbound/hints", ". 3600 NS a.root.lab.\na.root.lab. 3600 A "+rootAddr+"\n")
	conf := w.write("unbound/unbound.conf", fmt.Sprintf(`server:
  interface: %s
  directory: %q
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  do-ip6: no
  do-not-query-localhost: no
  access-control: 0.0.0.0/0 allow
  root-hints: %q
  trust-anchor-file: %q
  ede: yes
  val-log-level: 2
  local-zone: "test." nodefault
  local-zone: "invalid." nodefault
  local-zone: "2.0.192.in-addr.arpa." nodefault
  local-zone: "100.51.198.in-addr.arpa." nodefault
  local-zone: "113.0.203.in-addr.arpa." nodefault
  qname-minimisation: yes
remote-control:
  control-enable: no
`, unbound, w.dir, hints, keys[0]))
	w.run("ip", "addr", "replace", unbound+"/32", "dev", "lo")
	w.start(unbound+":53", "unbound", "-d", "-c", conf)
}

// startPostfix is a mail host at each of the two addresses, with the certificates that the TLSA records of signed.example are for.
func (w *world) startPostfix() *x509.CertPool {
	t := w.t
	services := ""
	for i, addr := range mailHosts {
		host := fmt.Sprintf("mx%d.signed.example", i+1)
		cert, err := w.lab.Certificate(host)
		if err != nil {
			t.Fatal(err)
		}
		key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
		for _, der := range cert.Certificate {
			text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
		}
		file := w.write("postfix/"+host+".pem", string(text))
		services += fmt.Sprintf("%s:25 inet n - n - - smtpd -o smtpd_tls_chain_files=%s -o myhostname=%s\n", addr, file, host)
	}
	for _, d := range []string{"postfix/queue", "postfix/data"} {
		if err := os.MkdirAll(filepath.Join(w.dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.run("chown", "postfix", filepath.Join(w.dir, "postfix/data"))
	w.write("postfix/main.cf", fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/postfix/queue
data_directory = %[1]s/postfix/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = %[1]s/postfix.log
maillog_file_prefixes = %[1]s
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = all
inet_protocols = ipv4
mydestination =
local_recipient_maps =
smtpd_tls_security_level = may
smtpd_tls_protocols = >=TLSv1.2
smtpd_client_restrictions =
smtpd_peername_lookup = no
alias_maps =
`, w.dir))
	w.write("postfix/master.cf", services+`postlog unix-dgram n - n - 1 postlogd
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
cleanup unix n - n - 0 cleanup
`)
	for dir := w.dir; dir != "/" && dir != os.TempDir(); dir = filepath.Dir(dir) { // Postfix's own user walks in
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, addr := range mailHosts {
		w.run("ip", "addr", "add", addr+"/32", "dev", "lo")
	}
	conf := filepath.Join(w.dir, "postfix")
	w.run("postfix", "-c", conf, "start")
	t.Cleanup(func() { _ = exec.Command("postfix", "-c", conf, "stop").Run() })
	for _, addr := range mailHosts {
		w.await(addr+":25", "postfix")
	}
	pool, err := w.lab.CertPool()
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

// mail visits Postfix: its certificates fit what signed.example pins, and are for nobody else.
func (w *world) mail(t *testing.T) {
	r := w.diagnose(w.net, "signed.example", diag.Options{})
	if r.Verdict() != diag.OK || r.Result("smtp").Status != diag.Passed || r.Result("dane").Status != diag.Passed {
		t.Errorf("verdict %s, smtp %+v, dane %+v", r.Verdict(), r.Result("smtp"), r.Result("dane"))
	}
	for _, h := range r.Result("smtp").Facts.(*checks.SMTPFacts).Hosts {
		if !strings.Contains(h.Banner, "ESMTP Postfix") || h.TLS != "TLS 1.3" {
			t.Errorf("%+v is not Postfix with TLS 1.3", h)
		}
	}
	for _, h := range r.Result("dane").Facts.(*checks.DANEFacts).Hosts {
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
