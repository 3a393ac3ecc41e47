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

// AddReport adds a DMARC report to the workspace's daily sums. False: it had been counted.
func (b *Book) AddReport(ctx context.Context, team string, a *reports.Aggregate) (bool, error) {
	rows := a.Rows()
	day, domain := rows[0].Day, rows[0].Domain
	kept := day
	if kept == "" {
		kept = b.now().UTC().Format(time.DateOnly)
	}
	args := []any{
		int64(MailSumsKept / time.Second), mailSumFields, domain, strings.ReplaceAll(kept, "-", ""), mailSumDomains,
	}
	for _, r := range rows {
		for _, fact := range slices.Sorted(maps.Keys(r.Facts)) {
			args = append(args, r.Source+"|"+fact, r.Facts[fact])
		}
	}
	keys := []string{mailReportKey(team, reportID(a)), mailSumKey(team, domain, day), mailDomainsKey(team)}
	switch got, err := reportScript.Run(ctx, b.redis, keys, args...).Text(); {
	case err != nil:
		return false, fmt.Errorf("%w: report: %w", ErrBook, err)
	case got == "full":
		return false, ErrManyDomains
	default:
		return got == "counted", nil
	}
}

// reportID is what is the same for the same report, however often it comes. Without an id of its own its content tells.
func reportID(a *reports.Aggregate) string {
	text := strings.Join([]string{a.Org, a.ID, a.Policy.Domain, a.Begin.String(), a.End.String()}, "\x00")
	if a.ID == "" {
		text += fmt.Sprint(a.Records)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// MailSums is the sums of a domain on so many days up to now, and of reports without a day.
func (b *Book) MailSums(ctx context.Context, team, domain string, days int) ([]reports.Row, error) {
	days = min(max(days, 1), MailSumsDays)
	names := []string{""}
	for d := range days {
		names = append(names, b.now().UTC().AddDate(0, 0, -d).Format(time.DateOnly))
	}
	answers := make([]*redis.MapStringStringCmd, len(names))
	_, err := b.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, day := range names {
			answers[i] = p.HGetAll(ctx, mailSumKey(team, domain, day))
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
	if err := b.redis.ZRemRangeByScore(ctx, key, "-inf", "("+oldest).Err(); err != nil {
		return nil, fmt.Errorf("%w: domains: %w", ErrBook, err)
	}
	out, err := b.redis.ZRevRange(ctx, key, 0, 99).Result()
	if err != nil {
		return nil, fmt.Errorf("%w: domains: %w", ErrBook, err)
	}
	return out, nil
}
