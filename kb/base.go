package kb

import (
	"bytes"
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
	"signpost/diag/gate"
	"signpost/kb/catalogue"

	"golang.org/x/text/language"
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
	// SelfHelp is its section of documents and tickets; BillingConsole is where bills are asked about, where that is another place.
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
	Fact          `yaml:",inline"`
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

// LoadWith is Load with an organisation's own files on top: own/providers/*.yaml and own/calendars.yaml. A file named for a provider that is known adds its
// channels before those, and replaces every other field that it gives; any other adds a provider.
func LoadWith(own string) (*Base, error) { return LoadFrom(files, own) }

// LoadFrom is LoadWith with other sentences: locales/active.LANG.yaml and guides/LANG/*.md, such as with one more language.
func LoadFrom(sentences fs.FS, own string) (*Base, error) {
	b := &Base{who: map[diag.Code]Who{}, rfc: map[diag.Code]string{}, order: map[diag.Code]int{}}
	var err error
	if b.texts, err = catalogue.Open(sentences, "locales"); err != nil {
		return nil, err
	}
	facts := func() error { return b.readFacts(own) }
	guides := func() error { return b.readGuides(sentences) }
	if err := together(b.texts.Whole, func() error { return inTurn(facts, b.readAdvice, guides) }, b.readBounces); err != nil {
		return nil, err
	}
	return b, b.Validate(checks.All())
}

// ForDiagnosis is the built-in knowledge that a diagnosis and its advice stand on, without channels' ranking, bounces and guides, and not
// validated: for a command that ends soon. The tests hold it to be sound.
func ForDiagnosis(lang language.Tag) (*Base, error) {
	b := &Base{who: map[diag.Code]Who{}, rfc: map[diag.Code]string{}, order: map[diag.Code]int{}}
	var err error
	if b.texts, err = catalogue.Open(files, "locales"); err != nil {
		return nil, err
	}
	b.texts.Expect(lang)
	return b, b.readFacts("")
}

// readFacts reads providers, operators, resolvers, blocklists, and who has to act on each finding.
func (b *Base) readFacts(own string) error {
	names, err := fs.Glob(files, "data/providers/*.yaml")
	if err != nil {
		return err
	}
	b.providers = make([]Provider, len(names))
	var steps []func() error
	for i, name := range names {
		steps = append(steps, func() error {
			p := &b.providers[i]
			if err := read(name, p); err != nil {
				return err
			}
			if p.ID+".yaml" != path.Base(name) {
				return fmt.Errorf("%w: %s: its id is %q", ErrData, name, p.ID)
			}
			return nil
		})
	}
	if err := together(steps...); err != nil {
		return err
	}
	if err := b.readCalendars(own); err != nil {
		return err
	}
	if own != "" {
		if err := b.readOwn(own); err != nil {
			return err
		}
	}
	var ops struct {
		Operators []Operator `yaml:"operators"`
	}
	if err := read("data/dns_operators.yaml", &ops); err != nil {
		return err
	}
	b.operators = ops.Operators
	if err := b.readNetwork(); err != nil {
		return err
	}
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
	return b.compile()
}

// together takes steps that do not need each other, as many at once as there are processors. The error is that of the first that has one.
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
			ID: p.ID, Role: p.Role, MX: patterns(p.ID, slices.Concat(p.MX, p.MXHints)), SPFIncludes: p.SPFIncludes, DKIMSelectors: p.DKIMSelectors,
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

// Validate refuses a code without texts, texts without a code, a code that nobody has to act on by name, and facts that
// contradict themselves.
func (b *Base) Validate(checks []*diag.Check) error {
	var errs []error
	wrong := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrData}, args...)...))
	}
	if err := diag.Validate(checks); err != nil {
		errs = append(errs, err)
	}
	codes := map[string]bool{}
	for _, c := range checks {
		if !b.texts.Has("check." + c.Name) {
			wrong("locales: check %s has no name", c.Name)
		}
		for _, s := range c.Codes {
			codes[string(s.Code)] = true
			for _, part := range []string{"title", "why", "fix"} {
				if id := string(s.Code) + "." + part; !b.texts.Has(id) {
					wrong("locales: %s is missing", id)
				}
			}
			switch b.who[s.Code] {
			case DNS, Registrar, Vendor, Host, Sender, Nobody:
			default:
				wrong("findings.yaml: who acts on %s?", s.Code)
			}
			if !rfcSection.MatchString(b.rfc[s.Code]) {
				wrong("findings.yaml: which RFC speaks of %s? %q is neither one, as in \"7208 4.6.4\", nor \"-\"", s.Code, b.rfc[s.Code])
			}
		}
	}
	for _, code := range gate.NoteCodes {
		if !b.texts.Has("note." + code) {
			wrong("locales: note.%s is missing", code)
		}
	}
	for code := range b.who {
		if !codes[string(code)] {
			wrong("findings.yaml: no check reports %s", code)
		}
	}
	for _, id := range b.texts.IDs() {
		if code, ok := strings.CutSuffix(id, ".title"); ok && !codes[code] {
			wrong("locales: no check reports %s", code)
		}
	}
	seen := map[string]bool{}
	for _, p := range b.providers {
		if seen[p.ID] || p.Names["en"] == "" || p.Names["zh"] == "" || !slices.Contains([]string{"mailbox", "gateway", "sender", "dns"}, p.Role) {
			wrong("providers/%s.yaml: the id must be unique, names.en and names.zh given, role one of mailbox, gateway, sender, dns", p.ID)
		}
		seen[p.ID] = true
	}
	for _, o := range b.operators {
		if seen["dns "+o.ID] || o.ID == "" || o.Name == "" || len(o.NS) == 0 {
			wrong("dns_operators.yaml: %q needs a unique id, a name and ns patterns", o.ID)
		}
		seen["dns "+o.ID] = true
	}
	return errors.Join(errs...)
}

