package registry

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"signpost/diag/resolve"
	"signpost/diag/visible"
)

const (
	maxStatus = 30
	maxWord   = 200 // characters of a value
)

// findWhois asks IANA which WHOIS server a top-level domain has.
func (d *Directory) findWhois(ctx context.Context, s *resolve.Session, tld string) (string, error) {
	text, err := d.query(ctx, s, ianaWhois, tld)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, ":"); ok && (key == "whois" || key == "refer") {
			if host := strings.ToLower(strings.TrimSpace(value)); host != "" && !strings.ContainsAny(host, " /:") {
				return host, nil
			}
		}
	}
	return "", fmt.Errorf("%w: .%s", ErrNoServer, tld)
}

func (d *Directory) askWhois(ctx context.Context, s *resolve.Session, host, name string) (*Registration, error) {
	text, err := d.query(ctx, s, host, name)
	if err != nil {
		return nil, err
	}
	reg, err := ReadWhois(text)
	if reg != nil {
		if reg.Domain != "" && reg.Domain != name {
			return nil, fmt.Errorf("%w: %s: it is about another domain", ErrAnswer, host)
		}
		reg.Domain, reg.Source, reg.Asked = name, host+":43", "WHOIS "+host+":43 "+name
	}
	return reg, err
}

// query makes one WHOIS conversation (RFC 3912 2).
func (d *Directory) query(ctx context.Context, s *resolve.Session, host, question string) (string, error) {
	if d.isDown(host) {
		return "", fmt.Errorf("%w: %s", ErrUnreachable, host)
	}
	ctx, cancel := context.WithTimeout(ctx, whoisTimeout)
	defer cancel()
	if err := d.pace.Wait(ctx, host); err != nil {
		return "", err
	}
	conn, err := connect(ctx, s, host, 43)
	if err != nil {
		d.markDown(host)
		return "", err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline)
	if _, err := io.WriteString(conn, question+"\r\n"); err != nil {
		return "", fmt.Errorf("%w: %s: %w", ErrUnreachable, host, err)
	}
	text, err := io.ReadAll(io.LimitReader(bufio.NewReader(conn), maxAnswer))
	if err != nil && len(text) == 0 {
		d.markDown(host)
		return "", fmt.Errorf("%w: %s: %w", ErrUnreachable, host, err)
	}
	return strings.ToValidUTF8(string(text), "?"), nil
}

// The words by which registries name the same thing, in lower case.
var (
	registrarKeys = []string{"registrar", "sponsoring registrar", "registrar name"}
	expiryKeys    = []string{"registry expiry date", "registrar registration expiration date", "expiration time",
		"expiry date", "expiration date", "expire date", "expires on", "expires", "paid-till", "renewal date", "validity",
		"record expires on"}
	createdKeys = []string{"creation date", "registration time", "created on", "created", "registered on",
		"registration date", "domain name commencement date"}
	statusKeys = []string{"domain status", "status", "state", "registration status"}
	urlKeys    = []string{"registrar url", "registrar-url"}
	nameKeys   = []string{"domain name", "domain"}
	noMatch    = []string{"no matching record", "no match", "not found", "no entries found", "no data found",
		"nothing found", "not registered", "status: free", "status: available", "no object found", "does not exist"}
)

// ReadWhois reads a WHOIS answer: lines of "key: value" in the words of many registries. ErrNotRegistered where it says
// so; ErrAnswer where nothing in it is known.
func ReadWhois(text string) (*Registration, error) {
	reg := &Registration{Status: []string{}}
	found := false
	is := func(key string, keys []string) bool {
		for _, k := range keys {
			if key == k {
				return true
			}
		}
		return false
	}
	for line := range strings.Lines(text[:min(len(text), maxAnswer)]) {
		line = strings.TrimSpace(line)
		key, value, ok := strings.Cut(line, ":")
		if strings.HasPrefix(line, "[") { // [Expires on]  2027/03/31, as .jp writes
			key, value, ok = strings.Cut(line[1:], "]")
		}
		key, value = strings.ToLower(strings.TrimSpace(strings.Trim(key, ". "))), clean(value)
		if !ok || value == "" || strings.HasPrefix(line, "%") || strings.HasPrefix(line, ">>>") {
			continue
		}
		switch {
		case is(key, nameKeys) && reg.Domain == "":
			reg.Domain = strings.ToLower(strings.TrimSuffix(strings.Fields(value)[0], "."))
		case is(key, registrarKeys) && reg.Registrar == "":
			reg.Registrar, found = value, true
		case is(key, expiryKeys) && reg.Expires.IsZero():
			if at, ok := readTime(value); ok {
				reg.Expires, found = at, true
			}
		case is(key, createdKeys) && reg.Created.IsZero():
			if at, ok := readTime(value); ok {
				reg.Created = at
			}
		case is(key, urlKeys) && strings.HasPrefix(value, "https://"):
			reg.RegistrarURL = value
		case is(key, statusKeys) && len(reg.Status) < maxStatus:
			for _, w := range strings.Split(value, ",") {
				if f := strings.Fields(w); len(f) > 0 {
					reg.Status, found = append(reg.Status, f[0]), true // what follows is a URL that explains it
				}
			}
		}
	}
	if !found || reg.Registrar == "" && reg.Expires.IsZero() {
		lower := strings.ToLower(text)
		for _, w := range noMatch {
			if strings.Contains(lower, w) {
				return nil, ErrNotRegistered
			}
		}
	}
	if !found {
		return nil, fmt.Errorf("%w: WHOIS of an unknown form", ErrAnswer)
	}
	return reg, nil
}

// china is where .cn's registry sets its clock; it names no zone.
var china = time.FixedZone("CST", 8*3600)

// readTime reads the dates of registries. A date out of all reason is none.
func readTime(s string) (time.Time, bool) {
	t, ok := parseTime(s)
	return t, ok && t.Year() >= 1980 && t.Year() < 2300
}

func parseTime(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z", "2006-01-02T15:04:05.0Z", "2006-01-02T15:04:05",
		"2006-01-02 15:04:05-07", "2006-01-02 15:04:05Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	if t, err := time.ParseInLocation("2006-01-02 15:04:05", s, china); err == nil {
		return t.UTC(), true
	}
	for _, layout := range []string{"2006-01-02", "2006/01/02", "02-Jan-2006", "2006.01.02", "02.01.2006", "20060102",
		"January 2 2006", "Mon Jan 02 2006"} {
		if f := strings.Fields(s); len(f) > 0 {
			if t, err := time.Parse(layout, s); err == nil {
				return t, true
			}
			if t, err := time.Parse(layout, f[0]); err == nil {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// clean makes a stranger's word one short line in which everything can be seen.
func clean(s string) string {
	s = visible.Text(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }),
		" "))
	if r := []rune(s); len(r) > maxWord {
		s = string(r[:maxWord]) + "…"
	}
	return s
}
