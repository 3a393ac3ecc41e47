package batch

import (
	"fmt"
	"io"
	"strings"

	"signpost/diag/protocol/spf"
	"signpost/diag/visible"
)

// PrintSPF writes an SPF outcome: the result, then every term that was looked at, indented by depth, with its
// questions.
func PrintSPF(w io.Writer, o spf.Outcome) {
	fmt.Fprintf(w, "%s  (%d of %d DNS look-ups, %d of %d void)\n", o.Result, o.Lookups, spf.MaxLookups, o.Voids,
		spf.MaxVoids)
	if o.Because != "" {
		fmt.Fprintf(w, "because: %s\n", visible.Text(o.Because))
	}
	if o.Explanation != "" {
		fmt.Fprintf(w, "explanation: %s\n", visible.Text(o.Explanation))
	}
	for _, n := range o.Trace {
		mark := " "
		if n.Matched {
			mark = "*"
		}
		fmt.Fprintf(w, "%s %2d %s%s", mark, n.Count, strings.Repeat("  ", n.Depth), visible.Text(n.Term))
		if n.Question != "" {
			fmt.Fprintf(w, "   %s: %s, %.0f ms, %s", visible.Text(n.Question), n.Rcode, n.MS, n.Server)
		}
		fmt.Fprintln(w)
	}
}
