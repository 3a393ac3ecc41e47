package kb

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"net/netip"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	_ "time/tzdata"

	"signpost/diag"
	"signpost/kb/catalogue"

	"gopkg.in/yaml.v3"
)

//go:embed data locales guides
var files embed.FS

// ErrData means that a file of facts cannot be used.
var ErrData = errors.New("kb: data")

// Who has to act on a finding.
type Who string

const (
	DNS       Who = "dns"       // whoever runs the DNS zone
	Registrar Who = "registrar" // the domain's registrar
	Vendor    Who = "provider"  // the mail provider's console or support
	Host      Who = "host"      // whoever runs the MX host
	Sender    Who = "sender"    // whoever runs a sending source
	Nobody    Who = "-"
)

// Fact is where a fact comes from. Confidence is official-page-seen or secondary.
type Fact struct {
	Source     string `yaml:"source"`
	Seen       string `yaml:"seen"`
	Confidence string `yaml:"confidence"`
}

// Scope tells which customers of a provider a fact is for.
type Scope struct {
	Site    string `yaml:"site"`
	Edition string `yaml:"edition"`
	Region  string `yaml:"region"`
}

// Provider is a mail provider: a mailbox host, a gateway in front of one, or a sending service.
type Provider struct {
	ID            string            `yaml:"id"`
	Names         map[string]string `yaml:"names"` // by language: en, zh
	Role          string            `yaml:"role"`
	MX            []string          `yaml:"mx"`
	MXHints       []string          `yaml:"mx_hints"` // not confirmed: for recognising only, never shown
	SPFIncludes   []string          `yaml:"spf_includes"`
	DKIMSelectors []string          `yaml:"dkim_selectors"`
	DKIMPattern   string            `yaml:"dkim_pattern"`
	// Its hosts, or its own signatures, are under these: for recognising only.
	SenderDomains []string `yaml:"sender_domains"`
	MXSets        []struct {
		Scope `yaml:",inline"`
		Fact  `yaml:",inline"`
		Hosts []struct {
			Host     string `yaml:"host"`
			Priority uint16 `yaml:"priority"`
		} `yaml:"hosts"`
	} `yaml:"mx_sets"`
	SPFRecords []struct {
		Scope  `yaml:",inline"`
		Fact   `yaml:",inline"`
		Record string `yaml:"record"`
	} `yaml:"spf_records"`
	Console Text `yaml:"console"` // where support is found in the provider's console
	// SelfHelp is its section of documents and tickets; BillingConsole is where bills are asked about, where that is
	// another place.
	SelfHelp       Text      `yaml:"self_help"`
	BillingConsole Text      `yaml:"console_billing"`
	Channels       []Channel `yaml:"channels"`
	Pages          []Page    `yaml:"pages"`        // its own pages about what the guides are about
	NotOfficial    []string  `yaml:"not_official"` // numbers that copycat pages present as official
	CNAMEs         []struct {
		Scope   `yaml:",inline"`
		Fact    `yaml:",inline"`
		Records []struct {
			Host   string `yaml:"host"`
			Target string `yaml:"target"`
		} `yaml:"records"`
	} `yaml:"cnames"`
}

// Operator runs name servers.
type Operator struct {
	ID            string   `yaml:"id"`
	Name          string   `yaml:"name"`
	NS            []string `yaml:"ns"`
	AlsoRegistrar bool     `yaml:"also_registrar"`
	// Fields: its console has fields of their own for the name without the zone's, for the priority, and for the text
	// without quotes.
	Fields bool `yaml:"fields"`
	Fact   `yaml:",inline"`
}

// Base is everything we know. It does not change after Load.
type Base struct {
	texts        *catalogue.Catalogue
	providers    []Provider
	operators    []Operator
	resolvers    []Resolver
	blocklists   []Blocklist
	issuers      []diag.Issuer
	words        words
	ranking      ranking
	bounces      bounces
	who          map[diag.Code]Who
	rfc          map[diag.Code]string // "7208 4.6.4": number and section; "-": none speaks of it
	order        map[diag.Code]int
	calendars    map[string]calendar
	guides       []*Guide
	searcher     func() (*searcher, error) // made at the first question
	fingerprints []diag.Fingerprint
	known        []diag.Operator
}

