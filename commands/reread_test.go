package commands

import (
	"context"
	"testing"

	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// TestSentencesAreReadByWhatIsKnown names public mail services, own domains and bounces inside sentences: nobody
// administers hotmail.com, and what a server said is explained wherever it stands.
func TestSentencesAreReadByWhatIsKnown(t *testing.T) {
	o := openOffice(t)
	for said, want := range map[string]string{
		"outlook.com拒收怎么办":                                                               chat.Ask,
		"hotmail.com不收我们的信 怎么处理":                                                         chat.Ask,
		"our mail to yahoo.com never arrives":                                            chat.Ask,
		"qq.com把我们的邮件都退了":                                                                chat.Ask,
		"check outlook.com":                                                              chat.Check + " outlook.com",
		"gmail.com":                                                                      chat.Check + " gmail.com",
		"hotmail.com rejects mail of acme.example":                                       chat.Check + " acme.example",
		"acme.example gets no mail":                                                      chat.Check + " acme.example",
		"acme.example 收不到邮件":                                                             chat.Check + " acme.example",
		"发给供应商退回来 写着550 Mail content denied 咋整":                                          chat.Bounce,
		"they return it: 554 Message rejected as spam":                                   chat.Bounce,
		"supplier says 550 mailbox full when he writes us":                               chat.Bounce,
		"we have 450 users who share one mailbox":                                        chat.Ask,
		"can we send 500 mails per day from one account":                                 chat.Ask,
		"outlook complains about the certificate name of mail.acme.example since monday": chat.Ask,
	} {
		m := Meant(context.Background(), o.d, o.request(said, by(""), func(r *chat.Request) { r.Lang = language.English }))
		got := m.Command
		if got == chat.Check {
			got += " " + m.Text
		}
		if got != want {
			t.Errorf("%q: %s %q, want %s", said, got, m.Text, want)
		}
	}
}
