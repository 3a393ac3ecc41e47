package batch

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/outbound"
	"signpost/kb"

	"golang.org/x/text/language"
)

// ordered prints pieces in the order of their places, whatever the order in which they come: what is early waits as
// text.
type ordered struct {
	out  io.Writer
	next int
	wait map[int]string
}

func (o *ordered) print(at int, text string) {
	if at != o.next {
		if o.wait == nil {
			o.wait = map[int]string{}
		}
		o.wait[at] = text
		return
	}
	_, _ = io.WriteString(o.out, text)
	for o.next++; ; o.next++ {
		text, ok := o.wait[o.next]
		if !ok {
			return
		}
		delete(o.wait, o.next)
		_, _ = io.WriteString(o.out, text)
	}
}

// flush prints what still waits, in order: a place before it never came.
func (o *ordered) flush() {
	for _, at := range slices.Sorted(maps.Keys(o.wait)) {
		_, _ = io.WriteString(o.out, o.wait[at])
	}
	o.wait = nil
}

var csvHead = []string{"domain", "verdict", "errors", "warnings", "notices", "codes", "unknown", "providers",
	"dns_operator", "queries", "took_ms"}

func csvCells(r *diag.Report) []string {
	count := map[diag.Severity]int{}
	var codes, unknown, providers []string
	for _, f := range r.Findings() {
		count[f.Severity]++
		if f.Severity > diag.Info && !slices.Contains(codes, string(f.Code)) {
			codes = append(codes, string(f.Code))
		}
	}
	for _, res := range r.Results {
		if res.Status == diag.Unknown {
			unknown = append(unknown, res.Check)
		}
	}
	for _, p := range r.Providers {
		if !slices.Contains(providers, p.ID) {
			providers = append(providers, p.ID)
		}
	}
	return []string{
		r.Domain, string(r.Verdict()), strconv.Itoa(count[diag.Error]), strconv.Itoa(count[diag.Warning]),
		strconv.Itoa(count[diag.Notice]), strings.Join(codes, " "),
		strings.Join(unknown, " "), strings.Join(providers, " "), r.Operator.ID, strconv.Itoa(r.Queries),
		strconv.FormatInt(r.Took.Milliseconds(), 10),
	}
}

// summary counts verdicts and findings.
type summary struct {
	verdicts map[diag.Verdict]int
	codes    map[diag.Code]int
	domains  int
	began    time.Time
	stopped  bool // DKIM selectors were guessed until the first key alone
	unspread bool // no resolver was compared with
	unprobed bool // mail hosts were visited, and not asked what else their TLS agrees to
}

func newSummary() *summary {
	return &summary{verdicts: map[diag.Verdict]int{}, codes: map[diag.Code]int{}, began: time.Now()}
}

func (s *summary) add(r *diag.Report) {
	s.domains++
	facts, _ := diag.Facts[outbound.DKIMFacts](r, outbound.DKIM)
	s.stopped = s.stopped || facts.Stopped
	spread := r.Result(authority.Propagation.Name)
	s.unspread = s.unspread || spread != nil && spread.Because == authority.NoResolvers
	s.verdicts[r.Verdict()]++
	seen := map[diag.Code]bool{}
	for _, f := range r.Findings() {
		if f.Severity > diag.Info && !seen[f.Code] {
			seen[f.Code] = true
			s.codes[f.Code]++
		}
	}
}

// topCodes is how many codes the summary names.
const topCodes = 15

func (s *summary) reply(lang language.Tag, b *kb.Base) chat.Reply {
	out := chat.Reply{Title: chat.Text(lang, "summary.title",
		map[string]any{"count": s.domains, "seconds": fmt.Sprintf("%.1f", time.Since(s.began).Seconds())}), Final: true}
	verdicts := chat.Section{Table: chat.NewTable(chat.Text(lang, "table.verdicts", nil))}
	codes := chat.Section{Heading: chat.Text(lang, "summary.codes", nil),
		Table: chat.NewTable(chat.Text(lang, "table.codes", nil))}
	for _, v := range []diag.Verdict{diag.OK, diag.Problems, diag.Broken, diag.Uncertain} {
		name, count := chat.Text(lang, "summary."+string(v), nil), strconv.Itoa(s.verdicts[v])
		verdicts.Fields = append(verdicts.Fields, chat.Field{Label: name, Value: count})
		verdicts.Table.Add(name, count)
	}
	order := slices.SortedFunc(maps.Keys(s.codes),
		func(x, y diag.Code) int { return cmp.Or(s.codes[y]-s.codes[x], strings.Compare(string(x), string(y))) })
	for _, c := range order[:min(len(order), topCodes)] {
		codes.Fields = append(codes.Fields, chat.Field{Label: string(c), Value: strconv.Itoa(s.codes[c])})
		check, _, _ := strings.Cut(string(c), ".")
		codes.Table.Add(string(c), b.CheckTitle(lang, check), strconv.Itoa(s.codes[c]))
	}
	out.Sections = []chat.Section{verdicts}
	if len(codes.Fields) > 0 {
		out.Sections = append(out.Sections, codes)
	}
	if s.stopped {
		out.Sections = append(out.Sections, chat.Section{Muted: true, Text: chat.Text(lang, "summary.stopped", nil)})
	}
	if s.unspread {
		out.Sections = append(out.Sections, chat.Section{Muted: true, Text: chat.Text(lang, "summary.unspread", nil)})
	}
	if s.unprobed {
		out.Sections = append(out.Sections, chat.Section{Muted: true, Text: chat.Text(lang, "summary.unprobed", nil)})
	}
	return out
}

// bar is the progress bar of many domains on a terminal.
type bar struct {
	out   io.Writer // nil: none
	total int       // 0: not known
	began time.Time
	drawn time.Time
}

func (b *bar) show(done int) {
	if b.out == nil || time.Since(b.drawn) < 100*time.Millisecond && done != b.total {
		return
	}
	b.drawn = time.Now()
	rate := float64(done) / max(time.Since(b.began).Seconds(), 0.001)
	if b.total == 0 {
		fmt.Fprintf(b.out, "\r\x1b[2K%d  %.0f/s", done, rate)
		return
	}
	const width = 30
	full := width * done / b.total
	fmt.Fprintf(b.out, "\r\x1b[2K[%s%s] %d/%d  %.0f/s", strings.Repeat("#", full), strings.Repeat("-", width-full), done,
		b.total, rate)
}

// clear takes the bar away before something is printed.
func (b *bar) clear() {
	if b.out != nil {
		fmt.Fprint(b.out, "\r\x1b[2K")
	}
}
