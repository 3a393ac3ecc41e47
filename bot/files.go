package bot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"signpost/bot/reportbox"
	"signpost/commands/chat"

	"github.com/slack-go/slack"
)

const maxAttached = 10 // files of one message, as many as Slack takes

// attachedTo is the files of a message, as far as they can be had from Slack.
func (b *Bot) attachedTo(files []slack.File) []attached {
	var out []attached
	for _, f := range files[:min(len(files), maxAttached)] {
		a := attached{ID: f.ID, Name: clipOctets(f.Name), Size: int64(f.Size), URL: f.URLPrivateDownload}
		if a.URL == "" {
			a.URL = f.URLPrivate
		}
		if b.slacks(a.URL) || a.URL == "" && a.ID != "" {
			out = append(out, a)
		}
	}
	return out
}

// reportsTurn is when this process may look into the mailbox for reports: of several, one does.
func (b *Bot) reportsTurn(ctx context.Context) (time.Duration, error) {
	return b.Queue.Turn(ctx, "reports-mailbox", reportbox.Every)
}

var errFile = errors.New("bot: file")

// files is the attached files as commands take them.
func (b *Bot) files(home *workspace, list []attached) []chat.File {
	var out []chat.File
	for _, a := range list {
		out = append(out, chat.File{Name: a.Name, Size: a.Size,
			Open: func(ctx context.Context) (io.ReadCloser, error) { return b.open(ctx, home, a) }})
	}
	return out
}

// open begins to fetch a file, which may be read as long as ctx lasts: an export is read in as it comes. The token goes
// to Slack's hosts alone.
func (b *Bot) open(ctx context.Context, home *workspace, a attached) (io.ReadCloser, error) {
	if a.URL == "" { // of another workspace: Slack tells more when asked
		f, _, _, err := home.api.GetFileInfoContext(ctx, a.ID, 0, 0)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errFile, home.watchToken(err))
		}
		a.URL = f.URLPrivateDownload
	}
	if !b.slacks(a.URL) {
		return nil, fmt.Errorf("%w: not at Slack", errFile)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.URL, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFile, err)
	}
	r.Header.Set("Authorization", "Bearer "+home.token)
	resp, err := b.downloads.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFile, err)
	}
	// Without the scope Slack answers with a page for signing in.
	if page := strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html"); resp.StatusCode != http.StatusOK || page {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("%w: status %d: is the scope files:read granted?", errFile, resp.StatusCode)
	}
	return resp.Body, nil
}

// slacks reports whether a URL is at one of Slack's hosts, or where SLACK_API_URL points.
func (b *Bot) slacks(text string) bool {
	u, err := url.Parse(text)
	if err != nil || text == "" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	ours := host == b.apiHost && (u.Scheme == "https" || u.Scheme == "http" && b.APIURL != slack.APIURL)
	return ours || u.Scheme == "https" &&
		(strings.HasSuffix(host, ".slack.com") || strings.HasSuffix(host, ".slack-gov.com"))
}

// link is how Slack writes what it takes for a link or an address.
var link = regexp.MustCompile(`<((?:https?|mailto):[^>|]*)(?:\|([^>]*))?>`)

// unescape undoes the three entities that Slack writes.
var unescape = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")

// unmarked is a message as somebody wrote it: links and addresses without Slack's marks, entities undone. Mentions
// stay. Source: https://docs.slack.dev/messaging/formatting-message-text.
func unmarked(text string) string {
	text = link.ReplaceAllStringFunc(text, func(m string) string {
		parts := link.FindStringSubmatch(m)
		if parts[2] != "" {
			return parts[2]
		}
		return strings.TrimPrefix(parts[1], "mailto:")
	})
	return unescape.Replace(text)
}

// responseURL passes on a URL that is Slack's; what is posted there must not go elsewhere on a stranger's word.
func (b *Bot) responseURL(text string) string {
	if text != "" && !b.slacks(text) {
		slog.Warn("response_url is not Slack's", "url", fmt.Sprintf("%.60q", text))
		return ""
	}
	return text
}

func clipOctets(s string) string {
	if len(s) <= maxIn {
		return s
	}
	return strings.ToValidUTF8(s[:maxIn], "")
}

// maxIn is how many octets of a text from Slack are taken: its own limit for a message.
const maxIn = 40_000
