package commands

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/diag/lab"
	"signpost/feeds"
	"signpost/kb"

	"golang.org/x/text/language"
)

// follow is what the queue does with the events that a reply asked for, until one of a feed is due later than so long
// from now; it gives what was posted.
func (o *office) follow(within time.Duration, events []chat.Event) (posted []chat.Message, later []chat.Event) {
	o.t.Helper()
	end := o.now.Add(within)
	for n := 0; len(events) > 0; n++ {
		if n > 200 {
			o.t.Fatal("the events do not end")
		}
		e := events[0]
		events = slices.DeleteFunc(events, func(x chat.Event) bool { return fmt.Sprint(x) == fmt.Sprint(e) })
		if e.Due.After(end) {
			later = append(later, e)
			continue
		}
		if o.now.Before(e.Due) {
			o.now = e.Due
		}
		got := o.happen(e)
		for _, m := range got.Outbox { // what has one name is said once
			if !slices.ContainsFunc(posted, func(x chat.Message) bool { return x.Key == m.Key }) {
				posted = append(posted, m)
			}
		}
		events = append(events, got.Scheduled...)
	}
	return posted, later
}

// happen lets one time come.
func (o *office) happen(e chat.Event) chat.Reply {
	o.t.Helper()
	o.asks++
	return o.handle(chat.Request{ID: fmt.Sprint("e", o.asks), Team: "T1", Channel: e.Channel, Command: chat.Case,
		Event: &e, Internal: true, Lang: language.English})
}

// feedEvents is those of some events that are about addresses.
func feedEvents(all []chat.Event) (out []chat.Event) {
	for _, e := range all {
		if e.Feed != "" {
			out = append(out, e)
		}
	}
	return out
}

// statusPage is the page that a zone of the lab names.
const (
	statusHost = "status.aliyun.com"
	statusPage = "https://" + statusHost + "/"
)

// TestFollowFeed: an address is followed, what goes on is in the answer, and what is new is told once in the channel
// that asked; a look that is repeated tells the same under the same name.
func TestFollowFeed(t *testing.T) {
	o := openOffice(t)
	o.lab.Incident(true)
	got := o.watched("feed <" + statusPage + "|" + statusHost + ">")
	if !strings.Contains(words(got), "Following Lab mail status") || !strings.Contains(words(got), "delivered late") {
		t.Fatalf("%s", words(got))
	}
	if got := words(o.watched("feed " + statusPage)); !strings.Contains(got, "followed here already") {
		t.Errorf("again: %s", got)
	}
	next := got.Scheduled[0]
	if posts, n := o.tick(next); len(posts) != 0 {
		t.Fatalf("what stood there is told: %v", posts)
	} else {
		next = n
	}
	o.lab.Incident(false)
	ended := next
	posts, next := o.tick(next)
	if len(posts) != 1 || posts[0].Channel != "C1" || !strings.Contains(words(posts[0].Reply), "(over)") {
		t.Fatalf("the end: %v", posts)
	}
	repeated, _ := o.tick(ended)
	if len(repeated) != 1 || repeated[0].Key != posts[0].Key || words(repeated[0].Reply) != words(posts[0].Reply) {
		t.Errorf("repeated: %v", repeated)
	}
	if posts, next = o.tick(next); len(posts) != 0 {
		t.Errorf("told again: %v", posts)
	}
	o.lab.Incident(true)
	if posts, next = o.tick(next); len(posts) != 1 || posts[0].Reply.Tone != chat.Caution {
		t.Errorf("another: %v", posts)
	}
	if got := words(o.watched("feeds")); !strings.Contains(got, "1 incident open") {
		t.Errorf("the list: %s", got)
	}
	if got := words(o.watched("feed " + statusPage + " off")); !strings.Contains(got, "no longer") {
		t.Errorf("off: %s", got)
	}
	if posts, next = o.tick(next); len(posts) != 0 || !next.Due.IsZero() {
		t.Errorf("followed no longer: %v, next %v", posts, next)
	}
}

// TestFollowedByTwo: who follows an address that others follow takes nothing of what they are to be told, also where
// the last look got no answer.
func TestFollowedByTwo(t *testing.T) {
	o := openOffice(t)
	next := o.watched("feed " + statusPage).Scheduled[0]
	s, err := o.d.Book.Source(t.Context(), "T1", next.Feed)
	if err != nil {
		t.Fatal(err)
	}
	s.Trouble = "unknown"
	if err := o.d.Book.SetSource(t.Context(), "T1", s); err != nil {
		t.Fatal(err)
	}
	o.lab.Incident(true)
	second := o.watched("feed "+statusPage, func(r *chat.Request) { r.Channel = "C2" })
	if second.Tone != chat.Good || !strings.Contains(words(second), "could not be reached") {
		t.Errorf("the second channel: %s", words(second))
	}
	posts, _ := o.tick(next)
	var told []string
	for _, m := range posts {
		told = append(told, m.Channel)
	}
	if strings.Join(told, " ") != "C1 C2" {
		t.Errorf("told %v", told)
	}
}

