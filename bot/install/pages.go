package install

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"signpost/commands/chat"

	"github.com/slack-go/slack"
	"golang.org/x/text/language"
)

const (
	// exchangeFor is how long Slack may take to give a token for a code.
	exchangeFor = 10 * time.Second
	// keepFor is how long a token is tried to be kept: the code that it came for serves once.
	keepFor = 8 * time.Second

	cookieName   = "signpost_install"
	nonceSize    = 16
	maxQuery     = 2_000 // octets of a query that is looked at
	maxLanguages = 200   // octets of the list of languages that a browser wants
	installPath  = "/slack/install"
	backPath     = "/slack/oauth_redirect"
)

// ErrConfig says that a setting of the pages cannot be used.
var ErrConfig = errors.New("install: setting")

// Config is what the pages need to know.
type Config struct {
	ClientID, ClientSecret string
	URL                    string // where people reach the pages: https://signpost.example.com
	APIURL                 string // base of Slack's Web API, ending in /api/
	Scopes                 []string
	Lang                   language.Tag // where a browser tells none
	Now                    func() time.Time
	HTTP                   *http.Client
	// Installed, if set, is told of each installation that was kept.
	Installed func(context.Context, Installation)
	// Unrenewed, if set, is told of each whose token serves on, and which Slack will give no further one.
	Unrenewed func(context.Context, Installation)
}

// Pages is the two pages.
type Pages struct {
	Config
	store     *Store
	authorize string // where somebody agrees
}

// NewPages checks the settings. The error wraps ErrConfig.
func NewPages(store *Store, c Config) (*Pages, error) {
	u, err := url.Parse(c.URL)
	local := err == nil && u.Scheme == "http" && (u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost")
	if err != nil || u.Host == "" || u.Scheme != "https" && !local || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%w: SIGNPOST_URL is where people reach the bot by https, such as "+
			"https://signpost.example.com", ErrConfig)
	}
	if c.ClientID == "" || c.ClientSecret == "" {
		return nil, fmt.Errorf("%w: SLACK_CLIENT_ID and SLACK_CLIENT_SECRET belong together; both stand under Basic "+
			"Information in your app's settings", ErrConfig)
	}
	c.URL = strings.TrimSuffix(c.URL, "/")
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{Timeout: exchangeFor}
	}
	return &Pages{Config: c, store: store, authorize: strings.TrimSuffix(c.APIURL, "/api/") + "/oauth/v2/authorize"}, nil
}

// Begin is where somebody begins to install the app.
func (p *Pages) Begin() string { return p.URL + installPath }

// Handle adds the pages to a server.
func (p *Pages) Handle(mux *http.ServeMux) {
	mux.HandleFunc("GET "+installPath, p.begin)
	mux.HandleFunc("GET "+backPath, p.back)
}

// begin sends somebody to Slack, to agree there.
func (p *Pages) begin(w http.ResponseWriter, r *http.Request) {
	secret := rand.Text() // of this browser
	//nolint:gosec // Secure, unless the pages are tried at http on this machine, which NewPages allows alone
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: secret, Path: "/slack/", MaxAge: int(stateFor.Seconds()),
		HttpOnly: true, Secure: strings.HasPrefix(p.URL, "https:"), SameSite: http.SameSiteLaxMode})
	q := url.Values{"client_id": {p.ClientID}, "scope": {strings.Join(p.Scopes, ",")}, "state": {p.state(secret)},
		"redirect_uri": {p.URL + backPath}}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, p.authorize+"?"+q.Encode(), http.StatusFound)
}

// state is what comes back from Slack with the answer: a nonce, until when it is good, and a signature over both and
// the browser's secret.
func (p *Pages) state(secret string) string {
	raw := make([]byte, nonceSize, nonceSize+8+sha256.Size)
	_, _ = rand.Read(raw)                                                          // it never fails
	raw = binary.BigEndian.AppendUint64(raw, uint64(p.Now().Add(stateFor).Unix())) //nolint:gosec // after 1970
	raw = append(raw, p.store.ring.sign(bound(raw, secret))...)
	return base64.RawURLEncoding.EncodeToString(raw)
}

func bound(raw []byte, secret string) string { return "state\x00" + string(raw) + "\x00" + secret }

// nonceOf is the nonce of a state that is ours, this browser's and not too old.
func (p *Pages) nonceOf(state, secret string) (string, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(state)
	if err != nil || len(raw) != nonceSize+8+sha256.Size || secret == "" {
		return "", false
	}
	said := raw[:nonceSize+8]
	until := int64(binary.BigEndian.Uint64(said[nonceSize:])) //nolint:gosec // ours, if it is signed
	if !p.store.ring.signed(bound(said, secret), raw[nonceSize+8:]) || p.Now().Unix() > until {
		return "", false
	}
	return base64.RawURLEncoding.EncodeToString(raw[:nonceSize]), true
}

