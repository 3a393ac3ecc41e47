package batch

import (
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"text/tabwriter"

	"signpost/kb"
)

// ScoreKB reads a collection of bounces with what is right for each, and prints how many are explained rightly,
// vaguely, wrongly and not at all, by family, with every one that is not right. Enough reports whether at least that
// many of a hundred are right.
func ScoreKB(w io.Writer, b *kb.Base, dir fs.FS, least float64) (enough bool, err error) {
	scores, err := b.ScoreBounces(dir)
	if err != nil {
		return false, err
	}
	grades := []kb.Grade{kb.Right, kb.VagueOne, kb.Wrong, kb.NotKnown}
	counts, total := map[string]map[kb.Grade]int{}, map[kb.Grade]int{}
	var families []string
	for _, s := range scores {
		if counts[s.Family] == nil {
			counts[s.Family] = map[kb.Grade]int{}
			families = append(families, s.Family)
		}
		counts[s.Family][s.Grade]++
		total[s.Grade]++
	}
	slices.Sort(families)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(name string, by map[kb.Grade]int) {
		all := 0
		fmt.Fprintf(t, "%s\t", name)
		for _, g := range grades {
			all += by[g]
			fmt.Fprintf(t, "%d\t", by[g])
		}
		fmt.Fprintf(t, "%d\t%.0f %%\t\n", all, percent(by[kb.Right], all))
	}
	fmt.Fprintln(t, "family\tright\tvague\twrong\tunknown\tall\tright\t")
	for _, f := range families {
		line(f, counts[f])
	}
	line("all", total)
	if err := t.Flush(); err != nil {
		return false, err
	}
	for _, s := range scores {
		if s.Grade == kb.Right {
			continue
		}
		got := s.Got
		if got == "" {
			got = "nothing"
		}
		fmt.Fprintf(w, "%s: %s: %s, not %s: %q\n", s.Grade, s.File, got, strings.Join(s.Want, " or "), s.Line)
	}
	return len(scores) > 0 && percent(total[kb.Right], len(scores)) >= least, nil
}

func percent(part, all int) float64 {
	if all == 0 {
		return 0
	}
	return 100 * float64(part) / float64(all)
}
