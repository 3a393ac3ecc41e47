package commands

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
	"signpost/diag/cause"
	"signpost/diag/checks/inbound"
	"signpost/diag/checks/outbound"
	"signpost/diag/lab"
	"signpost/diag/resolve"
	"signpost/kb"

	"golang.org/x/text/language"
)

// loadKB is the knowledge base, read once for all tests: none of them changes it.
var loadKB = sync.OnceValues(kb.Load)

func deps(t *testing.T) answers.Deps {
	t.Helper()
	l, err := lab.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	base, err := loadKB()
	if err != nil {
		t.Fatal(err)
	}
	d := answers.Deps{KB: base, Net: l.Net(), Now: time.Now}
	for _, x := range l.Domains() {
		d.Demo = append(d.Demo, answers.DemoDomain{Domain: x.Name, Fault: x.Fault})
	}
	return d
}

// ask gives the final reply and how many came before it.
func ask(t *testing.T, d answers.Deps, command, text string, lang language.Tag) (chat.Reply, int) {
	t.Helper()
	var last chat.Reply
	finals, before := 0, 0
	err := Handle(context.Background(), d, chat.Request{ID: "1", Command: command, Text: text, Lang: lang},
		func(r chat.Reply) {
			if r.Final {
				finals++
				last = r
			} else {
				before++
			}
		})
	if err != nil || finals != 1 {
		t.Fatalf("%s %s: %d final replies, %v", command, text, finals, err)
	}
	return last, before
}

// beside does something for each of a list, several at once: most of it waits for answers.
func beside[T any](list []T, do func(int, T)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, 6)
	for i, x := range list {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			do(i, x)
		})
	}
	wg.Wait()
}

// words is all the text of a reply.
func words(r chat.Reply) string {
	var b strings.Builder
	b.WriteString(r.Title + "\n")
	for _, s := range r.Sections {
		b.WriteString(s.Heading + "\n" + s.Text + "\n" + strings.Join(s.Items, "\n") + "\n" + s.Code + "\n")
		for _, f := range s.Fields {
			b.WriteString(f.Label + ": " + f.Plain() + "\n")
		}
		for _, e := range s.Entries {
			b.WriteString(chat.Stamp(e.At) + " " + e.Text + " " + e.By + "\n")
		}
	}
	return b.String()
}

func TestValidate(t *testing.T) {
	if err := Validate(); err != nil {
		t.Error(err)
	}
}

