package lab

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

const (
	smtpIdle  = 30 * time.Second
	smtpLine  = 2048
	smtpLines = 50 // commands of one connection
)

// MailHost is how a mail host behaves on port 25. The zero value greets, offers STARTTLS and has a valid certificate
// for whatever name it is asked for. It takes no mail.
type MailHost struct {
	Refuse        bool          // refuses connections
	Silent        bool          // says nothing
	NoSTARTTLS    bool          // does not offer it
	CertExpired   bool          // its certificate ended three days ago
	CertName      bool          // its certificate is for another name
	CertUntrusted bool          // its certificate is signed by nobody known
	CertExpiring  bool          // its certificate ends in five days
	OldTLS        bool          // it speaks TLS 1.1 at most
	CertShort     bool          // its certificate lives for six days, and ends in five: that is as it should be
	Also          mailTLS       // what its TLS agrees to besides what is good
	Banner        string        // the first line; "": 220
	Delay         time.Duration // before the banner
}

// parseMailHost reads the words of a ";! smtp" line: refuse, silent, no-starttls, cert-expired, cert-name,
// cert-untrusted, cert-expiring, cert-short, tls-old, those of mailTLS, a delay (3s), banner=554 (what follows is the
// rest of the banner).
func parseMailHost(s string) (h MailHost, err error) {
	flags := map[string]*bool{
		"refuse": &h.Refuse, "silent": &h.Silent, "no-starttls": &h.NoSTARTTLS, "cert-expired": &h.CertExpired,
		"cert-name":      &h.CertName,
		"cert-untrusted": &h.CertUntrusted, "cert-expiring": &h.CertExpiring, "tls-old": &h.OldTLS,
		"cert-short": &h.CertShort,
	}
	words := strings.Fields(s)
	for i, w := range words {
		if f := flags[w]; f != nil {
			*f = true
		} else if code, ok := strings.CutPrefix(w, "banner="); ok {
			h.Banner = strings.Join(append([]string{code}, words[i+1:]...), " ")
			return h, nil
		} else if h.Also.word(w) {
			continue
		} else if h.Delay, err = time.ParseDuration(w); err != nil {
			return h, fmt.Errorf("no such behaviour of a mail host: %s", w)
		}
	}
	return h, nil
}

func (h *MailHost) fault() certFault {
	switch {
	case h.CertExpired:
		return certExpired
	case h.CertName:
		return certName
	case h.CertUntrusted:
		return certUntrusted
	case h.CertExpiring:
		return certExpiring
	case h.CertShort:
		return certShort
	case h.Also.noSecrecy:
		return certRSA
	}
	return certGood
}

// placeMail puts a mail host at every address that an MX record leads to, and a policy at every name that has one.
func (t *tree) placeMail() {
	zones := []*zone{}
	for _, z := range t.zones {
		zones = append(zones, z)
	}
	if t.bulk != nil {
		zones = append(zones, t.bulk.pattern)
	}
	for _, z := range zones {
		for _, types := range z.names {
			for _, rr := range types[dns.TypeMX] {
				target := strings.ToLower(rr.(*dns.MX).Mx)
				addrs := t.addresses(target)
				if dns.IsSubDomain(z.origin, target) {
					for _, a := range z.get(target, dns.TypeA) {
						addrs = append(addrs, addrOf(a))
					}
				}
				for _, a := range addrs {
					if isDocumentation(a) {
						t.mail[a] = MailHost{}
					}
				}
			}
		}
		if z.page != (page{}) {
			t.pages["mta-sts."+z.about.Name] = z.page
		}
		if z.logo != "" {
			t.logos["logo."+z.about.Name] = z.page.packed(z.logo)
		}
		if z.mark != nil {
			t.marks["logo."+z.about.Name] = z
		}
	}
	for _, z := range zones {
		for a, h := range z.mail {
			t.mail[a] = h
		}
	}
}

