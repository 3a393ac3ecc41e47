package spf

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"signpost/diag/guarded"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// Bounds of an audit: a record that leads further is cut there, and Tree.Cut says so.
const (
	maxDepth = 12
	maxTree  = 80
)

// Tree is one record of an include tree, with what was found in it.
type Tree struct {
	Domain string
	Via    string // the term that led here: "include:x", "redirect=x"; empty at the top
	Answer *resolve.Answer
	Err    error // the record could not be looked up
	Texts  []string
	Record *Record // nil where there is not exactly one
	Syntax []*SyntaxError
	Terms  []TermCost
	Loop   bool // the domain is above itself
	Cut    bool // not followed: too deep or too large
	NoName bool // the domain does not exist (NXDOMAIN)
}

// TermCost is what one term of a record costs and leads to.
type TermCost struct {
	Term    *Term
	Child   *Tree // of include and redirect
	Answers []*resolve.Answer
	Void    []string // names that came back empty
	Names   int      // MX hosts behind it
	Macro   bool     // its target depends on the sender
	Err     error    // it could not be looked up
}

// auditor bounds one audit.
type auditor struct {
	r     Resolver
	mu    sync.Mutex
	trees int
}

// Audit reads the domain's record and all that it includes, for no particular sender. Independent look-ups run side by
// side.
func Audit(ctx context.Context, r Resolver, domain string) *Tree {
	a := &auditor{r: r}
	return a.tree(ctx, strings.TrimSuffix(strings.ToLower(domain), "."), "", nil)
}

func (a *auditor) tree(ctx context.Context, domain, via string, above []string) *Tree {
	t := &Tree{Domain: domain, Via: via}
	if slices.Contains(above, domain) {
		t.Loop = true
		return t
	}
	a.mu.Lock()
	a.trees++
	t.Cut = a.trees > maxTree || len(above) > maxDepth
	a.mu.Unlock()
	if t.Cut || !validName(domain) {
		return t
	}
	t.Answer, t.Err = a.r.Lookup(ctx, domain+".", dns.TypeTXT)
	if t.Err != nil {
		return t
	}
	t.NoName = t.Answer.NXDomain()
	for _, text := range t.Answer.TXT() {
		if IsRecord(text) {
			t.Texts = append(t.Texts, text)
		}
	}
	if len(t.Texts) == 1 {
		a.read(ctx, t, above)
	}
	return t
}

// AuditText is Audit of a text as if it were the domain's record.
func AuditText(ctx context.Context, r Resolver, domain, text string) *Tree {
	a := &auditor{r: r}
	t := &Tree{Domain: strings.TrimSuffix(strings.ToLower(domain), "."), Texts: []string{text}}
	a.read(ctx, t, nil)
	return t
}

// read examines the one record of a tree.
func (a *auditor) read(ctx context.Context, t *Tree, above []string) {
	domain := t.Domain
	t.Record, t.Syntax = Parse(t.Texts[0])
	t.Terms = make([]TermCost, len(t.Record.Terms))
	var wg guarded.Group
	_, allAt := t.Record.All()
	for i := range t.Record.Terms {
		term := &t.Record.Terms[i]
		t.Terms[i].Term = term
		if i > allAt && !term.Modifier || term.Name == "redirect" && allAt < len(t.Record.Terms) {
			continue // after "all" nothing is looked at
		}
		wg.Go(func() { a.term(ctx, &t.Terms[i], domain, append(slices.Clone(above), domain)) })
	}
	wg.Wait()
}

func (a *auditor) term(ctx context.Context, c *TermCost, domain string, above []string) {
	target := domain
	if c.Term.Target != "" {
		if c.Macro = strings.Contains(c.Term.Target, "%"); c.Macro {
			return
		}
		target = strings.ToLower(strings.TrimSuffix(c.Term.Target, "."))
	}
	switch {
	case !c.Term.Costs():
	case c.Term.Name == "include" || c.Term.Name == "redirect":
		c.Child = a.tree(ctx, target, c.Term.Raw, above)
	case c.Term.Name == "a" || c.Term.Name == "exists":
		c.host(a.addresses(ctx, target))
	case c.Term.Name == "mx":
		mx, err := a.r.Lookup(ctx, target+".", dns.TypeMX)
		if err != nil {
			c.Err = err
			return
		}
		c.Answers = append(c.Answers, mx)
		if mx.Empty() {
			c.Void = append(c.Void, target)
		}
		hosts := mx.Records()
		c.Names = len(hosts)
		var wg guarded.Group
		var mu sync.Mutex
		for _, rr := range hosts[:min(len(hosts), MaxNames)] {
			if h := rr.(*dns.MX).Mx; h != "." {
				wg.Go(func() {
					got := a.addresses(ctx, strings.ToLower(strings.TrimSuffix(h, ".")))
					mu.Lock()
					defer mu.Unlock()
					c.host(got)
				})
			}
		}
		wg.Wait()
	}
}

