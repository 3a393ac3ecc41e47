// Package reportbox fetches the mails that receivers send their reports in from an IMAP mailbox (RFC 9051). It knows
// nothing of what is in them.
//
// What may enter: how mails are fetched and marked as read. What is in them is read by reports.
package reportbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	// Every is how often the mailbox is looked into.
	Every = 10 * time.Minute
	// MaxMail is how large a mail may be, in octets; a larger one is left unread and told in the log.
	MaxMail = 25 << 20
	// MostMails is how many mails are fetched in one look, the oldest first.
	MostMails = 200

	lookTimeout = 5 * time.Minute
	imapsPort   = "993"
)

// ErrAddress says that a mailbox's address cannot be used; ErrMailbox that the mailbox cannot be read now.
var (
	ErrAddress = errors.New("reportbox: address")
	ErrMailbox = errors.New("reportbox: mailbox")
)

// Why a mailbox cannot be read; each wraps ErrMailbox.
var (
	ErrSilent      = fmt.Errorf("%w: no answer", ErrMailbox)
	ErrNoTLS       = fmt.Errorf("%w: no TLS from the first octet", ErrMailbox)
	ErrCertificate = fmt.Errorf("%w: certificate", ErrMailbox)
	ErrLogin       = fmt.Errorf("%w: signing in", ErrMailbox)
	ErrFolder      = fmt.Errorf("%w: folder", ErrMailbox)
)

// Box is a mailbox.
type Box struct {
	Address        string // host:port, over TLS from the first octet (RFC 8314)
	User, Password string
	Folder         string
	TLS            *tls.Config // nil: the system's authorities
}

// Parse reads imaps://USER:PASSWORD@HOST[:PORT][/FOLDER]; without a folder it is INBOX. The error wraps ErrAddress and
// does not hold the password.
func Parse(text string) (*Box, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil { // its text would show the password
		return nil, fmt.Errorf("%w: cannot be read: characters such as @ and / in a password are written as %%40 and %%2F",
			ErrAddress)
	}
	password, has := u.User.Password()
	switch {
	case u.Scheme != "imaps":
		return nil, fmt.Errorf("%w: it begins with imaps://", ErrAddress)
	case u.Hostname() == "":
		return nil, fmt.Errorf("%w: it names no host", ErrAddress)
	case u.User.Username() == "" || !has || password == "":
		return nil, fmt.Errorf("%w: it needs a user and a password", ErrAddress)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%w: behind the folder stands nothing", ErrAddress)
	}
	port := u.Port()
	if port == "" {
		port = imapsPort
	}
	folder := strings.Trim(u.Path, "/")
	if folder == "" {
		folder = "INBOX"
	}
	return &Box{Address: net.JoinHostPort(u.Hostname(), port), User: u.User.Username(), Password: password,
		Folder: folder}, nil
}

// Take takes a mail, as it came. The name is the same for the same mail.
type Take func(ctx context.Context, name string, mail []byte) error

// open signs in and opens the folder, for reading alone where nothing is to be marked. The errors do not hold the
// password, whatever the server says.
func (b *Box) open(ctx context.Context, readOnly bool) (c *imapclient.Client, selected *imap.SelectData, err error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if b.TLS != nil {
		config = b.TLS
	}
	conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", b.Address)
	var untrusted *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &untrusted):
		return nil, nil, b.fault(ErrCertificate, err)
	case errors.As(err, &noTLS):
		return nil, nil, b.fault(ErrNoTLS, err)
	case err != nil:
		return nil, nil, b.fault(ErrSilent, err)
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	c = imapclient.New(conn, nil)
	if err = c.Login(b.User, b.Password).Wait(); err != nil {
		_ = c.Close()
		return nil, nil, b.fault(refusal(err, ErrLogin), err)
	}
	if selected, err = c.Select(b.Folder, &imap.SelectOptions{ReadOnly: readOnly}).Wait(); err != nil {
		_ = c.Close()
		return nil, nil, b.fault(refusal(err, ErrFolder), err)
	}
	return c, selected, nil
}

// refusal is an error where the server has refused; where it fell silent, that.
func refusal(err, refused error) error {
	var said *imap.Error
	if errors.As(err, &said) && said.Type != imap.StatusResponseTypeBye {
		return refused
	}
	return ErrSilent
}

