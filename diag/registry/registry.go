package registry

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"signpost/diag/cause"
	"signpost/diag/courtesy"
	"signpost/diag/guarded"
	"signpost/diag/resolve"

	"github.com/openrdap/rdap/bootstrap"
	"golang.org/x/net/publicsuffix"
)

// Errors of Lookup. Every other error means that nobody could be asked.
var (
	ErrNotRegistered = errors.New("registry: the domain is not registered")
	ErrNoServer      = cause.New(cause.NoRegistry, "registry: this registry answers neither RDAP nor WHOIS")
	ErrUnreachable   = cause.New(cause.Registry, "registry: the registry's server cannot be reached from here")
	ErrAnswer        = cause.New(cause.RegistryAnswer, "registry: the answer could not be used")
)

// Registration is what a registry says about a domain. Status holds EPP words ("clientHold", RFC 8056, RFC 5731 2.3);
// times are zero where they are not given. All of it is the registry's and the registrar's word.
type Registration struct {
	Domain       string    `json:"domain"`
	Registrar    string    `json:"registrar"`
	RegistrarURL string    `json:"registrar_url"`
	Status       []string  `json:"status"`
	Created      time.Time `json:"created"`
	Expires      time.Time `json:"expires"`
	Source       string    `json:"source"` // the URL, or "whois.cnnic.cn:43"
	Asked        string    `json:"-"`      // the question in words
}

// Has reports whether the domain is in this state.
func (r *Registration) Has(status string) bool {
	return slices.ContainsFunc(r.Status, func(s string) bool { return strings.EqualFold(s, status) })
}

//go:embed bootstrap.json
var builtin []byte

// whoisServers is registries that have no RDAP (IANA's file names none), and where their WHOIS is; for every other one
// IANA is asked.
var whoisServers = map[string]string{"cn": "whois.cnnic.cn", "xn--fiqs8s": "whois.cnnic.cn",
	"xn--fiqz9s": "whois.cnnic.cn"}

const (
	bootstrapHost = "data.iana.org"
	bootstrapPath = "/rdap/dns.json"
	ianaWhois     = "whois.iana.org"

	refreshEvery  = 24 * time.Hour
	retryEvery    = time.Hour
	rdapTimeout   = 7 * time.Second
	whoisTimeout  = 6 * time.Second
	leaveAloneFor = 30 * time.Second
	keepFor       = 10 * time.Minute
	keepMost      = 2000
	maxAnswer     = 1 << 20 // octets
	maxRedirects  = 3
)

// Directory knows which server to ask. Its methods are safe for concurrent use.
type Directory struct {
	refreshes bool
	whois     map[string]string
	now       func() time.Time
	pace      courtesy.Limiter // of questions to one server

	mu      sync.Mutex
	servers *bootstrap.DNSRegistry
	builtin bool      // servers is to be read from the built-in file when first needed
	tried   time.Time // when a fresh bootstrap file was last asked for
	fresh   time.Time // when it was last had
	down    map[string]time.Time
	kept    map[string]kept
}

type kept struct {
	reg  *Registration
	err  error
	till time.Time
}

// Default is the registries of the world.
func Default() *Directory {
	d := newDirectory(nil, whoisServers)
	d.builtin, d.refreshes = true, true
	d.pace.PerSecond, d.pace.Burst = 3, 15
	return d
}

func newDirectory(servers *bootstrap.DNSRegistry, whois map[string]string) *Directory {
	return &Directory{servers: servers, whois: whois, now: time.Now, down: map[string]time.Time{}, kept: map[string]kept{}}
}

// New is a directory of its own: a bootstrap file (RFC 9224 5), and WHOIS hosts by top-level domain, which go first.
func New(file []byte, whois map[string]string) (*Directory, error) {
	servers, err := bootstrap.NewDNSRegistry(file)
	if err != nil {
		return nil, fmt.Errorf("registry: bootstrap file: %w", err)
	}
	return newDirectory(servers, whois), nil
}

// Registrable is the name that a registry knows a domain by: one label under its public suffix.
func Registrable(domain string) (string, error) {
	domain = strings.TrimSuffix(domain, ".")
	name, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return "", fmt.Errorf("registry: %w", err)
	}
	// A suffix that a company runs for its customers (github.io) is itself a name under a registry's.
	for {
		suffix, icann := publicsuffix.PublicSuffix(name)
		if icann || !strings.Contains(suffix, ".") {
			return name, nil
		}
		if name, err = publicsuffix.EffectiveTLDPlusOne(suffix); err != nil {
			return suffix, nil //nolint:nilerr // the suffix is the registered name
		}
		if name == suffix {
			return name, nil
		}
	}
}