// readProvider reads one provider, whose file is named for it.
func readProvider(name string, p *Provider) error {
	if err := read(name, p); err != nil {
		return err
	}
	if p.ID+".yaml" != path.Base(name) {
		return fmt.Errorf("%w: %s: its id is %q", ErrData, name, p.ID)
	}
	return nil
}

// readOperators reads who runs name servers.
func (b *Base) readOperators() error {
	var ops struct {
		Operators []Operator `yaml:"operators"`
	}
	err := read("data/dns_operators.yaml", &ops)
	b.operators = ops.Operators
	return err
}

// readFindings reads who has to act on each code, and what RFC speaks of it.
func (b *Base) readFindings() error {
	var findings []struct {
		Code diag.Code `yaml:"code"`
		Who  Who       `yaml:"who"`
		RFC  string    `yaml:"rfc"`
	}
	if err := read("data/findings.yaml", &findings); err != nil {
		return err
	}
	for i, f := range findings {
		if _, twice := b.who[f.Code]; twice {
			return fmt.Errorf("%w: findings.yaml: %s stands twice", ErrData, f.Code)
		}
		b.who[f.Code], b.rfc[f.Code], b.order[f.Code] = f.Who, f.RFC, i
	}
	return nil
}

// together takes steps that do not need each other, as many at once as there are processors. The error is that of the
// first that has one.
func together(steps ...func() error) error {
	errs := make([]error, len(steps))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(len(steps), runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(steps)); i = next.Add(1) - 1 {
				errs[i] = steps[i]()
			}
		})
	}
	wg.Wait()
	return cmp.Or(errs...)
}

