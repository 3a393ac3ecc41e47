package lab

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

const (
	smtpLine  = 2048
	smtpLines = 50 // commands of one connection
)

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

// apply makes a configuration agree to it.
func (m *mailTLS) apply(config *tls.Config, l *Lab, fallback string) {
	if m.oldest == tls.VersionTLS10 || m.oldest == tls.VersionTLS11 {
		config.MinVersion = m.oldest
	}
	good := config.Clone()
	if m.noSecrecy {
		config.MaxVersion, config.CipherSuites = tls.VersionTLS12, staticSuites
	}
	config.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		old := slices.Max(h.SupportedVersions) < tls.VersionTLS12
		onlyWeak := !slices.ContainsFunc(tls.CipherSuites(),
			func(s *tls.CipherSuite) bool { return slices.Contains(h.CipherSuites, s.ID) })
		static := slices.ContainsFunc(staticSuites, func(id uint16) bool { return slices.Contains(h.CipherSuites, id) })
		switch {
		case m.mute && (old || onlyWeak && !static):
			l.wait(h.Conn, smtpIdle)
			return nil, io.ErrUnexpectedEOF
		case m.oldest == ssl30 && old:
			return nil, agree(h, ssl30, h.CipherSuites[0])
		case m.weak != 0 && onlyWeak && slices.Contains(h.CipherSuites, m.weak):
			return nil, agree(h, tls.VersionTLS12, m.weak)
		case m.staticFirst && !static:
			return good, nil
		}
		return nil, nil
	}
}
