package doctor

import (
	"context"
	"crypto/tls"
	"errors"

	"signpost/bot/reportbox"
)

// Mailbox looks at the mailbox for reports: whether its address can be read, whose reports they are, whether it can be
// reached, signed in to and opened. Trust is the system's authorities where it is nil. No finding holds the password.
func Mailbox(address, botToken string, trust *tls.Config) Examination {
	return Examination{"mailbox", func(ctx context.Context) []Finding {
		one := func(status Status, code string, args map[string]any) []Finding {
			return []Finding{{Status: status, Code: code, Args: args}}
		}
		box, err := reportbox.Parse(address)
		if err != nil {
			return one(Failed, "mailbox-address", map[string]any{"error": err.Error()})
		}
		if botToken == "" {
			return one(Failed, "mailbox-nobodys", nil)
		}
		box.TLS = trust
		unread, err := box.Unread(ctx)
		args := map[string]any{"address": box.Address, "user": box.User, "folder": box.Folder}
		if err == nil {
			args["unread"] = unread
			return one(OK, "mailbox", args)
		}
		args["error"] = err.Error()
		for _, x := range []struct {
			err  error
			code string
		}{
			{reportbox.ErrCertificate, "mailbox-certificate"}, {reportbox.ErrNoTLS, "mailbox-tls"},
			{reportbox.ErrLogin, "mailbox-login"}, {reportbox.ErrFolder, "mailbox-folder"},
		} {
			if errors.Is(err, x.err) {
				return one(Failed, x.code, args)
			}
		}
		return one(Failed, "mailbox-silent", args)
	}}
}