// Fingerprints is the providers as diag recognises them.
func (b *Base) Fingerprints() []diag.Fingerprint { return b.fingerprints }

// Operators is the DNS operators as diag recognises them.
func (b *Base) Operators() []diag.Operator { return b.known }

// ControlHosts is mail hosts of large mailbox providers, one of each: by them a blocked port 25 is told from a dead host.
func (b *Base) ControlHosts() []string {
	var out []string
	for _, p := range b.providers {
		if p.Role == "mailbox" && len(p.MXSets) > 0 && len(p.MXSets[0].Hosts) > 0 && !strings.ContainsAny(p.MXSets[0].Hosts[0].Host, "*<{") {
			out = append(out, p.MXSets[0].Hosts[0].Host)
		}
	}
	return out
}

// Provider is the provider of that id, or nil.
func (b *Base) Provider(id string) *Provider {
	for i := range b.providers {
		if b.providers[i].ID == id {
			return &b.providers[i]
		}
	}
	return nil
}

// ProviderName is the provider's name in words; the id itself when it is not known.
func (b *Base) ProviderName(lang language.Tag, id string) string {
	p := b.Provider(id)
	if p == nil {
		return id
	}
	base, _ := b.texts.Match(lang).Base()
	if n := p.Names[base.String()]; n != "" {
		return n
	}
	return p.Names["en"]
}

// OperatorName is the DNS operator's name; the id itself when it is not known.
func (b *Base) OperatorName(_ language.Tag, id string) string {
	for _, o := range b.operators {
		if o.ID == id {
			return o.Name
		}
	}
	return id
}

// CheckTitle is the name of a check in words.
func (b *Base) CheckTitle(lang language.Tag, check string) string {
	return b.texts.Text(lang, "check."+check, nil)
}

// Codes is every code that has a meaning here, sorted.
func (b *Base) Codes() []string {
	var out []string
	for code := range b.who {
		out = append(out, string(code))
	}
	slices.Sort(out)
	return out
}
