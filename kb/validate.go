package kb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	_ "time/tzdata"

	"signpost/diag"
	"signpost/diag/checks"
	"signpost/diag/gate"
	regex "signpost/diag/pattern"
	"signpost/kb/catalogue"
	"signpost/reports"

	"golang.org/x/text/language"
)

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
				wrong("findings.yaml: which RFC speaks of %s? %q is neither one, as in \"7208 4.6.4\", nor \"-\"", s.Code,
					b.rfc[s.Code])
			}
		}
	}
	for _, code := range gate.NoteCodes {
		if !b.texts.Has("note." + code) {
			wrong("locales: note.%s is missing", code)
		}
	}
	for _, id := range reports.Words() {
		if !b.HasReportText(id) {
			wrong("locales: report.%s is missing", id)
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
	b.validatePatterns(wrong)
	seen := map[string]bool{}
	for _, p := range b.providers {
		if seen[p.ID] || p.Names["en"] == "" || p.Names["zh"] == "" ||
			!slices.Contains([]string{"mailbox", "gateway", "sender", "dns"}, p.Role) {
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

// validatePatterns refuses patterns that no host can match.
func (b *Base) validatePatterns(wrong func(format string, args ...any)) {
	for _, f := range b.fingerprints {
		for _, re := range f.MX {
			if !regex.CanMatchHost(re) {
				wrong("providers/%s.yaml: no MX host can match %s: names are compared in lower case, without a final dot", f.ID, re)
			}
		}
	}
	for _, o := range b.known {
		for _, re := range o.NS {
			if !regex.CanMatchHost(re) {
				wrong("dns_operators.yaml: %s: no name server can match %s: names are compared in lower case, without a final dot",
					o.ID, re)
			}
		}
	}
}

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

// LoadWith is Load with an organisation's own files on top: own/providers/*.yaml and own/calendars.yaml. A file named
// for a provider that is known adds its channels before those, and replaces every other field that it gives; any other
// adds a provider.
func LoadWith(own string) (*Base, error) { return LoadFrom(files, own) }

// Load reads the built-in knowledge and validates it. The error names every fault, with its file.
func Load() (*Base, error) { return LoadWith("") }

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

// readGuides reads the guides of every language that the catalogue has; each must be there in English.
func (b *Base) readGuides(files fs.FS) error {
	byID := map[string]*Guide{}
	var errs []error
	for _, lang := range b.texts.Languages() {
		names, err := fs.Glob(files, path.Join("guides", lang.String(), "*.md"))
		if err != nil {
			return err
		}
		for _, name := range names {
			g, err := readGuide(files, name)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			id := strings.TrimSuffix(path.Base(name), ".md")
			if byID[id] == nil {
				byID[id] = &Guide{ID: id, Page: g.Page, Diagnosis: g.Diagnosis, in: map[language.Tag]guideText{}}
				b.guides = append(b.guides, byID[id])
			}
			if byID[id].Page != g.Page {
				errs = append(errs, fmt.Errorf("%w: %s: page is %q in another language", ErrData, name, byID[id].Page))
			}
			byID[id].in[lang] = g
		}
	}
	for _, g := range b.guides {
		if _, ok := g.in[language.English]; !ok {
			errs = append(errs, fmt.Errorf("%w: guides/en/%s.md is missing", ErrData, g.ID))
		}
	}
	for _, p := range b.providers {
		for _, page := range p.Pages {
			if !strings.HasPrefix(page.URL, "https://") ||
				!slices.ContainsFunc(b.guides, func(g *Guide) bool { return g.Page == page.Topic }) {
				errs = append(errs, fmt.Errorf("%w: providers/%s.yaml: page %q of topic %q: a URL with https and the topic of a guide", ErrData, p.ID, page.URL, page.Topic))
			}
		}
	}
	b.searcher = sync.OnceValues(b.newSearcher)
	return errors.Join(errs...)
}

// readOwn puts an organisation's own files on top of the built-in ones. The error names the file, the line and the
// field of every fault.
func (b *Base) readOwn(dir string) error {
	names, err := ownFiles(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range names {
		errs = append(errs, b.readOwnFile(name))
	}
	return errors.Join(errs...)
}

func (b *Base) readOwnFile(name string) error {
	if info, err := os.Stat(name); err == nil && info.Size() > maxOwnSize {
		return fmt.Errorf("%w: %s: at most 1 MiB, not %d octets", ErrData, name, info.Size())
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrData, err)
	}
	id := strings.TrimSuffix(filepath.Base(name), ".yaml")
	known := b.Provider(id)
	p := Provider{Role: "mailbox"}
	if known != nil {
		p = *known
		p.Channels = nil
	}
	if err := decode(name, raw, &p); err != nil {
		return err
	}
	if p.ID == "" {
		p.ID = id
	}
	if p.ID != id {
		return fmt.Errorf("%w: %s: its id is %q", ErrData, name, p.ID)
	}
	if err := checkChannels(name, p.Channels, channelLines(raw)); err != nil {
		return err
	}
	if known == nil {
		if p.Names["en"] == "" || p.Names["zh"] == "" {
			return fmt.Errorf("%w: %s: a new provider needs names, such as names: {en: Example Mail, zh: the name in Chinese}",
				ErrData, name)
		}
		b.providers = append(b.providers, p)
		return nil
	}
	p.Channels = append(p.Channels, known.Channels...)
	*known = p
	return nil
}

func ownFiles(dir string) ([]string, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%w: %s is no folder. Put your files into %s", ErrData, dir,
			filepath.Join(dir, "providers", "PROVIDER.yaml"))
	}
	names, err := filepath.Glob(filepath.Join(dir, "providers", "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrData, dir, err)
	}
	if len(names) > maxOwnFiles {
		return nil, fmt.Errorf("%w: %s: at most %d files, not %d", ErrData, dir, maxOwnFiles, len(names))
	}
	slices.Sort(names)
	return names, nil
}

const maxOwnFiles = 500