func TestMailcheck(t *testing.T) {
	d := deps(t)
	for _, c := range []struct {
		text string
		lang language.Tag
		tone chat.Tone
		want []string
		not  []string
	}{
		{"healthy.example", language.English, chat.Good,
			[]string{"mail is set up well", "In order: delegation, MX, SPF, DKIM, DMARC"}, []string{"Error"}},
		{"<mailto:a@healthy.example|a@healthy.example>", language.English, chat.Good, []string{"mail is set up well"}, nil},
		{"healthy.example lang=zh", language.English, chat.Good, []string{"邮件配置正常", "正常："}, []string{"In order"}},
		{"spf-no-provider.example", language.English, chat.Bad,
			[]string{"Alibaba Mail", "v=spf1 ip4:192.0.2.80 include:spf.qiye.aliyun.com -all", "whoever runs the DNS zone"},
			nil},
		{"missing-dot.example", language.Chinese, chat.Bad, []string{"末尾缺少一个点", "5 mx1.qiye.aliyun.com.", "发布", "删除"}, nil},
		{"txt-servfail.example", language.English, chat.Unsure,
			[]string{"Could not be checked", "SERVFAIL", "does not mean that anything is missing"}, []string{"no SPF record"}},
		{"not-registered.example", language.English, chat.Bad,
			[]string{"does not exist in DNS", "the domain registrar", "Not looked at"}, []string{"no SPF record"}},
		{"dead-delegation.example", language.English, chat.Bad, []string{"No name server", "Not looked at"},
			[]string{"no DMARC record"}},
		{"healthy.example evidence", language.English, chat.Good, nil, nil},
		{"", language.English, chat.Caution, []string{"Which domain?", "/mailcheck example.com"}, nil},
		{"foo", language.Chinese, chat.Caution, []string{"只有一个词", "/mailcheck example.com"}, nil},
		{"192.0.2.1", language.English, chat.Caution, []string{"IP address"}, nil},
		{"a b c", language.English, chat.Caution, []string{"/mailcheck example.com"}, nil},
		{"healthy.example ip=nonsense", language.English, chat.Caution, []string{"ip=203.0.113.7"}, nil},
		{"healthy.example ip=203.0.113.7", language.English, chat.Bad,
			[]string{"SPF does not cover 203.0.113.7", "ip4:203.0.113.7 -all"}, nil},
		{"spf-typo.example why spf", language.English, chat.Bad,
			[]string{"SPF record has a mistake", "record: v=spf1 inlude:", "spf-typo.example. TXT"}, []string{"DMARC"}},
		{"healthy.example why mx", language.Chinese, chat.Good, []string{"mx1.healthy.example", "MX"}, nil},
		{"healthy.example why mx", language.English, chat.Good, []string{"healthy.example: in order: MX."},
			[]string{"mail is set up well"}},
		{"dane-old-key.example why dane", language.English, chat.Bad, []string{"fits none of its TLSA records"},
			[]string{"set up well"}},
		{"bimi-weak.example why bimi", language.English, chat.Caution, []string{"DMARC is too weak"},
			[]string{"set up well", "mail works"}},
		{"txt-servfail.example why spf", language.English, chat.Unsure, []string{"could not be checked: SPF", "SERVFAIL"},
			[]string{"reaches this place", "set up well"}},
		{"txt-servfail.example why spf", language.Chinese, chat.Unsure, []string{"无法检查：SPF"}, []string{"本机", "正常"}},
		{"not-registered.example why spf", language.English, chat.Bad, []string{"does not exist in DNS"},
			[]string{"no SPF record"}},
		{"spf-no-provider.example why spf", language.English, chat.Bad,
			[]string{"v=spf1 ip4:192.0.2.80 include:spf.qiye.aliyun.com -all"}, []string{"In order"}},
		{"healthy.example why nonsense", language.English, chat.Caution, []string{"There is no check nonsense", "delegation"},
			nil},
		{"healthy.example since=2026-01-02T03:04Z was=spf.none,dmarc.none", language.English, chat.Good,
			[]string{"Since the check of 2026-01-02T03:04Z", "Fixed: spf.none, dmarc.none"}, []string{"New:"}},
		{"spf-none.example since=2026-01-02T03:04Z was=spf.none", language.English, chat.Bad, []string{"Nothing has changed"},
			[]string{"Fixed:"}},
		{"spf-none.example since=2026-01-02T03:04Z was=", language.Chinese, chat.Bad, []string{"新出现：", "SPF"}, nil},
		{"txt-servfail.example since=2026-01-02T03:04Z was=spf.none", language.English, chat.Unsure,
			[]string{"could not be checked now: spf.none"}, []string{"Fixed:"}},
		{"healthy.example selector=nope", language.English, chat.Bad, []string{"nope._domainkey.healthy.example"}, nil},
	} {
		r, progress := ask(t, d, "mailcheck", c.text, c.lang)
		got := words(r)
		if r.Tone != c.tone {
			t.Errorf("%s: tone %d, want %d\n%s", c.text, r.Tone, c.tone, got)
		}
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %q is missing in\n%s", c.text, w, got)
			}
		}
		for _, w := range append(c.not, "<no value>", "%!") {
			if strings.Contains(got, w) {
				t.Errorf("%s: %q stands in\n%s", c.text, w, got)
			}
		}
		if r.Data != nil && progress < 5 && !strings.Contains(c.text, " why ") {
			t.Errorf("%s: %d progress replies", c.text, progress)
		}
	}
}

// TestEveryDomainInBothLanguages looks at each answer of the demo: nothing is left unfilled, and Chinese is Chinese.
func TestEveryDomainInBothLanguages(t *testing.T) {
	d := deps(t)
	beside(d.Demo, func(_ int, x answers.DemoDomain) {
		if strings.Contains(x.Fault, "no answer comes") || strings.Contains(x.Fault, "does not answer") {
			return // they take their time; their words are those of the others
		}
		for _, lang := range []language.Tag{language.English, language.SimplifiedChinese} {
			r, _ := ask(t, d, "mailcheck", x.Domain, lang)
			got := words(r)
			for _, bad := range []string{"<no value>", "[]", "map[", "%!", "()", "（）", ": .", "：。", ".title", ".why", ".fix"} {
				if strings.Contains(got, bad) {
					t.Errorf("%s in %s: %q in\n%s", x.Domain, lang, bad, got)
				}
			}
			for _, a := range r.Actions {
				if len([]rune(a.Label)) > 30 {
					t.Errorf("label %q is too long", a.Label)
				}
			}
		}
	})
}