// serveSMTP speaks as much of RFC 5321 as somebody needs who looks and leaves: EHLO, HELO, STARTTLS, NOOP, RSET, QUIT.
func (l *Lab) serveSMTP(conn net.Conn, addr netip.Addr) {
	h := l.tree.Load().mail[addr]
	if h.Delay > 0 {
		l.wait(conn, h.Delay)
	}
	if h.Silent {
		l.wait(conn, smtpIdle)
		return
	}
	name := "mail.lab.invalid"
	banner := h.Banner
	if banner == "" {
		banner = "220 " + name + " ESMTP"
	}
	secure := false
	_ = conn.SetDeadline(time.Now().Add(smtpIdle))
	in := bufio.NewReaderSize(conn, smtpLine)
	say := func(lines ...string) {
		time.Sleep(l.latency)
		_, _ = io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n")
	}
	say(banner)
	for range smtpLines {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(string(line))), " ")
		switch {
		case verb == "QUIT":
			say("221 2.0.0 bye")
			return
		case !strings.HasPrefix(banner, "220"):
			say("503 5.5.1 no service here")
		case verb == "EHLO" && !secure && !h.NoSTARTTLS:
			say("250-"+name, "250-PIPELINING", "250 STARTTLS")
		case verb == "EHLO":
			say("250-"+name, "250 PIPELINING")
		case verb == "HELO":
			say("250 " + name)
		case verb == "NOOP", verb == "RSET":
			say("250 2.0.0 fine")
		case verb == "STARTTLS" && !secure && !h.NoSTARTTLS:
			say("220 2.0.0 go ahead")
			config := l.ca.tlsConfig(addr.String(), h.fault())
			if h.OldTLS {
				config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
			}
			h.Also.apply(config, l, addr.String())
			time.Sleep(l.latency)
			c := tls.Server(conn, config)
			if c.Handshake() != nil {
				return
			}
			conn, secure = c, true
			in.Reset(c)
		case verb == "MAIL", verb == "RCPT", verb == "DATA":
			say("550 5.7.1 this host takes no mail")
		default:
			say("502 5.5.2 unknown command")
		}
	}
}

// wait lets time pass, or less when the other side goes or the lab closes.
func (l *Lab) wait(conn net.Conn, d time.Duration) {
	_ = conn.SetReadDeadline(time.Now().Add(d))
	_, _ = conn.Read(make([]byte, 1))
	_ = conn.SetReadDeadline(time.Time{})
}

// serveWeb serves the policies (RFC 8461 3.3) over HTTPS.
func (l *Lab) serveWeb(ln net.Listener) {
	s := &http.Server{
		TLSConfig: &tls.Config{
			MinVersion: tls.VersionTLS12,
			GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
				return l.ca.leaf(h.ServerName, l.tree.Load().pages[strings.ToLower(h.ServerName)].cert)
			},
		},
		ReadTimeout: smtpIdle, WriteTimeout: smtpIdle,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(l.latency)
			if site := l.sites[strings.ToLower(r.Host)]; site != nil {
				site.ServeHTTP(w, r)
				return
			}
			if page, _ := l.StatusPage(); strings.EqualFold("https://"+r.Host, page) {
				l.serveStatus(w, r)
				return
			}
			if logo := l.tree.Load().logos[strings.ToLower(r.Host)]; logo != "" && r.URL.Path == "/logo.svg" {
				w.Header().Set("Content-Type", "image/svg+xml")
				_, _ = io.WriteString(w, logo)
				return
			}
			if z := l.tree.Load().marks[strings.ToLower(r.Host)]; z != nil && r.URL.Path == "/vmc.pem" {
				l.serveMark(w, z)
				return
			}
			if strings.EqualFold(r.Host, rdapHost) {
				l.serveRDAP(w, r)
				return
			}
			p := l.tree.Load().pages[strings.ToLower(r.Host)]
			if p.text == "" || r.URL.Path != "/.well-known/mta-sts.txt" {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", cmp.Or(p.kind, "text/plain"))
			if p.status >= 300 && p.status < 400 {
				w.Header().Set("Location", "https://other.example"+r.URL.Path)
			}
			w.WriteHeader(cmp.Or(p.status, http.StatusOK))
			_, _ = io.WriteString(w, p.text)
		}),
	}
	l.closers = append(l.closers, s)
	l.running.Go(func() { _ = s.ServeTLS(ln, "", "") })
}