const maxFault = 200 // characters of what a server says

// fault is an error of a kind with what was said, without the password.
func (b *Box) fault(kind, err error) error {
	said := err.Error()
	for _, secret := range []string{b.Password, url.QueryEscape(b.Password), url.PathEscape(b.Password)} {
		if secret != "" {
			said = strings.ReplaceAll(said, secret, "***")
		}
	}
	if runes := []rune(said); len(runes) > maxFault {
		said = string(runes[:maxFault])
	}
	return fmt.Errorf("%w: %s", kind, said)
}

// Unread signs in, opens the folder and counts the unread mails; nothing is changed. The error wraps ErrMailbox.
func (b *Box) Unread(ctx context.Context) (int, error) {
	c, _, err := b.open(ctx, true)
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.Close() }()
	unread, err := search(c)
	if err != nil {
		return 0, b.fault(ErrSilent, err)
	}
	return len(unread), nil
}

// search is the unread mails, the oldest first.
func search(c *imapclient.Client) ([]imap.UID, error) {
	unread, err := c.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagSeen}}, nil).Wait()
	if err != nil {
		return nil, err
	}
	return unread.AllUIDs(), nil
}

// Fetch gives every unread mail to take, the oldest first, and marks it as read where take had no error. An
// error of the mailbox, or of take, ends it: what was not marked comes again.
func (b *Box) Fetch(ctx context.Context, take Take) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	c, selected, err := b.open(ctx, false)
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.Close() }()
	uids, err := search(c)
	if err != nil {
		return 0, b.fault(ErrSilent, err)
	}
	for _, uid := range uids[:min(len(uids), MostMails)] {
		mail, err := read(c, uid)
		switch {
		case errors.Is(err, errLarge):
			slog.Warn("a mail with a report is too large to be read", "uid", uid, "most", MaxMail)
			continue
		case err != nil:
			return n, b.fault(ErrSilent, err)
		case mail == nil: // deleted meanwhile
			continue
		}
		if err := take(ctx, fmt.Sprintf("%d-%d.eml", selected.UIDValidity, uid), mail); err != nil {
			return n, err
		}
		n++
		seen := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagSeen}}
		if err := c.Store(imap.UIDSetNum(uid), seen, nil).Close(); err != nil {
			return n, b.fault(ErrSilent, err)
		}
	}
	return n, nil
}

var errLarge = errors.New("reportbox: too large")

// read is one mail, without marking it; nil where there is none any more.
func read(c *imapclient.Client, uid imap.UID) (mail []byte, err error) {
	sizes, err := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, RFC822Size: true}).Collect()
	if err != nil {
		return nil, err
	}
	if len(sizes) == 0 {
		return nil, nil
	}
	if sizes[0].RFC822Size > MaxMail {
		return nil, errLarge
	}
	whole := &imap.FetchItemBodySection{Peek: true}
	fetch := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{whole}})
	for message := fetch.Next(); message != nil; message = fetch.Next() {
		for item := message.Next(); item != nil; item = message.Next() {
			body, ok := item.(imapclient.FetchItemDataBodySection)
			if !ok || body.Literal == nil {
				continue
			}
			if mail, err = io.ReadAll(io.LimitReader(body.Literal, MaxMail+1)); err != nil {
				return nil, err
			}
			if len(mail) > MaxMail { // the server had told another size
				return nil, errors.Join(errLarge, c.Close())
			}
		}
	}
	return mail, fetch.Close()
}

// Run looks into the mailbox until the context ends. Turn tells how long to wait, nothing where this process may look
// now, so that of several processes one does.
func (b *Box) Run(ctx context.Context, turn func(context.Context) (time.Duration, error), take Take) {
	for {
		wait, err := turn(ctx)
		if err == nil && wait == 0 {
			var n int
			n, err = b.Fetch(ctx, take)
			slog.Info("looked into the mailbox for reports", "mails", n)
			wait = Every
		}
		if err != nil && ctx.Err() == nil {
			slog.Warn("the mailbox for reports cannot be read: it is tried again", "error", err)
			wait = max(wait, time.Minute)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}