// back takes the answer from Slack: it gets the token for its code, and keeps it.
func (p *Pages) back(w http.ResponseWriter, r *http.Request) {
	if len(r.URL.RawQuery) > maxQuery {
		p.say(w, r, http.StatusBadRequest, "state", nil)
		return
	}
	q, secret := r.URL.Query(), ""
	if c, err := r.Cookie(cookieName); err == nil {
		secret = c.Value
	}
	nonce, ok := p.nonceOf(q.Get("state"), secret)
	if !ok {
		p.say(w, r, http.StatusBadRequest, "state", nil)
		return
	}
	fresh, err := p.store.useState(r.Context(), nonce)
	switch {
	case err != nil:
		slog.Error("not installed: redis does not answer", "error", err)
		p.say(w, r, http.StatusServiceUnavailable, "later", nil)
		return
	case !fresh:
		p.say(w, r, http.StatusBadRequest, "state", nil)
		return
	case q.Get("error") != "" || q.Get("code") == "":
		p.say(w, r, http.StatusOK, "declined", nil)
		return
	}
	i, why := p.exchange(r.Context(), q.Get("code"))
	if why != "" {
		p.say(w, r, http.StatusBadGateway, why, nil)
		return
	}
	put := func(ctx context.Context) error { return p.store.Put(ctx, i) }
	if err := p.keep(r.Context(), put); err != nil {
		slog.Error("an installation is not kept", "id", i.ID(), "error", err)
		p.say(w, r, http.StatusServiceUnavailable, "later", nil)
		return
	}
	slog.Info("installed", "id", i.ID(), "by", i.By)
	if p.Installed != nil {
		p.Installed(r.Context(), i)
	}
	p.say(w, r, http.StatusOK, "done", map[string]any{"team": chat.Clip(chat.Clean(i.Name), 80)})
}

// exchange gets the token for a code; why names the sentence that tells why not.
func (p *Pages) exchange(ctx context.Context, code string) (i Installation, why string) {
	ctx, cancel := context.WithTimeout(ctx, exchangeFor)
	defer cancel()
	at := p.Now().UTC()
	got, err := slack.GetOAuthV2ResponseContext(ctx, p.HTTP, p.ClientID, p.ClientSecret, code, p.URL+backPath,
		slack.OAuthOptionAPIURL(p.APIURL))
	if err != nil {
		slog.Warn("slack gives no token for a code", "error", err)
		return i, "refused"
	}
	i = Installation{Team: got.Team.ID, Name: got.Team.Name, Enterprise: got.Enterprise.ID,
		BotUser: got.BotUserID, Scopes: strings.FieldsFunc(got.Scope, func(r rune) bool { return r == ',' || r == ' ' }),
		By: got.AuthedUser.ID, At: at}
	if got.IsEnterpriseInstall {
		i.Team, i.Name = "", got.Enterprise.Name
	}
	if i.ID() == "" || len(i.ID()) > 40 || !expires(&i, got, at) {
		slog.Error("slack's answer holds no bot token of a workspace", "type", fmt.Sprintf("%.20q", got.TokenType))
		return i, "refused"
	}
	return i, ""
}

// keep puts what Slack gives once into Redis, and tries again for a while where that does not answer.
func (p *Pages) keep(ctx context.Context, put func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepFor)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		if err = put(ctx); err == nil {
			return nil
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return err
		}
	}
}

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><title>Signpost</title></head>
<body><h1>{{.Title}}</h1>{{if .Text}}<p>{{.Text}}</p>{{end}}</body></html>
`))

// say answers with a page of a title and a text.
func (p *Pages) say(w http.ResponseWriter, r *http.Request, status int, what string, args map[string]any) {
	lang := p.Lang
	wanted := r.Header.Get("Accept-Language")
	tags, _, err := language.ParseAcceptLanguage(wanted[:min(len(wanted), maxLanguages)])
	if err == nil && len(tags) > 0 {
		lang = chat.Match(tags[0])
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	if what == "done" { // it has served
		//nolint:gosec // as above
		http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/slack/", MaxAge: -1, HttpOnly: true,
			Secure: strings.HasPrefix(p.URL, "https:"), SameSite: http.SameSiteLaxMode})
	}
	w.WriteHeader(status)
	said := map[string]string{"Lang": lang.String(), "Title": chat.Text(lang, "install."+what, args), "Text": ""}
	if more := "install." + what + ".more"; chat.Has(more) {
		said["Text"] = chat.Text(lang, more, args)
	}
	if err := page.Execute(w, said); err != nil {
		slog.Debug("a page is not sent", "error", err)
	}
}

// expires takes the token of an answer, and until when it serves, and reports whether there is one of a bot. Source:
// https://docs.slack.dev/authentication/using-token-rotation.
func expires(i *Installation, got *slack.OAuthV2Response, at time.Time) bool {
	i.Token, i.Refresh, i.Expires = got.AccessToken, got.RefreshToken, time.Time{}
	if got.ExpiresIn > 0 {
		i.Expires = at.Add(time.Duration(got.ExpiresIn) * time.Second)
	}
	return strings.HasPrefix(strings.TrimPrefix(i.Token, "xoxe."), "xoxb-") && i.Expires.IsZero() == (i.Refresh == "")
}
