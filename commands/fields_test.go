package commands

import (
	"strings"
	"testing"

	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// TestUnknownFields: a name that no field has is told, with the known one that is near and how it is written, whatever
// the command; what merely has an equals sign in it is not.
func TestUnknownFields(t *testing.T) {
	o := openOffice(t)
	o.ask("open login broken")
	for _, x := range []struct {
		command, text string
		want          []string // nil: nothing is told
	}{
		{chat.Set, "provder=alimail", []string{"no such field: provder", "Did you mean: provider", "provider=alimail"}},
		{chat.Set, "digest=daily retentoin=1y", []string{"no such field: retentoin", "retention=1y"}},
		{chat.Set, "x=1", []string{"no such field: x.", "The fields here: language", "/mailset language=zh"}},
		{chat.Set, "digest=daily", nil},
		{chat.Case, "set sevrity=high", []string{"no such field: sevrity", "severity=high", "The fields here"}},
		{chat.Case, "open users wait prioirty=urgent", []string{"no such field: prioirty", "priority=urgent"}},
		{chat.Case, "contact 1 phone they look ansvered=yes",
			[]string{"no such field: ansvered", "answered=yes", "channel, ticket"}},
		{chat.Case, "contact 1 phone ticket=A12345 colour=red", []string{"no such field: colour", "channel, ticket"}},
		{chat.Case, "list prioirty=urgent", []string{"no such field: prioirty", "priority=urgent"}},
		{chat.Case, "search assignee=me stat=new", []string{"no such field: stat", "state=new"}},
		{chat.Case, "take 1 urgency=high", []string{"no such field: urgency", "/mailcase take 42"}},
		{chat.Case, "solve 1 resoluton=done", []string{"no such field: resoluton", "resolution=done"}},
		{chat.Case, "note 1 they say p=none is wrong, mode=testing too", nil},
		{chat.Case, "note 1 v=spf1 include:x -all", nil},
		{chat.Case, "take 1 rev=1", nil},
		{chat.Case, "list below=3", nil},
		{chat.Case, "priority 1 urgent", nil},
		{chat.Case, `open users wait priority=urgent title="no login"`, nil},
		{chat.Ticket, "titel=broken", []string{"no such field: titel", "The fields here: domain", "/mailticket example.com"}},
		{chat.Ticket, "good.example problm=broken", []string{"no such field: problm", "problem=broken"}},
		{chat.Ticket, "good.example our record p=reject fails", nil},
		{chat.Check, "good.example selektor=s1", []string{"no such field: selektor", "selector=s1"}},
		{chat.Check, "good.example selector=s1 ip=192.0.2.1", nil},
		{chat.Bounce, "reason=full", []string{"no such field: reason", "/mailbounce 550"}},
		{chat.Bounce, "smtp; 550 5.7.26 status=bounced dsn=5.7.26", nil},
		{chat.Help, "regoin=CN no mail since today", []string{"no such field: regoin", "region=CN"}},
		{chat.Ask, "what does v=spf1 mean", nil},
		{chat.Ask, "is adkim=s right", nil},
	} {
		r := o.request(x.text, func(r *chat.Request) { r.Command = x.command })
		got := words(o.handle(r))
		for _, w := range x.want {
			if !strings.Contains(got, w) {
				t.Errorf("/%s %s: %q is missing in\n%s", x.command, x.text, w, got)
			}
		}
		if x.want == nil && strings.Contains(got, "no such field") {
			t.Errorf("/%s %s: told without need:\n%s", x.command, x.text, got)
		}
	}
	for text, want := range map[string]string{"open 登录失败 优先=urgent": "没有这些字段", "contact 1 phone 他们在查 已回负=yes": "已回复=yes"} {
		got := words(o.ask(text, func(r *chat.Request) { r.Lang = language.Chinese }))
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q is missing in\n%s", text, want, got)
		}
	}
}
