package kb

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/language"
)

// TestSearch finds the guide that answers a question, in either language, and knows what it does not know.
func TestSearch(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(b.Guides()); n < 15 {
		t.Fatalf("%d guides", n)
	}
	for question, want := range map[string]string{
		"which channel for DKIM?": "dkim", "SPF 怎么配?": "spf", "spf怎么配": "spf",
		"how long until my MX change takes effect": "propagation", "收不到邮件怎么办": "mx",
		"dmarc fails but spf passes, why?": "alignment", "如何打电话给客服": "phone", "what should I attach to a ticket": "ticket",
		"手机收不到邮件 imap 设置":             "clients",
		"my ip is listed on spamhaus": "reputation", "how to move to another provider": "migration", "域名过期了怎么办": "registrar",
		"退信 550 是什么意思": "bounce",
		"哪里看公告":        "announcements", "怎么写复盘": "records", "how do I start troubleshooting": "start", "收不到邮件怎么排查": "start",
		"no mail arrives, how do I troubleshoot": "start", "ＳＰＦ　怎么配？": "spf", "改了解析多久生效": "propagation",
		"邮件进了垃圾箱怎么办": "antispam", "why does forwarded mail fail": "forwarding", "port 25 is blocked": "transport",
		"which ns records does my domain need":        "dns",
		"how do I talk to a human agent in live chat": "chat", "DKIM 选择器是什么": "dkim", "换邮箱服务商怎么迁移": "migration",
		"p=none 还是 quarantine":      "dmarc",
		"what is the weather today": "", "今天天气怎么样": "", "how do I cook rice": "", "who won the match yesterday": "",
		"请推荐一家餐厅": "", "bitcoin price": "", "newsletter design": "",
		"how": "", "怎么": "", "???": "", strings.Repeat("zzzz ", 8000): "", strings.Repeat("\x00<&", 2000): "",
		"field:value AND (x OR \"y": "",
	} {
		found, err := b.Search(question)
		got := ""
		if len(found) > 0 && found[0].Sure {
			got = found[0].Guide.ID
		}
		if got != want || err != nil || len(found) > 3 {
			t.Errorf("%.60q: %q, want %q; %v", question, got, want, err)
		}
	}
}

// TestGuides holds that every guide says something in each language, and that the shown records are no provider's:
// those come from the facts.
func TestGuides(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range b.Guides() {
		for _, lang := range b.texts.Languages() {
			body := g.in[lang]
			if len([]rune(body.plain)) < 200 || len(g.Blocks(b, lang)) < 3 || strings.ContainsAny(g.Title(b, lang), "`*#") {
				t.Errorf("%s in %s: %d characters, %d blocks", g.ID, lang, len([]rune(body.plain)), len(g.Blocks(b, lang)))
			}
			for _, x := range g.Blocks(b, lang) {
				if strings.Contains(x.Text+strings.Join(x.Items, ""), "`") || strings.Contains(x.Text, "**") {
					t.Errorf("%s in %s: marks are left in %+v", g.ID, lang, x)
				}
			}
			if regexp.MustCompile(`aliyun|exmail|outlook\.com|qiye\.|https?:`).MatchString(body.plain) {
				t.Errorf("%s in %s names a provider's host or page", g.ID, lang)
			}
		}
	}
	if pages := b.Pages("alimail", b.Guide("spf")); len(pages) == 0 ||
		!strings.HasPrefix(pages[0], "https://help.aliyun.com/") {
		t.Errorf("pages on SPF: %v", pages)
	}
	if pages := b.Pages("zoho", b.Guide("spf")); len(pages) != 1 {
		t.Errorf("the help centre stands for what is not known: %v", pages)
	}
	if pages := b.Pages("nobody", b.Guide("spf")); pages != nil {
		t.Errorf("%v", pages)
	}
}

