package lab

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"signpost/diag/registry"
)

// Registry is the directory of the lab's registries: RDAP for all, WHOIS for .cn.
func (l *Lab) Registry() *registry.Directory {
	tlds := []string{}
	for origin := range l.tree.Load().zones {
		if name := strings.TrimSuffix(origin, "."); name != "" && !strings.Contains(name, ".") && name != "arpa" {
			tlds = append(tlds, name)
		}
	}
	file, err := json.Marshal(map[string]any{"version": "1.0",
		"services": [][][]string{{tlds, {"https://" + rdapHost + "/"}}}})
	if err != nil {
		panic(err)
	}
	d, err := registry.New(file, map[string]string{"cn": whoisHost})
	if err != nil {
		panic(err)
	}
	return d
}

// registered is what the registry knows of a domain; false where it knows none.
func (t *tree) registered(name string) (registration, bool) {
	z := t.zones[canonical(name)]
	if z == nil {
		if t.bulk == nil || t.bulk.zone(canonical(name)) == nil {
			return registration{}, false
		}
	}
	r := registration{days: 365, registrar: "Example Registrar"}
	if z != nil && z.registration.given {
		r = z.registration
	}
	if len(r.status) == 0 {
		r.status = []string{"clientTransferProhibited"}
	}
	return r, r.fault != "missing"
}

func (r *registration) expires() time.Time {
	return time.Now().UTC().Truncate(time.Hour).Add(time.Duration(r.days)*24*time.Hour + time.Hour)
}

// serveRDAP answers as RFC 9083 5.3 has it.
func (l *Lab) serveRDAP(w http.ResponseWriter, req *http.Request) {
	name, ok := strings.CutPrefix(strings.ToLower(req.URL.Path), "/domain/")
	r, known := l.tree.Load().registered(name)
	if !ok || !known {
		http.NotFound(w, req)
		return
	}
	w.Header().Set("Content-Type", "application/rdap+json")
	if r.fault == "broken" {
		_, _ = io.WriteString(w, `{"objectClassName": "domain", "ldhName": [`)
		return
	}
	var status []string
	for _, s := range r.status {
		var words strings.Builder
		for _, c := range s {
			if c >= 'A' && c <= 'Z' {
				words.WriteByte(' ')
				c += 'a' - 'A'
			}
			words.WriteRune(c)
		}
		status = append(status, words.String())
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"objectClassName": "domain", "ldhName": name, "status": status, "rdapConformance": []string{"rdap_level_0"},
		"events": []any{
			map[string]string{"eventAction": "registration", "eventDate": "2019-03-01T00:00:00Z"},
			map[string]string{"eventAction": "expiration", "eventDate": r.expires().Format(time.RFC3339)},
		},
		"entities": []any{map[string]any{
			"objectClassName": "entity", "roles": []string{"registrar"}, "handle": "9999",
			"vcardArray": []any{"vcard",
				[]any{[]any{"version", map[string]any{}, "text", "4.0"}, []any{"fn", map[string]any{}, "text", r.registrar}}},
		}},
	})
}

// serveWhois answers in the words of .cn's registry, by its clock.
func (l *Lab) serveWhois(conn net.Conn, _ netip.Addr) {
	_ = conn.SetDeadline(time.Now().Add(smtpIdle))
	line, err := bufio.NewReaderSize(io.LimitReader(conn, 512), 512).ReadString('\n')
	if err != nil {
		return
	}
	name := strings.ToLower(strings.TrimSpace(line))
	r, known := l.tree.Load().registered(name)
	switch {
	case !known:
		_, _ = io.WriteString(conn, "No matching record.\r\n")
		return
	case r.fault == "broken":
		_, _ = io.WriteString(conn, "the service is busy, come again\r\n")
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Domain Name: %s\r\nROID: 20190301s10001s00000000-cn\r\n", name)
	for _, s := range r.status {
		fmt.Fprintf(&b, "Domain Status: %s\r\n", s)
	}
	clock := time.FixedZone("", 8*3600)
	fmt.Fprintf(&b, "Registrant: \xe7\xa4\xba\xe4\xbe\x8b\r\nSponsoring Registrar: %s\r\nName Server: ns1.%s\r\nRegistration Time: 2019-03-01 08:00:00\r\n", r.registrar, name)
	fmt.Fprintf(&b, "Expiration Time: %s\r\nDNSSEC: unsigned\r\n", r.expires().In(clock).Format("2006-01-02 15:04:05"))
	_, _ = io.WriteString(conn, b.String())
}
