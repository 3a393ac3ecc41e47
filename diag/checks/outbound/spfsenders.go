package outbound

import (
	"context"
	"fmt"
	"slices"

	"signpost/diag"
	"signpost/diag/cause"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/view"
	"signpost/diag/protocol/spf"
	"signpost/diag/visible"
)

// reportSPFProvider notes the providers that the record names, and whether the one that holds the mailboxes is among
// them.
func reportSPFProvider(ctx context.Context, p *view.Pass, tree *spf.Tree, said diag.Evidence) error {
	var domains []string
	tree.Each(func(t *spf.Tree) {
		if t != tree {
			domains = append(domains, t.Domain)
		}
	})
	covered := map[string]bool{}
	for _, f := range p.Providers {
		for _, inc := range f.SPFIncludes {
			if slices.Contains(domains, inc) {
				covered[f.ID] = true
				p.SawProvider(f.ID, f.Role, "spf")
			}
		}
	}
	own, err := authority.SettledProviders(ctx, p)
	if err != nil {
		return err
	}
	_, isOpen := tree.Record.Open()
	if err := tree.Unsure(); err != nil {
		return err // an include that did not answer may name the provider
	}
	if isOpen || len(tree.Syntax) > 0 {
		return nil // what is broken is said elsewhere
	}
	for _, f := range own {
		if f.Role == "mailbox" && len(f.SPFIncludes) > 0 && !covered[f.ID] && !hasMacros(tree) {
			p.Found(SPFProviderMissing, p.Domain,
				map[string]any{"provider": f.ID, "includes": f.SPFIncludes, "record": visible.Clip(tree.Record.Text, 1000)}, said)
		}
	}
	return nil
}

// hasMacros reports whether some include depends on the sender, so that the tree does not show who is covered.
func hasMacros(tree *spf.Tree) bool {
	found := false
	tree.Each(func(t *spf.Tree) {
		for _, c := range t.Terms {
			found = found || c.Macro && (c.Term.Name == "include" || c.Term.Name == "redirect")
		}
	})
	return found
}

// reportSPFSources judges the addresses that are said to send for the domain.
func reportSPFSources(ctx context.Context, p *view.Pass, tree *spf.Tree, said diag.Evidence) error {
	var unsure error
	for _, ip := range p.SourceIPs {
		out := spf.Evaluate(ctx, p.DNS, spf.Query{IP: ip, MailFrom: "postmaster@" + p.Name(), Helo: p.Name(), Now: p.Now})
		switch out.Result {
		case spf.Pass:
		case spf.TempError:
			unsure = cause.With(cause.Undecided,
				fmt.Sprintf("diag: whether SPF covers %s could not be told: %s", ip, out.Because),
				map[string]any{"ip": ip.String(), "because": out.Because})
		default:
			family := "ip4"
			if ip.Unmap().Is6() {
				family = "ip6"
			}
			args := map[string]any{
				"ip": ip.String(), "result": string(out.Result), "term": family + ":" + ip.Unmap().String(),
				"record": visible.Clip(tree.Record.Text, 1000),
			}
			if out.Result == spf.PermError { // then no further term helps
				args["because"], args["terms"] = out.Cause, visible.ClipAll(empty(out))
			}
			p.Found(SPFSourceNotCovered, ip.String(), args, said)
		}
	}
	return unsure
}

// empty is the terms of an evaluation that came back empty.
func empty(out spf.Outcome) (terms []string) {
	voids := 0
	for _, n := range out.Trace {
		if n.Voids > voids && !slices.Contains(terms, n.Term) {
			terms = append(terms, n.Term)
		}
		voids = max(voids, n.Voids)
	}
	return terms
}