// TestChineseTypography holds the Chinese texts to their own punctuation, a space between Chinese and Latin letters,
// and one form of address.
func TestChineseTypography(t *testing.T) {
	var files []string
	for _, pattern := range []string{"locales/active.zh.yaml", "../commands/chat/locales/active.zh.yaml",
		"guides/zh/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		files = append(files, found...)
	}
	for rule, re := range map[string]*regexp.Regexp{
		"half-width punctuation beside Chinese":       regexp.MustCompile(`\p{Han}[,;:!?]|[,;!?()]\p{Han}|\p{Han}[()]`),
		"no space between Chinese and Latin":          regexp.MustCompile(`\p{Han}[A-Za-z0-9]|[A-Za-z0-9]\p{Han}`),
		"a space beside full-width punctuation":       regexp.MustCompile(`[，。；：！？、] \p{Han}|\p{Han} [，。；：！？、]`),
		"straight quotes around Chinese":              regexp.MustCompile(`"\p{Han}|\p{Han}"`),
		"the familiar form of address beside 您":       regexp.MustCompile(`你[^好]`),
		"three dots in place of the Chinese ellipsis": regexp.MustCompile(`\p{Han}\.\.\.`),
	} {
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(string(raw), "\n") {
				if strings.HasPrefix(line, "words") || strings.HasPrefix(line, "beside") || strings.HasPrefix(line, "leads") ||
					strings.HasPrefix(line, "help.asks") {
					continue // what people type, in any form
				}
				if m := re.FindString(line); m != "" {
					t.Errorf("%s:%d: %s: %q in %s", f, i+1, rule, m, line)
				}
			}
		}
	}
}

// BenchmarkSearch answers a question: it stays under 5 ms.
func BenchmarkSearch(b *testing.B) {
	k, err := Load()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := k.Search("spf"); err != nil { // the index is made at the first question
		b.Fatal(err)
	}
	for b.Loop() {
		if found, err := k.Search("企业邮箱 DKIM 签名怎么配, and which channel do I ask when dmarc fails although spf passes?"); err != nil || len(found) == 0 {
			b.Fatal(found, err)
		}
	}
}

// BenchmarkIndex makes ready what the search needs.
func BenchmarkIndex(b *testing.B) {
	k, err := Load()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := k.newSearcher(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestOwnCalendar takes an organisation's calendar, and names what is wrong with one.
func TestOwnCalendar(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "calendars.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("SG: {2026: {off: ['2026-08-09..2026-08-10'], source: gov, seen: '2026-11-23', confidence: own}}\n")
	b, err := LoadWith(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.calendars["SG"]) != 1 || len(b.calendars["CN"]) == 0 {
		t.Errorf("%v", b.calendars)
	}
	for _, bad := range []string{"SG: {2026: {off: [2025-08-09]}}", "SG: {2026: {off: ['2026-08-10..2026-08-09']}}",
		"SG: {2026: {closed: [x]}}", "SG: 5"} {
		write(bad)
		if _, err := LoadWith(dir); err == nil || !strings.Contains(err.Error(), "calendars.yaml") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestGuideSources: a guide is written from standards or official pages, and a page bears the day on which it was read.
// Those about the ways to support stand on the sources of the channels.
func TestGuideSources(t *testing.T) {
	b := load(t)
	ways := []string{"announcements", "channels", "chat", "phone", "start", "ticket"}
	for _, g := range b.guides {
		for _, lang := range []language.Tag{language.English, language.Chinese} {
			from := g.Sources(b, lang)
			if len(from) == 0 && !slices.Contains(ways, g.ID) {
				t.Errorf("%s %s: no source", lang, g.ID)
			}
			for _, s := range from {
				if !strings.HasPrefix(s.URL, "https://www.rfc-editor.org/rfc/rfc") && s.Seen == "" {
					t.Errorf("%s %s: %s: when was it read?", lang, g.ID, s.URL)
				}
			}
		}
	}
}
