package kb

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"signpost/diag"
	"signpost/diag/checks"
	"signpost/diag/checks/inbound"
	"signpost/diag/checks/outbound"
	"signpost/diag/gate"
	"signpost/diag/lab"
	"signpost/diag/resolve"

	"golang.org/x/text/language"
	"golang.org/x/tools/txtar"
)

var updateRecords = flag.Bool("update-records", false, "write what is recommended into testdata/records")

// TestRecords recommends for each domain of testdata/records what stands there. A file holds "ask", the domain with the
// addresses that send for it; zones beside those of the lab; and "want", each finding with its records ("+" to publish,
// "-" to remove) and what is said of them ("!"), in English. What is recommended is published too, and diagnosed again.
func TestRecords(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	all, err := lab.NewMemory(labZones(t))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/records/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, zones, want, ask := recordsFile(t, name)
			m, err := all.With(zones)
			if err != nil {
				t.Fatal(err)
			}
			q := strings.Fields(ask)
			var sources []netip.Addr
			for _, ip := range q[1:] {
				sources = append(sources, netip.MustParseAddr(ip))
			}
			run := func(m *lab.Memory) *diag.Report { return offline(t, b, m, q[0], sources...) }
			before := run(m)
			for _, wrong := range unpromised(before) {
				t.Error(wrong)
			}
			got := ""
			for _, f := range before.Findings() {
				if f.Severity == diag.Info {
					continue
				}
				got += fmt.Sprintf("%s %s\n", f.Code, f.Subject)
				for _, r := range f.Records {
					sign := "+"
					if r.Remove {
						sign = "-"
					}
					got += fmt.Sprintf("  %s %s %s %s\n", sign, r.Name, r.Type, r.Value)
				}
				for _, n := range b.Advise(language.English, before, f).Notes {
					got += "  ! " + n + "\n"
				}
				if len(f.Records) == 0 {
					continue
				}
				now, err := m.Publish(published(f.Records))
				if err != nil {
					t.Fatal(err)
				}
				for _, wrong := range worse(before, run(now), f, f.Records) {
					t.Errorf("after %v was published for %s: %s", f.Records, f.Code, wrong)
				}
			}
			if got == want {
				return
			}
			if !*updateRecords {
				t.Errorf("got\n%swant\n%s", got, want)
				return
			}
			ar.Files = append(slices.DeleteFunc(ar.Files, func(f txtar.File) bool { return f.Name == "want" }),
				txtar.File{Name: "want", Data: []byte(got)})
			if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// recordsFile is a file's zones, what is recommended for them, and the domain that is asked about with its senders'
// addresses.
func recordsFile(t *testing.T, name string) (ar *txtar.Archive, zones map[string]string, want, ask string) {
	t.Helper()
	ar, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	zones = map[string]string{}
	for _, f := range ar.Files {
		switch f.Name {
		case "ask":
			ask = string(f.Data)
		case "want":
			want = string(f.Data)
		default:
			zones[f.Name] = string(f.Data)
		}
	}
	return ar, zones, want, ask
}

// offline diagnoses a domain of zones in memory, by the checks that records decide.
func offline(t *testing.T, b *Base, m *lab.Memory, domain string, sources ...netip.Addr) *diag.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), diag.DefaultTimeout)
	defer cancel()
	return offlineWith(ctx, m, domain,
		diag.Options{Providers: b.Fingerprints(), Issuers: b.Issuers(), SourceIPs: sources,
			Conclude: gate.Conclusion(b.Proposals)})
}

func offlineWith(ctx context.Context, m *lab.Memory, domain string, o diag.Options) *diag.Report {
	checks := []*diag.Check{inbound.MX, outbound.SPF, outbound.DKIM, outbound.DMARC, inbound.TLSRPT, checks.CAA}
	return diag.Run(ctx, &resolve.Net{Answers: m.Answers}, checks, diag.Target{Domain: domain, Unicode: domain}, o, nil)
}
