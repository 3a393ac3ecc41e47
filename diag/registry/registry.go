package registry

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"signpost/diag/cause"
	"signpost/diag/courtesy"
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

// Lookup asks for a domain's registration. Times out by itself within 8 s.
func (d *Directory) Lookup(ctx context.Context, s *resolve.Session, domain string) (*Registration, error) {
	name, err := Registrable(domain)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	if k, ok := d.kept[name]; ok && d.now().Before(k.till) {
		d.mu.Unlock()
		return k.reg, k.err
	}
	d.mu.Unlock()
	reg, err := d.ask(ctx, s, name)
	if err == nil || errors.Is(err, ErrNotRegistered) {
		d.mu.Lock()
		for n := range d.kept {
			if len(d.kept) < keepMost {
				break
			}
			delete(d.kept, n)
		}
		d.kept[name] = kept{reg, err, d.now().Add(keepFor)}
		d.mu.Unlock()
	}
	return reg, err
}

func (d *Directory) ask(ctx context.Context, s *resolve.Session, name string) (*Registration, error) {
	tld := name[strings.LastIndexByte(name, '.')+1:]
	if host := d.whois[tld]; host != "" {
		return d.askWhois(ctx, s, host, name)
	}
	urls := d.urls(name)
	if len(urls) == 0 && d.refresh(ctx, s) {
		urls = d.urls(name)
	}
	if len(urls) > 0 {
		return d.askRDAP(ctx, s, urls, name)
	}
	if !d.refreshes {
		return nil, ErrNoServer
	}
	host, err := d.findWhois(ctx, s, tld)
	if err != nil {
		return nil, err
	}
	return d.askWhois(ctx, s, host, name)
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
