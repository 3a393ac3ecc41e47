package cases

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"signpost/reports"

	"github.com/redis/go-redis/v9"
)

const (
	// MailSumsKept is how long the sums of a day are kept, from the last report on.
	MailSumsKept = 400 * 24 * time.Hour
	// MailSumsDays is of how many days sums are given at once.
	MailSumsDays = 366

	mailSumFields  = 20_000 // of one day and domain
	mailSumDomains = 2_000  // of one workspace
)

// ErrManyDomains says that a workspace has sums of as many domains as it may have.
var ErrManyDomains = errors.New("cases: sums of too many domains")

// Counted is what came of adding a report to the sums.
type Counted string

// What may come of it.
const (
	CountedNow    Counted = "counted"
	CountedAgain  Counted = "again" // the request had counted it, and is carried out once more
	CountedBefore Counted = "seen"  // another request had
)

// ReportName is the same for the same report, however often it comes. Without an id of its own its content tells.
func ReportName(a *reports.Aggregate) string {
	return digest(a.Org, a.ID, a.Policy.Domain, a.Begin.String(), a.End.String()+untold(a.ID, a.Records))
}

// AddReport adds a DMARC report to the workspace's daily sums, for a request.
func (b *Book) AddReport(ctx context.Context, team, request string, a *reports.Aggregate) (Counted, error) {
	rows := a.Rows()
	return b.addSums(ctx, team, request, ReportName(a), mailSumKey(team, rows[0].Domain, rows[0].Day), rows)
}

// AddTLSReport adds a TLS report to the workspace's daily sums, for a request and for each domain that the report is
// about.
func (b *Book) AddTLSReport(ctx context.Context, team, request string, t *reports.TLS) (all Counted, err error) {
	rows := reports.TLSRows(t)
	all = CountedBefore
	for len(rows) > 0 {
		domain := rows[0].Domain
		of := slices.IndexFunc(rows, func(r reports.Row) bool { return r.Domain != domain })
		if of < 0 {
			of = len(rows)
		}
		id := digest("tls", domain, t.Org, t.ID, t.Begin.String(), t.End.String(), untold(t.ID, rows[:of]))
		one, err := b.addSums(ctx, team, request, id, mailTLSKey(team, domain, rows[0].Day), rows[:of])
		if err != nil {
			return all, err
		}
		if one == CountedNow || all == CountedBefore {
			all = one
		}
		rows = rows[of:]
	}
	return all, nil
}

// addSums adds rows of one domain and day to the sums under a key, once for the report of that id.
func (b *Book) addSums(ctx context.Context, team, request, id, key string, rows []reports.Row) (Counted, error) {
	domain, day := rows[0].Domain, rows[0].Day
	if day == "" {
		day = b.now().UTC().Format(time.DateOnly)
	}
	args := []any{
		int64(MailSumsKept / time.Second), mailSumFields, domain, strings.ReplaceAll(day, "-", ""), mailSumDomains,
		digest(request)[:16],
	}
	for _, r := range rows {
		for _, fact := range slices.Sorted(maps.Keys(r.Facts)) {
			args = append(args, r.Source+"|"+fact, r.Facts[fact])
		}
	}
	keys := []string{mailReportKey(team, id), key, mailDomainsKey(team)}
	switch got, err := reportScript.Run(ctx, redisOf(b), keys, args...).Text(); {
	case err != nil:
		return "", fmt.Errorf("%w: report: %w", ErrBook, err)
	case got == "full":
		return "", ErrManyDomains
	default:
		return Counted(got), nil
	}
}

// untold stands for the id of a report that has none.
func untold(id string, content any) string {
	if id != "" {
		return ""
	}
	return fmt.Sprint(content)
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// MailSums is the sums of a domain on so many days up to now, and of reports without a day.
func (b *Book) MailSums(ctx context.Context, team, domain string, days int) ([]reports.Row, error) {
	return b.sums(ctx, domain, days, func(day string) string { return mailSumKey(team, domain, day) })
}

// TLSSums is MailSums of TLS reports.
func (b *Book) TLSSums(ctx context.Context, team, domain string, days int) ([]reports.Row, error) {
	return b.sums(ctx, domain, days, func(day string) string { return mailTLSKey(team, domain, day) })
}

func (b *Book) sums(ctx context.Context, domain string, days int, key func(day string) string) ([]reports.Row, error) {
	days = min(max(days, 1), MailSumsDays)
	names := []string{""}
	for d := range days {
		names = append(names, b.now().UTC().AddDate(0, 0, -d).Format(time.DateOnly))
	}
	answers := make([]*redis.MapStringStringCmd, len(names))
	_, err := redisOf(b).Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, day := range names {
			answers[i] = p.HGetAll(ctx, key(day))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%w: sums: %w", ErrBook, err)
	}
	var out []reports.Row
	for i, day := range names {
		out = append(out, rowsIn(domain, day, answers[i].Val())...)
	}
	return out, nil
}

// rowsIn is the rows of one day. A field that is none is left out.
func rowsIn(domain, day string, fields map[string]string) (out []reports.Row) {
	by := map[string]*reports.Row{}
	for field, value := range fields {
		source, fact, ok := strings.Cut(field, "|")
		n, err := strconv.ParseInt(value, 10, 64)
		if !ok || err != nil {
			continue
		}
		if by[source] == nil {
			by[source] = &reports.Row{Domain: domain, Day: day, Source: source, Facts: map[string]int64{}}
		}
		by[source].Facts[fact] += n
	}
	for _, source := range slices.Sorted(maps.Keys(by)) {
		out = append(out, *by[source])
	}
	return out
}

// MailDomains is the domains of which there are sums, those with the latest reports first.
func (b *Book) MailDomains(ctx context.Context, team string) ([]string, error) {
	key := mailDomainsKey(team)
	oldest := b.now().UTC().Add(-MailSumsKept).Format("20060102")
	if err := redisOf(b).ZRemRangeByScore(ctx, key, "-inf", "("+oldest).Err(); err != nil {
		return nil, fmt.Errorf("%w: domains: %w", ErrBook, err)
	}
	out, err := redisOf(b).ZRevRange(ctx, key, 0, 99).Result()
	if err != nil {
		return nil, fmt.Errorf("%w: domains: %w", ErrBook, err)
	}
	return out, nil
}