// inTurn takes steps one after the other, up to the first that fails.
func inTurn(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// rfcSection is an RFC with or without a section, or that there is none.
var rfcSection = regexp.MustCompile(`^(?:-|\d{3,5}(?: \d+(?:\.\d+)*)?)$`)

// compile turns the facts into what diag recognises providers and operators by.
func (b *Base) compile() error {
	var errs []error
	patterns := func(owner string, texts []string) []*regexp.Regexp {
		var out []*regexp.Regexp
		for _, t := range texts {
			re, err := regexp.Compile(anchored(t))
			if err != nil {
				errs = append(errs, fmt.Errorf("%w: %s: %w", ErrData, owner, err))
				continue
			}
			out = append(out, re)
		}
		return out
	}
	for _, p := range b.providers {
		f := diag.Fingerprint{
			ID: p.ID, Role: p.Role, MX: patterns(p.ID, slices.Concat(p.MX, p.MXHints)), SPFIncludes: p.SPFIncludes,
			DKIMSelectors: p.DKIMSelectors,
		}
		if p.DKIMPattern != "" {
			if re := patterns(p.ID, []string{p.DKIMPattern}); len(re) == 1 {
				f.DKIMPattern = re[0]
			}
		}
		for _, s := range p.MXSets {
			set := diag.MXSet{Site: s.Site, Edition: s.Edition}
			for _, h := range s.Hosts {
				set.Hosts = append(set.Hosts, diag.MXHost{Host: h.Host, Priority: h.Priority})
			}
			f.MXSets = append(f.MXSets, set)
		}
		f.ClientNames = map[string][]string{}
		for _, c := range p.CNAMEs {
			for _, r := range c.Records {
				f.ClientNames[r.Host] = append(f.ClientNames[r.Host], strings.ToLower(strings.TrimSuffix(r.Target, ".")))
			}
		}
		b.fingerprints = append(b.fingerprints, f)
	}
	for _, o := range b.operators {
		b.known = append(b.known, diag.Operator{ID: o.ID, NS: patterns(o.ID, o.NS)})
	}
	return errors.Join(errs...)
}

// anchored makes a pattern that names the end of a host match whole labels only.
func anchored(pattern string) string {
	if strings.HasPrefix(pattern, "^") || strings.HasPrefix(pattern, `\.`) {
		return pattern
	}
	return `(^|\.)` + pattern
}

// Text is a sentence by language: en, zh.
type Text map[string]string

// Page is a provider's own page about a topic.
type Page struct {
	Topic string `yaml:"topic"`
	URL   string `yaml:"url"`
	Fact  `yaml:",inline"`
}

// Resolver is a public recursive resolver.
type Resolver struct {
	ID      string     `yaml:"id"`
	Name    string     `yaml:"name"`
	Region  string     `yaml:"region"`
	Address netip.Addr `yaml:"address"`
	Fact    `yaml:",inline"`
}

// Blocklist is a DNS blocklist, and the terms under which it may be asked.
type Blocklist struct {
	ID       string                `yaml:"id"`
	Name     string                `yaml:"name"`
	Zone     string                `yaml:"zone"`
	Domains  bool                  `yaml:"domains"`
	Codes    map[netip.Addr]string `yaml:"codes"`
	Bits     map[uint8]string      `yaml:"bits"`
	Refusals []netip.Addr          `yaml:"refusals"`
	Removal  string                `yaml:"removal"`
	Terms    string                `yaml:"terms"`
	Fact     `yaml:",inline"`
}

// calendar is the public holidays of a country, by year.
type calendar map[int]struct {
	Off  []string `yaml:"off"`
	Work []string `yaml:"work"`
	Fact `yaml:",inline"`
}

// ranking is data/ranking.yaml.
type ranking struct {
	Ask   []string       `yaml:"ask"`
	Kinds map[string]int `yaml:"kinds"`
	// OnlyAsked are kinds that are told to who asked for them, and to nobody else.
	OnlyAsked []string `yaml:"only_asked"`
	Rules     []struct {
		Kind   string   `yaml:"kind"`
		When   []string `yaml:"when"`
		Points int      `yaml:"points"`
		Reason string   `yaml:"reason"`
	} `yaml:"rules"`
}

// Channel is one way to a provider's support, or one by which it announces. Region is an ISO 3166 code, "intl" for
// everywhere but mainland China, or empty for everywhere.
type Channel struct {
	Kind      string   `yaml:"kind"`
	Region    string   `yaml:"region"`
	Number    string   `yaml:"number"`
	URL       string   `yaml:"url"`
	Address   string   `yaml:"address"`
	Hours     *Hours   `yaml:"hours"`
	Languages []string `yaml:"languages"`
	Path      Text     `yaml:"path"`     // where in the console, or which digits
	Category  Text     `yaml:"category"` // which sub-category of a ticket form
	Note      Text     `yaml:"note"`
	Menu      Text     `yaml:"menu"` // what to choose or say at the voice menu, by matter
	Plan      Text     `yaml:"plan"` // which customers it is open to
	// Billing is what differs where it is about bills and orders.
	Billing struct {
		Menu     Text `yaml:"menu"`
		Category Text `yaml:"category"`
	} `yaml:"billing"`
	PageDate string   `yaml:"page_date"` // the date that its page bore, where it bore one
	Suits    []string `yaml:"suits"`     // topics that it alone is for
	Outdated bool     `yaml:"outdated"`  // seen in old notices only
	Presales bool     `yaml:"presales"`  // for who buys; what is bought is looked after elsewhere
	Limit    int      `yaml:"limit"`     // characters that a ticket form takes; 0: not known
	Feed     string   `yaml:"feed"`      // where programs read what the page announces, if the page does not name it
	Broad    bool     `yaml:"broad"`     // the page tells of more than mail
	Fact     `yaml:",inline"`
}

// read is a strict reading of one file: an unknown field is an error.
func read(name string, into any) error {
	raw, err := files.ReadFile(name)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrData, err)
	}
	return decode(name, raw, into)
}

func decode(name string, raw []byte, into any) error {
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrData, name, err)
	}
	return nil
}

const maxOwnSize = 1 << 20 // octets of one file

// Hours is when somebody answers. Days are "mon-fri", "mon-sun" and the like; Open and Close local times ("09:00").
// Holidays "closed" says that nobody answers on public holidays.
type Hours struct {
	Always   bool   `yaml:"always"`
	Zone     string `yaml:"zone"`
	Days     string `yaml:"days"`
	Open     string `yaml:"open"`
	Close    string `yaml:"close"`
	Holidays string `yaml:"holidays"`
	Calendar string `yaml:"calendar"` // whose public holidays: a country of calendars.yaml
}
