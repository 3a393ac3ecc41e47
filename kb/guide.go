package kb

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"
	"time"
	_ "time/tzdata"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	markdown "github.com/yuin/goldmark/text"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"
)

// Source is a page that something is known from, and the day on which it was read. A standard of the RFC series never
// changes and needs none.
type Source struct {
	URL  string `yaml:"url"`
	Seen string `yaml:"seen"`
}

// Block is a part of a guide: a paragraph, a list, or lines to be copied.
type Block struct {
	Text  string
	Items []string
	Steps bool // the items are steps, one after the other
	Code  string
}

// Found is a guide that answers a question. Sure is false where it only touches it; Surely says that the question is
// like those that it answers, and like no others.
type Found struct {
	Guide        *Guide
	Score        float64
	Sure, Surely bool
}

func readGuide(files fs.FS, name string) (g guideText, err error) {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return g, fmt.Errorf("%w: %w", ErrData, err)
	}
	head, body, ok := bytes.Cut(bytes.TrimPrefix(raw, []byte("---\n")), []byte("\n---\n"))
	if !ok {
		return g, fmt.Errorf("%w: %s: no title between two lines of ---", ErrData, name)
	}
	d := yaml.NewDecoder(bytes.NewReader(head))
	d.KnownFields(true)
	if err := d.Decode(&g); err != nil {
		return g, fmt.Errorf("%w: %s: %w", ErrData, name, err)
	}
	if g.Title == "" || len(g.Words) == 0 {
		return g, fmt.Errorf("%w: %s: title and words are needed", ErrData, name)
	}
	for _, src := range g.Sources {
		_, err := time.Parse(time.DateOnly, src.Seen)
		if standing := strings.HasPrefix(src.URL, "https://www.rfc-editor.org/rfc/"); !strings.HasPrefix(src.URL,
			"https://") || !standing && err != nil {
			return g, fmt.Errorf("%w: %s: source %q, seen %q: a URL with https and a date are needed", ErrData, name, src.URL,
				src.Seen)
		}
	}
	g.blocks = blocks(body)
	g.plain = string(body)
	return g, nil
}

// blocks reads the Markdown that guides are written in: paragraphs, lists and code; emphasis and code spans become
// their words.
func blocks(source []byte) []Block {
	var out []Block
	root := goldmark.DefaultParser().Parse(markdown.NewReader(source))
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		switch v := n.(type) {
		case *ast.List:
			var items []string
			for item := v.FirstChild(); item != nil; item = item.NextSibling() {
				items = append(items, inline(item, source))
			}
			out = append(out, Block{Items: items, Steps: v.IsOrdered()})
		case *ast.FencedCodeBlock:
			var code strings.Builder
			for i := range v.Lines().Len() {
				line := v.Lines().At(i)
				code.Write(line.Value(source))
			}
			out = append(out, Block{Code: strings.TrimRight(code.String(), "\n")})
		default:
			out = append(out, Block{Text: inline(n, source)})
		}
	}
	return out
}

func inline(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(source))
			if t.SoftLineBreak() || t.HardLineBreak() {
				b.WriteString(" ")
			}
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}

// Guides is every guide.
func (b *Base) Guides() []*Guide { return b.guides }

// Guide is the guide of that id, or nil.
func (b *Base) Guide(id string) *Guide {
	for _, g := range b.guides {
		if g.ID == id {
			return g
		}
	}
	return nil
}

// text is the guide in a language; English where it is not written in that.
func (g *Guide) text(b *Base, lang language.Tag) guideText {
	if t, ok := g.in[b.texts.Match(lang)]; ok {
		return t
	}
	return g.in[language.English]
}

// Title is the guide's title.
func (g *Guide) Title(b *Base, lang language.Tag) string { return g.text(b, lang).Title }

// Blocks is what the guide says.
func (g *Guide) Blocks(b *Base, lang language.Tag) []Block { return g.text(b, lang).blocks }

// Sources are the standards and official pages that the guide is written from.
func (g *Guide) Sources(b *Base, lang language.Tag) []Source { return g.text(b, lang).Sources }

// Topic is the topic of channels that serve the guide's matter alone; "" where it has none.
func (g *Guide) Topic(b *Base, lang language.Tag) string { return g.text(b, lang).For }

// ChannelsFor are a provider's channels for one topic and no other.
func (b *Base) ChannelsFor(provider, topic string) (out []Channel) {
	p := b.Provider(provider)
	if p == nil || topic == "" {
		return nil
	}
	for _, c := range p.Channels {
		if len(c.Suits) == 1 && c.Suits[0] == topic {
			out = append(out, c)
		}
	}
	return out
}

// ServerSet is the servers by which mail programs reach a provider's mailboxes, at one of its sites.
type ServerSet struct {
	Scope
	Fact
	Hosts []string // imap, pop and smtp, as far as they are known
}

// clientServers are the names by which such servers stand in a provider's records, in the order in which they are told.
var clientServers = []string{"imap", "pop3", "smtp"}

// Servers is a provider's servers for mail programs, for the guide about those; none for any other.
func (b *Base) Servers(provider string, g *Guide) (out []ServerSet) {
	p := b.Provider(provider)
	if p == nil || g.Page != "client" {
		return nil
	}
	for _, site := range p.CNAMEs {
		set := ServerSet{Scope: site.Scope, Fact: site.Fact}
		for _, name := range clientServers {
			for _, r := range site.Records {
				if r.Host == name {
					set.Hosts = append(set.Hosts, r.Target)
				}
			}
		}
		if len(set.Hosts) > 0 {
			out = append(out, set)
		}
	}
	return out
}

// Pages is the provider's own pages for a guide: about its topic where one is known, otherwise its help centre.
func (b *Base) Pages(provider string, g *Guide) []string {
	p := b.Provider(provider)
	if p == nil {
		return nil
	}
	var out []string
	for _, page := range p.Pages {
		if page.Topic == g.Page {
			out = append(out, page.URL)
		}
	}
	for _, c := range p.Channels {
		if c.Kind == HelpCentre && c.URL != "" && len(out) == 0 {
			out = append(out, c.URL)
		}
	}
	return out
}

type guideText struct {
	Title string   `yaml:"title"`
	Words []string `yaml:"words"`
	// Beside are words that many other things have too: they count where a word of mail stands beside them.
	Beside []string `yaml:"beside"`
	// Leads are words by which the guide comes before one that the matter alone names: "how do I troubleshoot".
	Leads []string `yaml:"leads"`
	Page  string   `yaml:"page"`
	// Diagnosis says that the records of a domain answer the question as well.
	Diagnosis bool `yaml:"diagnosis"`
	// For is the topic of channels that serve the guide's matter alone, as suits in a provider's file.
	For string `yaml:"for"`
	// Sources are the standards and official pages that it is written from.
	Sources []Source `yaml:"sources"`
	plain   string
	blocks  []Block
}

// Guide is what we say about a topic, in each language: files guides/LANG/ID.md, Markdown with a title and search words
// before it.
type Guide struct {
	ID        string
	Page      string // the topic of the provider's own page, as in pages of its file
	Diagnosis bool   // what it answers, the diagnosis of a domain answers as well
	in        map[language.Tag]guideText
}
