package inbound

import (
	"bufio"
	"bytes"
	"net"
	"testing"
	"unicode/utf8"

	"signpost/diag/visible"
)

// FuzzSMTPAnswer reads what a mail host says: bounded, and its code is one.
func FuzzSMTPAnswer(f *testing.F) {
	f.Add([]byte("220-hello\r\n220 there\r\n"))
	f.Add([]byte("SSH-2.0-x\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		client, server := net.Pipe()
		_ = server.Close()
		defer client.Close()
		said := 0
		s := &smtpTalk{conn: client, in: bufio.NewReaderSize(bytes.NewReader(data), maxSMTPLine),
			note: func(string, string) { said++ }}
		code, text, err := s.answer("banner")
		if code < 0 || code > 999 || len(text) > maxSMTPLine*maxSMTPLines || said != 1 || err != nil && code != 0 {
			t.Errorf("%d, %d octets, said %d, %v", code, len(text), said, err)
		}
		if !utf8.ValidString(visible.Clip(text, 300)) && utf8.ValidString(text) {
			t.Error("clipped within a letter")
		}
	})
}