// addressed is what the two address families of a host answered.
type addressed struct {
	name    string
	answers []*resolve.Answer
	err     error
}

func (a *auditor) addresses(ctx context.Context, name string) addressed {
	out := addressed{name: name}
	if !validName(name) {
		return out
	}
	var six *resolve.Answer
	var err6 error
	var second guarded.Group
	second.Go(func() { six, err6 = a.r.Lookup(ctx, name+".", dns.TypeAAAA) })
	four, err := a.r.Lookup(ctx, name+".", dns.TypeA)
	second.Wait()
	if err == nil {
		err = err6
	}
	out.err = err
	for _, x := range []*resolve.Answer{four, six} {
		if x != nil {
			out.answers = append(out.answers, x)
		}
	}
	return out
}

// host notes a host's answers: it is void where both families are empty.
func (c *TermCost) host(h addressed) {
	if h.err != nil {
		c.Err = h.err
	}
	c.Answers = append(c.Answers, h.answers...)
	empty := len(h.answers) == 2
	for _, x := range h.answers {
		empty = empty && x.Empty()
	}
	if empty {
		c.Void = append(c.Void, h.name)
	}
}

// Lookups is the look-ups that the tree costs when no term matches early: the number that RFC 7208 4.6.4 limits to 10.
func (t *Tree) Lookups() int {
	n := 0
	for _, c := range t.Terms {
		n += c.Cost()
	}
	return n
}

// Cost is the look-ups of the term and of all below it.
func (c TermCost) Cost() int {
	if c.Term == nil || !c.Term.Costs() {
		return 0
	}
	if c.Child == nil {
		return 1
	}
	return 1 + c.Child.Lookups()
}

// Each visits the tree's records, top first.
func (t *Tree) Each(visit func(*Tree)) {
	visit(t)
	for _, c := range t.Terms {
		if c.Child != nil {
			c.Child.Each(visit)
		}
	}
}

// Voids is the terms that came back empty, in order, as "term at domain".
func (t *Tree) Voids() []string {
	var out []string
	t.Each(func(x *Tree) {
		for _, c := range x.Terms {
			for _, v := range c.Void {
				out = append(out, fmt.Sprintf("%s (%s)", c.Term.Raw, v))
			}
		}
	})
	return out
}

// Unsure is the first failure in the tree: some part of it could not be looked up. Nil: everything was.
func (t *Tree) Unsure() error {
	var err error
	t.Each(func(x *Tree) {
		if err == nil {
			err = x.Err
		}
		for _, c := range x.Terms {
			if err == nil {
				err = c.Err
			}
		}
	})
	return err
}

// Cost is a term of the tree: how deep below the domain's own record it stands, and the DNS look-ups that it needs with
// all below it (RFC 7208 4.6.4).
type Cost struct {
	Term           string
	Depth, Lookups int
}

// maxCosts is how many terms of a tree are named.
const maxCosts = 120

// Costs is the terms of the tree in order, each before those below it; at most 120.
func (t *Tree) Costs() (out []Cost) {
	var walk func(*Tree, int)
	walk = func(x *Tree, depth int) {
		for _, c := range x.Terms {
			if c.Term == nil || len(out) >= maxCosts {
				continue
			}
			out = append(out, Cost{c.Term.Raw, depth, c.Cost()})
			if c.Child != nil {
				walk(c.Child, depth+1)
			}
		}
	}
	walk(t, 0)
	return out
}

// Lines is the tree as text, one term a line, with each term's cost, indented by depth; at most 120 lines.
func (t *Tree) Lines() (out []string) {
	for _, c := range t.Costs() {
		line := strings.Repeat("  ", c.Depth) + c.Term
		if c.Lookups > 0 {
			line += fmt.Sprintf(" [%d]", c.Lookups)
		}
		out = append(out, line)
	}
	return out
}
