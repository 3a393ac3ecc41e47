package kb

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"signpost/diag/gate"
	"signpost/diag/lab"
	"signpost/diag/protocol/txt"
)

// What a zone of this test is made of: records as they were meant, and what happened to them.
type generated struct {
	seed     uint64
	text     string   // the zone
	source   string   // an address that sends, or nothing
	senders  []string // terms of the SPF record that was meant, which let somebody in
	ending   string   // what it says of everybody else
	policies map[string]string
	reports  []string // addresses of the DMARC record that was meant
	ends     bool     // the ending itself is faulty
}

const generatedDomain = "d.example"

// generatedCases is how many zones are made; SIGNPOST_GENERATED gives another number, SIGNPOST_QUICK a tenth, the race
// detector a fiftieth, and SIGNPOST_SEED other zones.
func generatedCases() int {
	n := 10_000
	if s, err := strconv.Atoi(os.Getenv("SIGNPOST_GENERATED")); err == nil {
		n = s
	} else if raceDetector {
		n /= 50
	} else if os.Getenv("SIGNPOST_QUICK") != "" || testing.Short() {
		n /= 10
	}
	return n
}

// TestGeneratedRecords makes records with faults (quotes, dashes, marks, blanks, joins, doubles, case, order, misspelt
// words), and holds the gate to its promises for every one: what is recommended mends its finding and spoils nothing,
// alone and with all else that is recommended; everybody whom the record was meant to let in is let in; no policy
// changed; and where there is no record, there is a reason.
func TestGeneratedRecords(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	base, err := lab.NewMemory(generatedWorld())
	if err != nil {
		t.Fatal(err)
	}
	n := generatedCases()
	var mu sync.Mutex
	given, reasons, failed := map[string]int{}, map[string]int{}, 0
	var wg sync.WaitGroup
	next := make(chan uint64)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for seed := range next {
				g := generate(seed)
				m, err := base.With(map[string]string{generatedDomain: g.text})
				if err != nil {
					t.Errorf("seed %d: %v\n%s", seed, err, g.text)
					continue
				}
				mended, why, wrong := g.hold(t, b, m)
				mu.Lock()
				for _, code := range mended {
					given[code]++
				}
				for _, code := range why {
					reasons[code]++
				}
				if len(wrong) > 0 {
					if failed++; failed <= 20 {
						t.Errorf("seed %d:\n%s\n%s", seed, g.text, strings.Join(wrong[:min(len(wrong), 3)], "\n"))
					}
				}
				mu.Unlock()
			}
		})
	}
	from, _ := strconv.ParseUint(os.Getenv("SIGNPOST_SEED"), 10, 64)
	for seed := range uint64(n) {
		next <- from + seed
	}
	close(next)
	wg.Wait()
	if failed > 0 {
		t.Errorf("%d of %d zones fail", failed, n)
	}
	all, none := 0, 0
	for _, k := range given {
		all += k
	}
	for code, k := range reasons {
		if !slices.Contains([]string{gate.NoteCleaned, gate.NoteDropped, gate.NoteByWild, gate.NoteReplaced}, code) {
			none += k
		}
	}
	t.Logf("%d zones: %d findings with records, %d with a reason why there is none\ngiven: %v\nnotes: %v", n, all, none,
		given, reasons)
	if all < n {
		t.Errorf("only %d findings of %d zones have records: the test shows little", all, n)
	}
}

// generatedWorld is what the records of generated zones name.
func generatedWorld() map[string]string {
	senders := "@ A 192.0.2.80\n"
	for i := range 14 {
		senders += fmt.Sprintf("s%d TXT \"v=spf1 ip4:203.0.113.%d/28 -all\"\n", i, i*16)
	}
	senders += "twice TXT \"v=spf1 include:s1.senders.example include:s2.senders.example ~all\"\nempty A 192.0.2.81\n"
	return map[string]string{
		"senders.example": senders,
		"aliyun.com":      "mx1.qiye A 198.51.100.91\nmx2.qiye A 198.51.100.92\nmx3.qiye A 198.51.100.93\nspf.qiye TXT \"v=spf1 ip4:198.51.100.64/26 -all\"\n",
		"reports.example": "@ MX 10 m\nm A 192.0.2.82\n" + generatedDomain + "._report._dmarc TXT \"v=DMARC1\"\n",
	}
}

