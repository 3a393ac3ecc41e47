package reportbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/bot/reportbox/imaptest"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Box{
		"imaps://dmarc%40example.com:s%2Fecret@imap.example.com": {Address: "imap.example.com:993",
			User: "dmarc@example.com", Password: "s/ecret", Folder: "INBOX"},
		" imaps://u:p@[2001:db8::1]:1993/Reports/2026/ ": {Address: "[2001:db8::1]:1993", User: "u", Password: "p",
			Folder: "Reports/2026"},
	} {
		if got, err := Parse(text); err != nil || *got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "imap://u:secret@h", "imaps://h/INBOX", "imaps://u@h", "imaps://u:secret@",
		"imaps://u:sec ret%@h", "imaps://u:secret@h/INBOX?x=1", "https://u:secret@h"} {
		if _, err := Parse(text); !errors.Is(err, ErrAddress) || strings.Contains(err.Error(), "sec") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// served is a mailbox on a server of its own, over TLS, and what puts a mail into it.
func served(t *testing.T) (*Box, func(text string)) {
	t.Helper()
	server := imaptest.Serve(t)
	return &Box{Address: server.Address, User: imaptest.User, Password: imaptest.Password, Folder: imaptest.Folder,
		TLS: server.Trust}, server.Put
}

// TestFetch gives each mail once, under the same name until it was taken; what was not taken comes again, and what is
// too large is left alone.
func TestFetch(t *testing.T) {
	box, put := served(t)
	put("Subject: one\r\n\r\n1")
	put("Subject: large\r\n\r\n" + strings.Repeat("x", MaxMail))
	put("Subject: two\r\n\r\n2")
	var names, mails []string
	refuse := errors.New("not now")
	fetch := func(fail string) (int, error) {
		names, mails = nil, nil
		return box.Fetch(t.Context(), func(_ context.Context, name string, mail []byte) error {
			names, mails = append(names, name), append(mails, string(mail))
			if fail != "" && strings.Contains(string(mail), fail) {
				return refuse
			}
			return nil
		})
	}
	n, err := fetch("two")
	both := []string{"Subject: one\r\n\r\n1", "Subject: two\r\n\r\n2"}
	if n != 1 || !errors.Is(err, refuse) || !slices.Equal(mails, both) {
		t.Fatalf("%d, %v: %.200q", n, err, mails)
	}
	second := names[1]
	if n, err = fetch(""); n != 1 || err != nil || !slices.Equal(names, []string{second}) {
		t.Errorf("again: %d, %v: %v, want %s", n, err, names, second)
	}
	put("Subject: three\r\n\r\n3")
	if n, err = fetch(""); n != 1 || err != nil || len(mails) != 1 || !strings.Contains(mails[0], "three") {
		t.Errorf("what is new: %d, %v: %.100q", n, err, mails)
	}
}

// TestNoMailbox: what cannot be read is told, with the kind of it, and without the password.
func TestNoMailbox(t *testing.T) {
	box, put := served(t)
	put("Subject: one\r\n\r\n1")
	for name, x := range map[string]struct {
		change func(*Box)
		want   error
	}{
		"password":      {func(b *Box) { b.Password = "wrong-secret" }, ErrLogin},
		"told by heart": {func(b *Box) { b.User, b.Password = imaptest.Gossip, "my secret & more" }, ErrLogin},
		"folder":        {func(b *Box) { b.Folder = "None" }, ErrFolder},
		"stranger":      {func(b *Box) { b.TLS = nil }, ErrCertificate},
		"nobody":        {func(b *Box) { b.Address = "127.0.0.1:1" }, ErrSilent},
		"no TLS":        {func(b *Box) { b.Address = imaptest.Plain(t) }, ErrNoTLS},
		"hangs up":      {func(b *Box) { b.Address = imaptest.HangsUp(t) }, ErrSilent},
	} {
		other := *box
		x.change(&other)
		_, err := other.Fetch(t.Context(), func(context.Context, string, []byte) error { return nil })
		_, looked := other.Unread(t.Context())
		for _, err := range []error{err, looked} {
			if !errors.Is(err, ErrMailbox) || !errors.Is(err, x.want) || strings.Contains(fmt.Sprint(err), "secret") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for range 2 { // looking marks nothing
		if n, err := box.Unread(t.Context()); n != 1 || err != nil {
			t.Errorf("%d unread, %v", n, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := box.Fetch(ctx, nil); err == nil {
		t.Error("it does not end with its context")
	}
}

// TestRun looks when it is its turn, and ends with its context.
func TestRun(t *testing.T) {
	box, put := served(t)
	put("Subject: one\r\n\r\n1")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	turns, took := 0, make(chan string, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		box.Run(ctx, func(context.Context) (time.Duration, error) {
			turns++
			if turns == 1 { // another process had it
				return time.Millisecond, nil
			}
			return 0, nil
		}, func(_ context.Context, _ string, mail []byte) error {
			took <- string(mail)
			return nil
		})
	}()
	select {
	case <-took:
	case <-time.After(30 * time.Second):
		t.Fatal("nothing is fetched")
	}
	cancel()
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Fatal("it does not end")
	}
}
