//go:build linux

package interop

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

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
	"signed.example.": "", "dnssec-expired.example.": "expired", "dnssec-expiring.example.": "expiring",
	"dnssec-moved.example.":   "unsigned with a DS",
	"dnssec-new-key.example.": "another key", "dnssec-bogus.example.": "spoilt",
	"dnssec-one-behind.example.": "behind at 203.0.113.112",
}

// startBIND serves every zone of the lab: the root, the registries and the domains in views of their own, as on three
// machines.
func (w *world) startBIND() {
	var domains []string
	texts := slices.Collect(maps.Values(w.zones))
	for origin := range w.zones {
		if labels := dns.CountLabel(origin); labels > 1 && origin != "co.uk." && origin != "in-addr.arpa." {
			domains = append(domains, origin)
		}
	}
	for _, copies := range w.faults.copies {
		texts = slices.AppendSeq(texts, maps.Values(copies))
	}
	w.addresses(texts)
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
	notHere, atWire := "", ""
	for _, a := range slices.Sorted(maps.Keys(w.faults.lost)) {
		notHere += "!" + a + "; "
		atWire += " listen-on port " + wirePort + " { " + a + "; };"
	}
	fmt.Fprintf(&b, `options { directory %q; pid-file none; session-keyfile none; recursion no; dnssec-validation no; minimal-responses no;
 check-integrity no; check-names primary ignore; check-mx ignore; check-mx-cname ignore; check-srv-cname ignore; check-spf ignore; check-sibling no;
 listen-on-v6 { none; }; listen-on { !%s; !%s; %s any; }; notify no; allow-transfer { none; };%s };
controls { };
`, w.dir, unbound, secondary, notHere, atWire)
	view := func(name string, at []string, origins []string) {
		fmt.Fprintf(&b, "view %s { match-destinations { %s; };\n", name, strings.Join(at, "; "))
		for _, o := range origins {
			file := files[o]
			if file == "" {
				file = w.write("zones/"+strings.ReplaceAll(o, ".", "_"), w.zones[o])
			}
			w.zone(&b, at[0], o, file)
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
	for i, a := range w.faults.addresses() {
		view(fmt.Sprintf("fault%d", i), []string{a}, domains)
	}
	view("domains", []string{"any"}, domains)
	conf := w.write("named.conf", b.String())
	w.checkConf(conf)
	w.start(rootAddr+":53", "named", "-g", "-c", conf)
	w.awaitZones()
	for a, lost := range w.faults.lost {
		w.await(a+":"+wirePort, "named")
		w.relay(a, lost)
	}
}

// addresses gives the namespace those of all hosts in the zones.
func (w *world) addresses(texts []string) {
	addrs := map[string]bool{rootAddr: true}
	for _, text := range texts {
		for line := range strings.Lines(text) {
			if f := strings.Fields(line); len(f) == 5 && f[3] == "A" && documentation(f[4]) {
				addrs[f[4]] = true
			}
		}
	}
	for a := range addrs {
		w.run("ip", "addr", "replace", a+"/32", "dev", "lo")
	}
}

// checkConf notes the zones that BIND refuses for their fault.
func (w *world) checkConf(conf string) {
	// Fails where a zone has a fault that BIND refuses.
	out, _ := exec.Command("named-checkconf", "-z", conf).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if name, ok := strings.CutSuffix(strings.TrimSpace(line), "/IN: not loaded due to errors."); ok {
			if name = strings.TrimPrefix(name, "zone "); !w.faults.breaks(name) && !slices.Contains(w.refused, name) {
				w.refused = append(w.refused, name)
			}
		} else if !strings.Contains(line, "zone") && !strings.Contains(line, "CNAME and other data") &&
			!strings.Contains(line, "file not found") {
			w.t.Fatalf("named-checkconf: %s", out)
		}
	}
	if len(w.refused) > 5 {
		w.t.Fatalf("BIND refuses %v\n%s", w.refused, out)
	}
}

// awaitZones waits until BIND has loaded what it serves.
func (w *world) awaitZones() {
	loaded := new(dns.Msg).SetQuestion(".", dns.TypeSOA)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) { //nolint:forbidigo // a server starts
		a, err := dns.Exchange(loaded, rootAddr+":53")
		if err == nil && a.Rcode == dns.RcodeSuccess {
			break
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("BIND does not load its zones: %v %v", a, err)
		}
	}
}

// zone writes one zone of a server into BIND's settings, as the server has it.
func (w *world) zone(to *strings.Builder, addr, origin, file string) {
	if slices.Contains(w.faults.lame[addr], origin) {
		return
	}
	if slices.Contains(w.faults.broken[addr], origin) {
		file += ".gone"
	}
	if text := w.faults.copies[addr][origin]; text != "" {
		file = w.write("zones/at/"+addr+"/"+strings.TrimSuffix(origin, "."), text)
	}
	transfer := ""
	if slices.Contains(w.faults.open[addr], origin) {
		transfer = " allow-transfer { any; };"
	}
	fmt.Fprintf(to, " zone %q { type primary; file %q;%s };\n", origin, file, transfer)
}

// sign signs a zone file with a key of its own, and then breaks it as it is told.
func (w *world) sign(origin, file, how string) string {
	dir := filepath.Dir(file)
	generate := func() { w.run("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", "-K", dir, origin) }
	generate()
	args := []string{"-q", "-P", "-S", "-z", "-K", dir, "-d", dir, "-g", "-o", origin, "-N", "keep", "-f",
		file + ".signed"}
	switch how {
	case "expired":
		args = append(args, "-s", "now-30d", "-e", "now-5d") // Unbound forgives a day
	case "expiring":
		args = append(args, "-s", "now-10d", "-e", "now+2d")
	}
	w.run("dnssec-signzone", append(args, file)...)
	if addr, ok := strings.CutPrefix(how, "behind at "); ok { // one server has what was signed a month ago
		now := file + ".signed"
		args[slices.Index(args, now)] = file + ".behind"
		w.run("dnssec-signzone", append(args, "-s", "now-30d", "-e", "now-5d", file)...)
		text, err := os.ReadFile(file + ".behind")
		if err != nil {
			w.t.Fatal(err)
		}
		w.faults.copy(addr, origin, string(text))
	}
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
%s`, unbound, w.dir, hints, keys[0], w.faults.stubs()))
	w.run("ip", "addr", "replace", unbound+"/32", "dev", "lo")
	w.start(unbound+":53", "unbound", "-d", "-c", conf)
}
