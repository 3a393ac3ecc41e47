package kb

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	_ "time/tzdata"

	"signpost/diag"
	"signpost/diag/checks"
	"signpost/kb/catalogue"

	"golang.org/x/text/language"
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

// Load reads the built-in knowledge and validates it. The error names every fault, with its file.
func Load() (*Base, error) { return LoadWith("") }

// LoadWith is Load with an organisation's own files on top: own/providers/*.yaml and own/calendars.yaml. A file named
// for a provider that is known adds its channels before those, and replaces every other field that it gives; any other
// adds a provider.
func LoadWith(own string) (*Base, error) { return LoadFrom(files, own) }

// LoadFrom is LoadWith with other sentences: locales/active.LANG.yaml and guides/LANG/*.md, such as with one more
// language.
func LoadFrom(sentences fs.FS, own string) (*Base, error) {
	b := &Base{who: map[diag.Code]Who{}, rfc: map[diag.Code]string{}, order: map[diag.Code]int{}}
	var err error
	if b.texts, err = catalogue.Open(sentences, "locales"); err != nil {
		return nil, err
	}
	facts := func() error { return b.readFacts(own) }
	guides := func() error { return b.readGuides(sentences) }
	if err := together(b.texts.Whole, func() error { return inTurn(facts, b.readAdvice, guides) },
		b.readBounces); err != nil {
		return nil, err
	}
	return b, b.Validate(checks.All())
}

// ForDiagnosis is the built-in knowledge that a diagnosis and its advice stand on, without channels' ranking, bounces
// and guides, and not validated: for a command that ends soon. The tests hold it to be sound.
func ForDiagnosis(lang language.Tag) (*Base, error) {
	b := &Base{who: map[diag.Code]Who{}, rfc: map[diag.Code]string{}, order: map[diag.Code]int{}}
	var err error
	if b.texts, err = catalogue.Open(files, "locales"); err != nil {
		return nil, err
	}
	b.texts.Expect(lang)
	return b, b.readFacts("")
}

// readFacts reads providers, operators, resolvers, blocklists, and who has to act on each finding: the files side by
// side.
func (b *Base) readFacts(own string) error {
	names, err := fs.Glob(files, "data/providers/*.yaml")
	if err != nil {
		return err
	}
	b.providers = make([]Provider, len(names))
	// The longest files go first, so that no processor waits for one at the end.
	steps := []func() error{b.readOperators, b.readFindings, b.readNetwork, func() error { return b.readCalendars(own) }}
	for i, name := range names {
		steps = append(steps, func() error { return readProvider(name, &b.providers[i]) })
	}
	if err := together(steps...); err != nil {
		return err
	}
	if own != "" {
		if err := b.readOwn(own); err != nil {
			return err
		}
	}
	return b.compile()
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
