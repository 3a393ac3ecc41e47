package commands_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"signpost/cases"
	"signpost/commands"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/checks"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/inbound"
	"signpost/diag/checks/outbound"
	"signpost/diag/lab"
	"signpost/internal/redistest"
	"signpost/kb"

	"golang.org/x/text/language"
)

var (
	// RecordLine is a record as it is shown to be published or removed.
	RecordLine = regexp.MustCompile(`(?m)^\S+  (TXT|MX|CNAME|A|AAAA|NS|TLSA|CAA|SRV|DS|SOA)  .*$`)
	// PolicyText is what begins like a record that decides about mail.
	PolicyText = regexp.MustCompile(`(?i)v=(spf1|dmarc1|dkim1|stsv1|tlsrptv1|bimi1)[;\s]+[-+~?a-z0-9]+[=:][^"\n…]*`)
)

// TestSameRecords: whatever names records for a domain of the lab names those that its report holds, and no others:
// /mailcheck in each language and its JSON all of them, a ticket, the way to support and a case none besides. What they
// quote stands in DNS.
func TestSameRecords(t *testing.T) {
	l, err := lab.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	base, err := kb.Load()
	if err != nil {
		t.Fatal(err)
	}
	runs := answers.NewRuns(time.Now, 0)
	var seen atomic.Int32
	t.Cleanup(func() {
		if !t.Failed() && seen.Load() < 50 {
			t.Errorf("only %d records were compared", seen.Load())
		}
	})
	for _, d := range l.Domains() {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			deps := answers.Deps{
				KB: base, Net: l.Net(), Runs: runs, Registry: l.Registry(), Now: time.Now,
				Book: cases.OpenBook(redistest.Embedded(t), time.Now),
				Checks: []*diag.Check{inbound.MX, outbound.SPF, outbound.DKIM, outbound.DMARC, inbound.TLSRPT, checks.Zone,
					authority.Delegation},
			}
			ask := func(command, text string, lang language.Tag) (last chat.Reply) {
				r := chat.Request{ID: command + text + lang.String(), Team: "T", User: "U", Channel: "C", Command: command,
					Text: text, Lang: lang}
				if err := commands.Handle(t.Context(), deps, r, func(r chat.Reply) { last = r }); err != nil {
					t.Fatal(err)
				}
				return last
			}
			first := ask("mailcheck", d.Name, language.English)
			report, ok := first.Data.(*diag.Report)
			if !ok {
				t.Fatalf("no report: %s", first.Title)
			}
			want, known := RecordsOf(t, report)
			seen.Add(int32(len(want)))
			for _, lang := range []language.Tag{language.English, language.Chinese} {
				if got := ShownRecords(ask("mailcheck", d.Name, lang)); !slices.Equal(got, want) {
					t.Errorf("%s: /mailcheck shows\n%s\nthe report holds\n%s", lang, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
				for command, text := range map[string]string{"mailticket": d.Name + " mail does not arrive",
					"mailhelp": d.Name + " mail does not arrive", "mailcase": "open " + d.Name + " mail does not arrive"} {
					answer := ask(command, text, lang)
					for _, line := range ShownRecords(answer) {
						if !slices.Contains(want, line) {
							t.Errorf("%s: /%s shows a record that the report does not hold: %s", lang, command, line)
						}
					}
					for _, quoted := range PolicyText.FindAllString(AllText(answer), -1) {
						if !strings.Contains(known, Loose(quoted)) {
							t.Errorf("%s: /%s quotes what stands nowhere: %s", lang, command, quoted)
						}
					}
				}
			}
		})
	}
}

// RecordsOf is the records of a report's JSON as they are shown, and all texts that stand in it.
func RecordsOf(t *testing.T, r *diag.Report) (lines []string, known string) {
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Checks []struct {
			Findings []struct {
				Records []struct{ Name, Type, Value string }
			}
		}
	}
	if err := json.Unmarshal(b, &read); err != nil {
		t.Fatal(err)
	}
	for _, c := range read.Checks {
		for _, f := range c.Findings {
			for _, rec := range f.Records {
				lines = append(lines, rec.Name+"  "+rec.Type+"  "+rec.Value)
			}
		}
	}
	slices.Sort(lines)
	var all strings.Builder
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			all.WriteString(Loose(v) + "\n")
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	var whole any
	if err := json.Unmarshal(b, &whole); err != nil {
		t.Fatal(err)
	}
	walk(whole)
	return slices.Compact(lines), all.String()
}

// Loose is a text without what a quotation may change: quotes, blanks, and an end that is cut off.
func Loose(s string) string {
	return strings.NewReplacer(`"`, "", " ", "", `\`, "").Replace(strings.TrimRight(strings.TrimSpace(s), "…."))
}

func AllText(r chat.Reply) string {
	b := fmt.Sprintf("%s\n", r.Title)
	sections := r.Sections
	if r.Detail != nil {
		sections = slices.Concat(sections, r.Detail.Sections)
	}
	for _, s := range sections {
		b += strings.Join(append([]string{s.Heading, s.Text, s.Code}, s.Items...), "\n") + "\n"
		for _, f := range s.Fields {
			b += f.Value + "\n"
		}
	}
	return b
}

// ShownRecords is the records that a Reply shows, in order.
func ShownRecords(r chat.Reply) []string {
	out := RecordLine.FindAllString(AllText(r), -1)
	slices.Sort(out)
	return slices.Compact(out)
}