func (d *Directory) urls(name string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.builtin { // a test holds that it can be read
		d.builtin = false
		d.servers, _ = bootstrap.NewDNSRegistry(builtin)
	}
	if d.servers == nil {
		return nil
	}
	answer, err := d.servers.Lookup(&bootstrap.Question{RegistryType: bootstrap.DNS, Query: name})
	if err != nil {
		return nil
	}
	var out []string
	for _, u := range answer.URLs {
		if u.Scheme == "https" {
			out = append(out, u.String())
		}
	}
	return out
}

func (d *Directory) due() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.refreshes && d.now().Sub(d.fresh) > refreshEvery && d.now().Sub(d.tried) > retryEvery
}

// refresh fetches the bootstrap file anew where the one at hand is a day old. True: there is a new one.
func (d *Directory) refresh(ctx context.Context, s *resolve.Session) bool {
	if !d.due() {
		return false
	}
	d.mu.Lock()
	d.tried = d.now()
	d.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, rdapTimeout)
	defer cancel()
	status, file, err := d.get(ctx, s, "https://"+bootstrapHost+bootstrapPath)
	if err != nil || status != http.StatusOK {
		return false
	}
	servers, err := bootstrap.NewDNSRegistry(file)
	if err != nil || len(servers.File().Entries) < 500 { // half a file is worse than an old one
		return false
	}
	d.mu.Lock()
	d.servers, d.builtin, d.fresh = servers, false, d.now()
	d.mu.Unlock()
	return true
}

// Keep fetches the bootstrap file now and once a day, until ctx ends.
func (d *Directory) Keep(ctx context.Context, n *resolve.Net) {
	for {
		s := n.NewSession(bootstrapHost)
		d.refresh(ctx, s)
		s.Close()
		select {
		case <-time.After(retryEvery + time.Minute):
		case <-ctx.Done():
			return
		}
	}
}

// isDown reports a server that could not be reached a moment ago.
func (d *Directory) isDown(server string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now().Before(d.down[server])
}

func (d *Directory) markDown(server string) {
	d.mu.Lock()
	if len(d.down) > 1000 {
		clear(d.down)
	}
	d.down[server] = d.now().Add(leaveAloneFor)
	d.mu.Unlock()
}

// get fetches a page, whatever its status. The error is an ErrUnreachable, or an ErrAnswer where the URL is none.
func (d *Directory) get(ctx context.Context, s *resolve.Session, url string) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	req.Header.Set("Accept", "application/rdap+json, application/json") // RFC 7480 4.2
	req.Header.Set("User-Agent", "Signpost (mail diagnosis)")
	resp, err := client(s, d.now()).Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %s: %w", ErrUnreachable, url, err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		return 0, nil, fmt.Errorf("%w: %s: %w", ErrUnreachable, url, err)
	}
	return resp.StatusCode, body, nil
}

// client reaches web servers through the session: by its DNS, never at a private address, with bounded answers and few
// redirects.
func client(s *resolve.Session, now time.Time) *http.Client {
	return &http.Client{
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects || req.URL.Scheme != "https" {
				return errors.New("registry: redirected too far")
			}
			return nil
		},
		Transport: bounded{&http.Transport{
			DisableKeepAlives: true, MaxResponseHeaderBytes: 32 << 10,
			DialContext: guarded.Dial(func(context.Context, string, string) (net.Conn, error) {
				return nil, errors.New("registry: https only")
			}),
			DialTLSContext: guarded.Dial(func(ctx context.Context, _, addr string) (net.Conn, error) {
				host, port, err := net.SplitHostPort(addr)
				if err != nil || port != "443" {
					return nil, fmt.Errorf("registry: %s: port 443 only", addr)
				}
				conn, err := connect(ctx, s, host, 443)
				if err != nil {
					return nil, err
				}
				return s.Secure(ctx, conn, host, now)
			}),
		}},
	}
}

// bounded cuts bodies that go on for too long.
type bounded struct{ http.RoundTripper }

// connect tries the addresses of a host in turn.
func connect(ctx context.Context, s *resolve.Session, host string, port uint16) (net.Conn, error) {
	addrs, _, err := s.Addrs(ctx, host+".")
	if len(addrs) == 0 {
		return nil, errors.Join(fmt.Errorf("%w: %s has no address here", ErrUnreachable, host), err)
	}
	conn, _, err := s.ConnectAny(ctx, addrs, port)
	if err == nil {
		return conn, nil
	}
	return nil, fmt.Errorf("%w: %s: %w", ErrUnreachable, host, err)
}
