// Package reportbox fetches the mails that receivers send their reports in from an IMAP mailbox (RFC 9051). It knows
// nothing of what is in them.
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

// Fetch gives every unread mail to take, the oldest first, and marks it as read where take had no error. An
// error of the mailbox, or of take, ends it: what was not marked comes again.
func (b *Box) Fetch(ctx context.Context, take Take) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if b.TLS != nil {
		config = b.TLS
	}
	conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", b.Address)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrMailbox, err)
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	c := imapclient.New(conn, nil)
	defer func() { _ = c.Close() }()
	if err := c.Login(b.User, b.Password).Wait(); err != nil {
		return 0, fmt.Errorf("%w: login: %w", ErrMailbox, err)
	}
	selected, err := c.Select(b.Folder, nil).Wait()
	if err != nil {
		return 0, fmt.Errorf("%w: folder %q: %w", ErrMailbox, b.Folder, err)
	}
	unread, err := c.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagSeen}}, nil).Wait()
	if err != nil {
		return 0, fmt.Errorf("%w: search: %w", ErrMailbox, err)
	}
	uids := unread.AllUIDs()
	for _, uid := range uids[:min(len(uids), MostMails)] {
		mail, err := read(c, uid)
		switch {
		case errors.Is(err, errLarge):
			slog.Warn("a mail with a report is too large to be read", "uid", uid, "most", MaxMail)
			continue
		case err != nil:
			return n, fmt.Errorf("%w: fetch: %w", ErrMailbox, err)
		case mail == nil: // deleted meanwhile
			continue
		}
		if err := take(ctx, fmt.Sprintf("%d-%d.eml", selected.UIDValidity, uid), mail); err != nil {
			return n, err
		}
		n++
		seen := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagSeen}}
		if err := c.Store(imap.UIDSetNum(uid), seen, nil).Close(); err != nil {
			return n, fmt.Errorf("%w: mark: %w", ErrMailbox, err)
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
