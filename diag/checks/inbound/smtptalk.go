package inbound

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"
)

// smtpTalk is one conversation.
type smtpTalk struct {
	conn net.Conn
	in   *bufio.Reader
	note func(question, answer string)
}

// say sends a command and reads its answer.
func (s *smtpTalk) say(command string) (int, string, error) {
	_ = s.conn.SetDeadline(time.Now().Add(smtpStep))
	if _, err := io.WriteString(s.conn, command+"\r\n"); err != nil {
		return 0, "", err
	}
	return s.answer(command)
}

// answer reads one answer of one or more lines (RFC 5321 4.2.1).
func (s *smtpTalk) answer(question string) (code int, text string, err error) {
	_ = s.conn.SetReadDeadline(time.Now().Add(smtpStep))
	var lines []string
	for range maxSMTPLines {
		line, err := s.in.ReadSlice('\n')
		if err != nil {
			s.note(question, strings.Join(append(lines, err.Error()), "\n"))
			return 0, strings.Join(lines, "\n"), fmt.Errorf("diag: smtp: %s: %w", question, err)
		}
		l := strings.TrimRight(string(line), "\r\n")
		lines = append(lines, l)
		if len(l) < 3 || strings.Trim(l[:3], "0123456789") != "" {
			s.note(question, strings.Join(lines, "\n"))
			return 0, strings.Join(lines, "\n"), nil // not SMTP
		}
		if len(l) == 3 || l[3] != '-' {
			_, _ = fmt.Sscanf(l[:3], "%d", &code)
			break
		}
	}
	text = strings.Join(lines, "\n")
	s.note(question, text)
	return code, text, nil
}

func newTalk(conn net.Conn, note func(question, answer string)) *smtpTalk {
	return &smtpTalk{conn: conn, in: bufio.NewReaderSize(conn, maxSMTPLine), note: note}
}

// hello greets the host with our address as an address literal (RFC 5321 4.1.3), and tells whether it offers STARTTLS.
func (s *smtpTalk) hello() (code int, text string, starttls bool, err error) {
	name := "[127.0.0.1]"
	if a, err := netip.ParseAddrPort(s.conn.LocalAddr().String()); err == nil {
		name = "[" + a.Addr().Unmap().String() + "]"
		if a.Addr().Unmap().Is6() {
			name = "[IPv6:" + a.Addr().String() + "]"
		}
	}
	code, text, err = s.say("EHLO " + name)
	for line := range strings.Lines(strings.ToUpper(text)) {
		if len(line) > 4 && strings.TrimSpace(line[4:]) == "STARTTLS" {
			starttls = true
		}
	}
	return code, text, starttls, err
}

const smtpConnect = 4 * time.Second

const smtpStep = 6 * time.Second // for each answer; senders wait 5 minutes (RFC 5321 4.5.3.2.1), nobody waits here

const maxSMTPLine = 2048

const maxSMTPLines = 100

const maxSMTPAddrs = 3 // of one host

const slowGreeting = 3 * time.Second