// TestFeedWords: what cannot be followed is not, and it is said why.
func TestFeedWords(t *testing.T) {
	o := openOffice(t)
	chinese := func(r *chat.Request) { r.Lang = language.Chinese }
	for _, x := range []struct {
		text, want string
		with       func(*chat.Request)
	}{
		{"feed", "Which feed", nil},
		{"feeds", "0 feeds followed", nil},
		{"feed http://status.aliyun.com/", "no https address", nil},
		{"feed https://192.0.2.90/", "no https address", nil},
		{"feed https://gone.example/feed", "no such host", nil},
		{"feed https://status.aliyun.com/none", "The server does not give it", nil},
		{"feed nobody knows this", "neither an address nor a provider", nil},
		{"feed status.aliyun.com off", "is not followed for this channel", nil},
		{"feed alimail", "Following Lab mail status", nil},
		{"公告 阿里云邮箱", "已经在关注", chinese},
		{"feed Alibaba Mail off", "followed for this channel no longer", nil},
	} {
		with := func(*chat.Request) {}
		if x.with != nil {
			with = x.with
		}
		if got := words(o.watched(x.text, with)); !strings.Contains(got, x.want) {
			t.Errorf("%q: %q is missing in\n%s", x.text, x.want, got)
		}
	}
}

// TestProvidersIncident: the official page of the provider that a watched domain uses is followed without being asked
// for; its incident is told to the channel that watches, to the open cases, and stands first in answers, as long as the
// last look is fresh.
func TestProvidersIncident(t *testing.T) {
	o := openOffice(t)
	const domain = "healthy-alimail.example"
	opened := o.says("open "+domain+" mail arrives hours late", "MAIL-1")
	added := o.watched("add " + domain + " daily")
	posts, later := o.follow(time.Hour, append(added.Scheduled, opened.Scheduled...))
	if len(posts) != 0 || len(feedEvents(later)) == 0 {
		t.Fatalf("posted %v, later %v", posts, later)
	}
	if got := words(o.watched("feeds")); !strings.Contains(got, "Alibaba") {
		t.Errorf("the pages: %s", got)
	}
	o.lab.Incident(true)
	posts, later = o.follow(time.Hour, feedEvents(later))
	var channel, thread int
	for _, m := range posts {
		text := words(m.Reply)
		switch {
		case underCase(m, 1) && strings.Contains(text, "may be the cause"):
			thread++
		case m.Channel == "C1" && m.ThreadOf == nil && strings.Contains(text, "delivered late"):
			channel++
		default:
			t.Errorf("%s", text)
		}
	}
	if channel != 1 || thread != 1 {
		t.Errorf("told the channel %d times and the case %d times", channel, thread)
	}
	o.says("open healthy.example nothing to do with it", "MAIL-2")
	ask := func(command, text string) string {
		r := o.request(text)
		r.Command = command
		return words(o.handle(r))
	}
	for command, text := range map[string]string{chat.Check: domain, chat.Help: "mail of " + domain + " is late"} {
		got := ask(command, text)
		at := strings.Index(got, "itself announces: incident (being looked into)")
		if at < 0 || strings.Count(got[:at], "\n") > 2 || !strings.Contains(got, statusPage[:len(statusPage)-1]) {
			t.Errorf("/%s:\n%s", command, got)
		}
	}
	if got := ask(chat.Check, "healthy.example"); strings.Contains(got, "announces") {
		t.Errorf("another provider's domain:\n%s", got)
	}
	stale := o.now
	o.now = o.now.Add(3 * time.Hour)
	if got := ask(chat.Check, domain); strings.Contains(got, "announces") {
		t.Errorf("from a stale look:\n%s", got)
	}
	o.now = stale
	o.lab.Incident(false)
	posts, _ = o.follow(time.Hour, feedEvents(later))
	thread = 0
	for _, m := range posts {
		if underCase(m, 1) && strings.Contains(words(m.Reply), "is over") {
			thread++
		}
	}
	if thread != 1 {
		t.Errorf("the end: %v", posts)
	}
}

// TestOwnProvidersPages: what the workspace says of its own mail is enough for its provider's pages to be followed, and
// they go when it uses another.
func TestOwnProvidersPages(t *testing.T) {
	o := openOffice(t)
	set := func(text string) []chat.Event {
		r := o.request(text)
		r.Command = chat.Set
		return o.handle(r).Scheduled
	}
	for _, text := range []string{"provider=alimail", "provider=off domains=healthy-alimail.example"} {
		o.follow(time.Minute, set(text))
		if all, err := o.d.Book.Sources(t.Context(), "T1"); err != nil || len(all) == 0 || !all[0].Official {
			t.Errorf("%s: %v %v", text, all, err)
		}
		o.now = o.now.Add(time.Minute)
		o.follow(time.Minute, set("domains=off provider=off"))
		if all, err := o.d.Book.Sources(t.Context(), "T1"); err != nil || len(all) != 0 {
			t.Errorf("%s: they stay: %v %v", text, all, err)
		}
		o.now = o.now.Add(time.Minute)
	}
}

