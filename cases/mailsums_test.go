package cases

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"signpost/reports"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

func sumsBook(t *testing.T) *Book {
	t.Helper()
	m := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: m.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	return OpenBook(client, time.Now)
}

// reportOf is a report of one day with so many messages of one source.
func reportOf(id string, day time.Time, ip string, pass int64) *reports.Aggregate {
	return &reports.Aggregate{
		Org: "receiver.example", ID: id, Begin: day, End: day.Add(24*time.Hour - time.Second),
		Policy: reports.Policy{Domain: "example.com", P: "none"},
		Records: []reports.Record{{Source: netip.MustParseAddr(ip), Count: pass, DKIM: reports.Pass,
			HeaderFrom: "example.com"}},
	}
}

// TestMailSums adds each report once, by day and source, and keeps one workspace's from another's.
func TestMailSums(t *testing.T) {
	b := sumsBook(t)
	today, asks := b.now().UTC().Truncate(24*time.Hour), 0
	add := func(team string, a *reports.Aggregate, want bool) {
		t.Helper()
		is := map[bool]Counted{true: CountedNow, false: CountedBefore}[want]
		asks++
		request := fmt.Sprint("r", asks)
		if got, err := b.AddReport(t.Context(), team, request, a); err != nil || got != is {
			t.Fatalf("%s: %v, %v", a.ID, got, err)
		}
		if got, err := b.AddReport(t.Context(), team, request, a); err != nil || want && got != CountedAgain {
			t.Fatalf("%s once more: %v, %v", a.ID, got, err)
		}
	}
	add("T1", reportOf("1", today.AddDate(0, 0, -1), "192.0.2.1", 5), true)
	add("T1", reportOf("1", today.AddDate(0, 0, -1), "192.0.2.1", 5), false)
	add("T1", reportOf("2", today.AddDate(0, 0, -1), "192.0.2.1", 7), true)
	add("T1", reportOf("3", today.AddDate(0, 0, -20), "2001:db8::1", 3), true)
	add("T2", reportOf("1", today.AddDate(0, 0, -1), "192.0.2.1", 100), true)
	for days, want := range map[int]int64{2: 12, 30: 15, 100000: 15} {
		rows, err := b.MailSums(t.Context(), "T1", "example.com", days)
		if err != nil {
			t.Fatal(err)
		}
		s := reports.Summarize(rows, nil, nil)
		if len(s) != 1 || s[0].Messages != want || s[0].Pass != want || s[0].Policy != "none" {
			t.Errorf("%d days: %+v", days, s)
		}
	}
	if rows, err := b.MailSums(t.Context(), "T1", "other.example", 30); err != nil || len(rows) != 0 {
		t.Errorf("another domain: %v, %v", rows, err)
	}
	if got, err := b.MailDomains(t.Context(), "T1"); err != nil || !slices.Equal(got, []string{"example.com"}) {
		t.Errorf("domains: %v, %v", got, err)
	}
}

// TestMailSumsSame gives the sums that the reports themselves give, whatever was reported.
func TestMailSumsSame(t *testing.T) {
	b := sumsBook(t)
	day := b.now().UTC().AddDate(0, 0, -3)
	a := reportOf("x", day, "192.0.2.1", 1)
	for i := 1; i < 50; i++ {
		a.Records = append(a.Records, reports.Record{
			Source: netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), Count: int64(i), DKIM: reports.Aligned(i % 3),
			SPF:        reports.Fail,
			HeaderFrom: "example.com", DKIMResults: []reports.DKIMResult{{Domain: fmt.Sprintf("d%d|x.example", i%4),
				Result: "pass"}},
		})
	}
	if _, err := b.AddReport(t.Context(), "T1", "r1", a); err != nil {
		t.Fatal(err)
	}
	rows, err := b.MailSums(t.Context(), "T1", "example.com", 10)
	if err != nil {
		t.Fatal(err)
	}
	got, want := reports.Summarize(rows, nil, nil), reports.Summarize(a.Rows(), nil, nil)
	if fmt.Sprintf("%+v", *got[0]) != fmt.Sprintf("%+v", *want[0]) {
		t.Errorf("%+v, want %+v", got[0].Count, want[0].Count)
	}
}

// TestTLSSums adds each TLS report once for each domain that it is about, and gives what the reports themselves give:
// names of failures and hosts that no report should hold among them.
func TestTLSSums(t *testing.T) {
	b := sumsBook(t)
	report := func(id string, daysAgo int, domains ...string) *reports.TLS {
		day := b.now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -daysAgo)
		out := &reports.TLS{Org: "receiver|" + id[:1], ID: id, Begin: day, End: day.Add(24*time.Hour - time.Second)}
		for _, d := range domains {
			out.Policies = append(out.Policies, reports.TLSPolicy{Type: "sts", Domain: d, Success: 90, Failure: 10,
				Failures: []reports.TLSFailure{{Type: "certificate-expired", Host: "mx|1\t." + d, Sessions: 7}}})
		}
		return out
	}
	for i, x := range []struct {
		team  string
		r     *reports.TLS
		fresh bool
	}{
		{"T1", report("a1", 1, "example.com", "example.net"), true},
		{"T1", report("a1", 1, "example.com", "example.net"), false},
		{"T1", report("b1", 2, "example.com"), true},
		{"T1", report("b2", 40, "example.com"), true},
		{"T2", report("a1", 1, "example.com"), true},
	} {
		if fresh, err := b.AddTLSReport(t.Context(), x.team, fmt.Sprint(i), x.r); err != nil ||
			(fresh == CountedNow) != x.fresh {
			t.Fatalf("%s %s: %v, %v", x.team, x.r.ID, fresh, err)
		}
	}
	for days, want := range map[int]int{1: 0, 3: 2, 60: 3} {
		rows, err := b.TLSSums(t.Context(), "T1", "example.com", days)
		if err != nil {
			t.Fatal(err)
		}
		got := reports.SummarizeTLS(rows)
		if want == 0 {
			if len(got) != 0 {
				t.Errorf("%d days: %+v", days, got[0])
			}
			continue
		}
		s := got[0]
		if s.Reports != want || s.Success != int64(90*want) || s.Failure != int64(10*want) || len(s.Reporters) != 2 ||
			len(s.Failures) != 2 || s.Failures[0].Sessions != int64(7*want) || s.Failures[0].Host != "mx 1 .example.com" ||
			s.Failures[1].Type != "" || s.Failures[1].Sessions != int64(3*want) {
			t.Errorf("%d days: %+v", days, *s)
		}
	}
	if rows, err := b.MailSums(t.Context(), "T1", "example.com", 60); err != nil || len(rows) != 0 {
		t.Errorf("sessions among the messages: %v, %v", rows, err)
	}
}