// generate makes a zone of a seed.
func generate(seed uint64) *generated {
	r := rand.New(rand.NewPCG(seed, 16))
	g := &generated{seed: seed, policies: map[string]string{}}
	g.text = "@ A 192.0.2.80\nmail A 192.0.2.80\n"
	provider := r.IntN(3) == 0
	if provider || r.IntN(3) == 0 {
		g.text += ";! with: dkim\n"
	}
	if provider {
		g.text += "@ MX 5 mx1.qiye.aliyun.com.\n@ MX 10 mx2.qiye.aliyun.com.\n@ MX 15 mx3.qiye.aliyun.com.\n"
	} else {
		g.text += "@ MX 10 mail\n"
	}
	g.spf(r)
	g.dmarc(r)
	if r.IntN(12) == 0 {
		g.text += "* " + pick(r, "MX 10 mail", "TXT \"by wildcard\"", "A 192.0.2.83", "CNAME parking.senders.example.") + "\n"
	}
	if r.IntN(8) == 0 {
		g.source = pick(r, "203.0.113.250", "192.0.2.80", "2001:db8::7")
	}
	return g
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// spf adds an SPF record that was meant well.
func (g *generated) spf(r *rand.Rand) {
	if r.IntN(20) == 0 {
		return
	}
	possible := []string{"mx", "a", "a:mail.d.example", "ip4:192.0.2.99", "ip4:198.51.100.0/25", "ip6:2001:db8:1::/48",
		"ip6:2001:db8::9", "include:twice.senders.example",
		"include:spf.qiye.aliyun.com", "exists:%{i}.senders.example"}
	for i := range 14 {
		possible = append(possible, fmt.Sprintf("include:s%d.senders.example", i))
	}
	r.Shuffle(len(possible), func(i, j int) { possible[i], possible[j] = possible[j], possible[i] })
	words := slices.Clone(possible[:1+r.IntN(6)])
	if r.IntN(30) == 0 {
		words = slices.Clone(possible[:13])
	}
	g.senders = slices.Clone(words)
	if r.IntN(12) == 0 {
		words = slices.Insert(words, r.IntN(len(words)+1),
			pick(r, "include:gone.senders.example", "include:empty.senders.example", "a:gone.senders.example"))
	}
	g.ending = pick(r, "-all", "-all", "~all", "~all", "~all", "?all", "+all", "")
	g.ends = g.ending == "?all" || g.ending == "+all" || g.ending == ""
	if g.ending != "" {
		words = append(words, g.ending)
	}
	words = append([]string{"v=spf1"}, words...)
	texts := []string{g.spoilt(r, words, " ", spfFaults)}
	if r.IntN(25) == 0 { // doubles: a second record
		texts = append(texts, strings.Join(pick(r, words, words[:2],
			append(slices.Clone(words[:1]), "ip4:192.0.2.77", "-all")), " "))
		second := strings.Fields(texts[1])
		switch {
		case !strings.HasPrefix(strings.ToLower(texts[0]), "v=spf1 "): // the second alone is read
			g.senders = slices.DeleteFunc(second[1:],
				func(w string) bool { return isAll(w) || strings.Contains(w, "gone.") || strings.Contains(w, "empty.") })
		case strings.Contains(texts[1], "192.0.2.77"):
			g.senders = append(g.senders, "ip4:192.0.2.77")
		}
		g.ends = true // which of two endings is meant is the gate's matter
	}
	for _, text := range texts {
		g.text += "@ TXT " + g.strings(r, text) + "\n"
	}
}

// dmarc adds a DMARC record that was meant well.
func (g *generated) dmarc(r *rand.Rand) {
	if r.IntN(20) == 0 {
		return
	}
	tags := []string{"v=DMARC1", "p=" + pick(r, "none", "quarantine", "reject", "reject")}
	for _, t := range []struct {
		name   string
		values []string
	}{{"sp", []string{"none", "quarantine", "reject"}}, {"np", []string{"reject"}}, {"adkim", []string{"r", "s"}},
		{"aspf", []string{"r", "s"}}} {
		if r.IntN(4) == 0 {
			tags = append(tags, t.name+"="+pick(r, t.values...))
		}
	}
	for _, t := range tags[1:] {
		name, value, _ := strings.Cut(t, "=")
		g.policies[name] = value
	}
	if r.IntN(5) > 0 {
		g.reports = []string{"mailto:dmarc@d.example", "mailto:a@reports.example"}[:1+r.IntN(2)]
		tags = append(tags, "rua="+strings.Join(g.reports, ","))
	}
	tags = append(tags, pick(r, nil, nil, []string{"pct=100"}, []string{"fo=1"}, []string{"ri=86400", "rf=afrf"},
		[]string{"pct=40"}, []string{"x=hello"})...)
	text := g.spoilt(r, tags, pick(r, "; ", ";"), dmarcFaults)
	switch r.IntN(25) {
	case 0: // order: at the wrong name
		g.text += ";! relative\n" + pick(r, "@", "dmarc", "_dmarc.d.example.d.example.") + " TXT " + g.strings(r, text) + "\n"
	case 1: // doubles: an old one at the domain itself
		g.text += "@ TXT \"v=DMARC1; p=none\"\n_dmarc TXT " + g.strings(r, text) + "\n"
	case 2: // doubles: two at the name
		second := pick(r, "v=DMARC1; p=none", strings.Join(tags, " ; "))
		if !strings.HasPrefix(text, "v=DMARC1;") { // the second alone is read
			g.reports = slices.DeleteFunc(g.reports, func(a string) bool { return !strings.Contains(second, a) })
		}
		g.text += "_dmarc TXT " + g.strings(r, text) + "\n_dmarc TXT " + g.strings(r, second) + "\n"
	default:
		g.text += "_dmarc TXT " + g.strings(r, text) + "\n"
	}
}

// strings is a text as a zone file has it, sometimes cut into two strings.
func (g *generated) strings(r *rand.Rand, text string) string {
	if at := strings.LastIndexByte(text, ' '); r.IntN(15) == 0 && at > 8 {
		return `"` + txt.Quoted(text[:at]) + `" "` + txt.Quoted(text[at:]) + `"`
	}
	return `"` + txt.Quoted(text) + `"`
}

// fault is something that happens to words on their way into a zone. It may spoil the text that they become, too.
type fault func(r *rand.Rand, words []string, text string) ([]string, string)

// spoilt is words as a text, with up to three faults.
func (g *generated) spoilt(r *rand.Rand, words []string, between string, faults []fault) string {
	n := []int{0, 1, 1, 1, 2, 2, 3}[r.IntN(7)]
	chosen := make([]fault, n)
	for i := range chosen {
		chosen[i] = pick(r, faults...)
		if w, _ := chosen[i](r, slices.Clone(words), ""); w != nil {
			words = w
		}
	}
	text := strings.Join(words, between)
	for _, f := range chosen {
		if _, s := f(r, nil, text); s != "" {
			text = s
		}
	}
	return text
}

// onText is a fault of the text, onWords one of the words: the other is left as it is.
func onText(f func(r *rand.Rand, text string) string) fault {
	return func(r *rand.Rand, words []string, text string) ([]string, string) {
		if words != nil {
			return nil, ""
		}
		return nil, f(r, text)
	}
}

func onWords(f func(r *rand.Rand, words []string) []string) fault {
	return func(r *rand.Rand, words []string, text string) ([]string, string) {
		if len(words) < 2 {
			return nil, ""
		}
		return f(r, words), ""
	}
}

// typeset are the faults of any text: quotes, dashes, marks, blanks.
var typesetFaults = []fault{
	onText(func(r *rand.Rand, s string) string {
		return pick(r, `"`, "“", "'", "„", "«", `\"`) + s + pick(r, `"`, "”", "'", "“", "»", `\"`)
	}),
	onText(func(r *rand.Rand, s string) string {
		return pick(r, "\ufeff", "\u200b", "\u200e", " ", "\t", "\u00a0") + s
	}),
	onText(func(r *rand.Rand, s string) string { return s + pick(r, " ", "\u200b", ";", "\t", "\r\n", ".") }),
	onText(func(r *rand.Rand, s string) string {
		return strings.Replace(s, " ", pick(r, "\u00a0", "  ", "\t", "\u3000", "\u2009", "\r\n"), 1+r.IntN(2))
	}),
	onText(func(r *rand.Rand, s string) string {
		return strings.ReplaceAll(s, "-", pick(r, "–", "—", "−", "‑"))
	}),
	onText(func(r *rand.Rand, s string) string { return strings.Replace(s, "=", "＝", 1) }),
	onText(func(r *rand.Rand, s string) string {
		at := r.IntN(len(s))
		for !utf8.RuneStart(s[at]) {
			at--
		}
		return s[:at] + pick(r, "\u200b", "\u00ad", "\u2060") + s[at:]
	}),
	onText(func(r *rand.Rand, s string) string { return strings.ToUpper(s) }),
	onText(func(r *rand.Rand, s string) string { return strings.Replace(s, " ", "", 1) }), // a join
}

var spfFaults = append(slices.Clone(typesetFaults),
	onText(func(r *rand.Rand, s string) string { return strings.ReplaceAll(s, " ", pick(r, ", ", ",", ";", "; ")) }),
	onText(func(r *rand.Rand, s string) string { return strings.Replace(s, ":", pick(r, "=", ": ", " :", "::"), 1) }),
	onText(func(r *rand.Rand, s string) string {
		slip := pick(r, "inlcude", "includ", "Include", "incldue", "includes") //nolint:misspell // slips are what is tried
		return strings.Replace(s, "include", slip, 1)
	}),
	onText(func(r *rand.Rand, s string) string { return strings.Replace(s, "ip4", pick(r, "ip", "ipv4", "IP4"), 1) }),
	onText(func(r *rand.Rand, s string) string {
		return strings.Replace(s, "v=spf1", pick(r, "v=spf", "v:spf1", "spf1", "v=SPF1", "v=spf1.", "v = spf1", "v=spf 1"), 1)
	}),
	onWords(func(r *rand.Rand, w []string) []string { // a double
		return slices.Insert(w, 1+r.IntN(len(w)), pick(r, w...))
	}),
	onWords(func(r *rand.Rand, w []string) []string { // order
		i, j := 1+r.IntN(len(w)-1), 1+r.IntN(len(w)-1)
		w[i], w[j] = w[j], w[i]
		return w
	}),
	onText(func(r *rand.Rand, s string) string { // several joins
		for range 2 + r.IntN(3) {
			if from := r.IntN(len(s)); strings.Contains(s[from:], " ") {
				s = s[:from] + strings.Replace(s[from:], " ", "", 1)
			}
		}
		return s
	}),
	onWords(func(r *rand.Rand, w []string) []string { // the version behind a term, or lost
		at := slices.Index(w, "v=spf1")
		switch {
		case at < 0:
		case r.IntN(2) == 0:
			w = slices.Delete(w, at, at+1)
		case at+1 < len(w):
			w[at], w[at+1] = w[at+1], w[at]
		}
		return w
	}),
	onText(func(r *rand.Rand, s string) string { // a join at the end
		if at := strings.LastIndexByte(s, ' '); at > 0 {
			return s[:at] + s[at+1:]
		}
		return s
	}),
)

var dmarcFaults = append(slices.Clone(typesetFaults),
	onText(func(r *rand.Rand, s string) string {
		return strings.ReplaceAll(s, ";", pick(r, ",", "", `\;`, ";;", ":"))
	}),
	onText(func(r *rand.Rand, s string) string {
		return strings.Replace(s, "mailto:", pick(r, "", "mailto://", "mailto: ", "MAILTO:"), 1)
	}),
	onText(func(r *rand.Rand, s string) string {
		return strings.Replace(s, pick(r, "p=", "sp=", "rua=", "adkim=", "pct=", "rf="),
			pick(r, "P=", "p:", "pp=", "rau=", "p =", "sp:", "rua:", "rf:"), 1)
	}),
	onText(func(r *rand.Rand, s string) string {
		return strings.Replace(s, pick(r, "reject", "quarantine", "none"),
			pick(r, "rejct", "quarantin", "Reject", "non", "block", "reject.", ""), 1)
	}),
	onText(func(r *rand.Rand, s string) string {
		return strings.Replace(s, "v=DMARC1",
			pick(r, "v=DMARC", "v=dmarc1", "DMARC1", "v:DMARC1", "V=DMARC1", "v=DMARC2", ""), 1)
	}),
	onWords(func(r *rand.Rand, w []string) []string { return slices.Insert(w, 1+r.IntN(len(w)), pick(r, w...)) }),
	onWords(func(r *rand.Rand, w []string) []string {
		i, j := r.IntN(len(w)), r.IntN(len(w))
		w[i], w[j] = w[j], w[i]
		return w
	}),
	onWords(func(r *rand.Rand, w []string) []string {
		return append(w, pick(r, "p=none", "p=reject", "sp=none", "adkim=strict", "pct=100%", "fo=x"))
	}),
)