func TestHandle(t *testing.T) {
	d := deps(t)
	for _, c := range []struct{ command, text, want string }{
		{"mailchek", "x", "/mailcheck"}, {"", "", "/mailcheck"}, {"mailhelp", "", "/mailcheck DOMAIN"},
		{"/MAILCHECK", "help", "Diagnose a mail domain"}, {"mailhelp", "help", "What you can ask"},
		{"mailset", "help", "/mailset [language="}, {"demo", "", "healthy.example"},
		{strings.Repeat("x", 5000), strings.Repeat("y ", 5000), "/mailcheck"},
	} {
		if r, _ := ask(t, d, c.command, c.text, language.English); !strings.Contains(words(r), c.want) ||
			r.Audience != chat.Asker {
			t.Errorf("%.20s %.20s: %s", c.command, c.text, words(r))
		}
	}
	d.Demo = nil
	if r, _ := ask(t, d, "demo", "", language.English); !strings.Contains(r.Title, "console --demo") {
		t.Errorf("outside of the demo: %s", r.Title)
	}
	d.KB = nil // a defect: the answer has a reference all the same
	if r, _ := ask(t, d, "mailcheck", "healthy.example", language.English); !strings.Contains(r.Title, "reference") {
		t.Errorf("a panic: %s", r.Title)
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("example.com ip=192.0.2.1 selector=x lang=zh")
	f.Fuzz(func(t *testing.T, text string) {
		intent.FromWords(text, true)
		rest, lang := chat.ChooseLanguage(text, language.English)
		if q, wrong := intent.ReadQuestion(rest, lang); wrong == "" && q.Target.Domain == "" {
			t.Errorf("%q gave no domain and no word of what is wrong", text)
		}
	})
}

// TestCataloguesAreYAMLOfTheirOwn keeps the folder of sentences to catalogues: a stray file would be a language that
// nobody sees.
func TestCataloguesAreYAMLOfTheirOwn(t *testing.T) {
	names, err := filepath.Glob("chat/locales/*")
	if err != nil || len(names) < 2 {
		t.Fatalf("%v, %v", names, err)
	}
	for _, n := range names {
		if b, err := os.ReadFile(n); err != nil || !strings.HasPrefix(filepath.Base(n), "active.") || len(b) == 0 {
			t.Errorf("%s: %v", n, err)
		}
	}
}

// TestCheckAgain mends one of two keys with the same fault: "check again" tells that one is fixed.
func TestCheckAgain(t *testing.T) {
	weak := func(selector string) diag.Finding {
		return diag.Finding{Code: outbound.DKIMWeakKey.Code, Severity: diag.Warning, Subject: "shop.test",
			Args: map[string]any{"selector": selector, "bits": 1024}}
	}
	report := func(findings ...diag.Finding) *diag.Report {
		return &diag.Report{Domain: "shop.test",
			Results: []diag.Result{{Check: "dkim", Status: diag.Found, Findings: findings}}}
	}
	q, problem := intent.ReadQuestion(answers.Again(report(weak("s1"), weak("s2"))), language.English)
	if problem != "" {
		t.Fatal(problem)
	}
	d := diag.Compare(diag.Outcome{Found: q.Was}, report(weak("s2")).Outcome())
	if len(d.Fixed) != 1 || len(d.Same) != 1 || len(d.New) != 0 {
		t.Errorf("%+v", d)
	}
}

// TestCauses puts into words, in each language, why something could not be checked: no reader meets the program's own
// errors.
func TestCauses(t *testing.T) {
	for _, code := range cause.Codes() {
		res := diag.Result{Err: "diag: x",
			Cause: &cause.Cause{Code: code,
				Args: map[string]any{"question": "x.test. MX", "ip": "192.0.2.1", "because": "timeout"}}}
		en, zh := answers.Why(language.English, res), answers.Why(language.SimplifiedChinese, res)
		if en == "" || en == zh || strings.Contains(en+zh, "diag:") || strings.Contains(en+zh, "<no value>") {
			t.Errorf("%s: %q, %q", code, en, zh)
		}
	}
	if got := answers.Why(language.English, diag.Result{Err: "diag: kept before there were causes"}); got == "" ||
		strings.Contains(got, "diag:") {
		t.Error(got)
	}
	for err, want := range map[error]string{
		inbound.ErrPort25: "25 端口", outbound.ErrNoReverse: "反向解析树",
		&resolve.Failure{Question: resolve.Question{Name: "x.test.", Type: 16},
			Err: fmt.Errorf("reworded: %w", resolve.ErrServFail)}: "x.test. TXT",
	} {
		found := cause.Of(err)
		if got := answers.Why(language.SimplifiedChinese, diag.Result{Cause: &found}); !strings.Contains(got, want) {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
}

// TestValidateCommands: a command that lacks what the table promises is told at start.
func TestValidateCommands(t *testing.T) {
	faulty := &Command{Name: "mailfrob", Summary: "summary.mailfrob"}
	err := validateCommands(append(Table(), faulty))
	for _, want := range []string{"summary.mailfrob", "usage.mailfrob", "example.mailfrob", "lacks a handler"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