// TestFeedHours: outside of working hours an incident is told at once, and its end when somebody is at work.
func TestFeedHours(t *testing.T) {
	o := openOffice(t)
	next := o.watched("feed " + statusPage).Scheduled
	s, err := o.d.Book.Team(t.Context(), "T1")
	if err != nil {
		t.Fatal(err)
	}
	s.Hours = &kb.Hours{Zone: "Asia/Shanghai", Days: "mon-fri", Open: "09:00", Close: "18:00"}
	if err := o.d.Book.SetTeam(t.Context(), "T1", s); err != nil {
		t.Fatal(err)
	}
	posts, next := o.follow(10*time.Hour, next)
	if len(posts) != 0 {
		t.Fatal(posts)
	}
	o.lab.Incident(true)
	if posts, next = o.follow(30*time.Minute, next); len(posts) != 1 {
		t.Fatalf("at night: %v", posts)
	}
	o.lab.Incident(false)
	if posts, next = o.follow(8*time.Hour, next); len(posts) != 0 {
		t.Errorf("its end at night: %s", words(posts[0].Reply))
	}
	posts, _ = o.follow(5*time.Hour, next)
	if len(posts) != 1 || !strings.Contains(words(posts[0].Reply), "(over)") || o.now.UTC().Hour() > 6 {
		t.Errorf("in the morning: %v", posts)
	}
}

// TestFeedBounds: a workspace follows so many addresses and no more, and says so.
func TestFeedBounds(t *testing.T) {
	o := openOffice(t)
	const rss = `<rss version="2.0"><channel><title>News &lt;!channel&gt; *x*</title><link>https://news.test/</link>` +
		`<item><title>One</title><guid>1</guid></item></channel></rss>`
	l, err := lab.Start(lab.Zones(map[string]string{"news.test": "@ A " + lab.WebAddress + "\n"}),
		lab.Site("news.test", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(rss)) })))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	o.d.Net = l.Net()
	for i := range 21 {
		got := words(o.watched(fmt.Sprintf("feed https://news.test/%d", i)))
		if full := strings.Contains(got, "as many as it may"); full != (i == 20) {
			t.Errorf("%d: %s", i, got)
		}
	}
	all, err := o.d.Book.Sources(t.Context(), "T1")
	if err != nil || len(all) != 20 {
		t.Errorf("%d are followed, %v", len(all), err)
	}
	armed, err := o.d.Book.WatchEvents(t.Context(), "T1")
	if err != nil || len(feedEvents(armed)) != 20 {
		t.Errorf("%d looks are armed, %v", len(armed), err)
	}
	if err := o.d.Book.DropSource(t.Context(), "T1", all[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := o.d.Book.Source(t.Context(), "T1", all[0].ID); !errors.Is(err, cases.ErrNone) {
		t.Error(err)
	}
}

// TestAnnouncementsInDigest: a weekly digest and a person's own page tell what was announced, and an address that could
// not be read for long is not taken for one without news.
func TestAnnouncementsInDigest(t *testing.T) {
	o := openOffice(t)
	o.now = time.Now().UTC() // the lab's incidents bear the true time
	o.lab.Incident(true)
	next := o.watched("feed " + statusPage).Scheduled
	o.lab.Incident(false)
	o.follow(30*time.Minute, next)
	set := o.request("digest=weekly")
	set.Command = chat.Set
	digest := o.handle(set).Scheduled[0]
	home := words(o.ask("", asked(chat.Inside{Kind: chat.HomePage}), as("U1")))
	for _, want := range []string{"Announcements in 7 days: 1 (followed: 1)",
		"Lab mail status: incident (over): Mail to"} {
		if !strings.Contains(home, want) {
			t.Errorf("the page: %q is missing in\n%s", want, home)
		}
	}
	s, err := o.d.Book.Source(t.Context(), "T1", feeds.SourceID(statusPage))
	if err != nil {
		t.Fatal(err)
	}
	s.Trouble = "unknown"
	if err := o.d.Book.SetSource(t.Context(), "T1", s); err != nil {
		t.Fatal(err)
	}
	o.now = o.now.Add(25 * time.Hour)
	home = words(o.ask("", asked(chat.Inside{Kind: chat.HomePage}), as("U1")))
	if !strings.Contains(home, "could not be read for more than a day") {
		t.Errorf("it is not said that nothing is known:\n%s", home)
	}
	o.now = o.now.Add(-25 * time.Hour)
	posts, _ := o.tick(digest)
	if len(posts) != 1 || !strings.Contains(words(posts[0].Reply), "Announcements in 7 days") {
		t.Errorf("the digest: %v", posts)
	}
}
