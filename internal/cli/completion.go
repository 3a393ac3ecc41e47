package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints a script made from the commands and flags that there are. Bash: eval "$(signpost completion bash)"; fish:
// signpost completion fish | source.
func (c *completionCmd) Run(parser *kong.Kong, s *System) error {
	switch c.Shell {
	case "fish":
		return completeFish(s.Out, parser.Model)
	case "zsh": // which understands what is written for bash
		if _, err := fmt.Fprintln(s.Out, "autoload -U +X bashcompinit && bashcompinit"); err != nil {
			return err
		}
	}
	return completeBash(s.Out, parser.Model)
}

// place is a command with the words that lead to it.
type place struct {
	path string // "cases export"; "" for the program itself
	node *kong.Node
}

// places is every command of the program, those above before those below.
func places(app *kong.Application) []place {
	out := []place{{node: app.Node}}
	for i := 0; i < len(out); i++ {
		for _, child := range out[i].node.Children {
			if !child.Hidden {
				out = append(out, place{strings.TrimSpace(out[i].path + " " + child.Name), child})
			}
		}
	}
	return out
}

// flags is the flags of a command that people are told of.
func (p place) flags() (out []*kong.Flag) {
	for _, f := range p.node.Flags {
		if !f.Hidden {
			out = append(out, f)
		}
	}
	return out
}

// words is what may come next behind a command: its subcommands, what its first argument may be, and its flags.
func (p place) words() (out []string) {
	for _, child := range p.node.Children {
		if !child.Hidden {
			out = append(out, child.Name)
		}
	}
	if len(p.node.Positional) > 0 {
		out = append(out, valuesOf(p.node.Positional[0])...)
	}
	out = append(out, "--help")
	for _, f := range p.flags() {
		if f.Name != "help" {
			out = append(out, "--"+f.Name)
		}
	}
	return out
}

// valuesOf is the values that a flag or argument may have, where they are few.
func valuesOf(v *kong.Value) []string {
	switch {
	case v.Enum != "":
		return strings.Split(v.Enum, ",")
	case v.Name == "lang":
		return []string{"en", "zh"}
	}
	return nil
}

func completeBash(w io.Writer, app *kong.Application) error {
	var b strings.Builder
	b.WriteString(`_signpost() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} path= next= i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$path ${COMP_WORDS[i]}" in
`)
	all := places(app)
	for _, p := range all[1:] {
		parent := strings.TrimSuffix(p.path, p.node.Name)
		fmt.Fprintf(&b, "        %q) path=%q ;;\n", strings.TrimRight(parent, " ")+" "+p.node.Name, p.path)
	}
	b.WriteString("        esac\n    done\n    case \"$path $before\" in\n")
	for _, p := range all {
		for _, f := range p.flags() {
			if values := valuesOf(f.Value); len(values) > 0 {
				fmt.Fprintf(&b, "    %q) next=%q ;;\n", p.path+" --"+f.Name, strings.Join(values, " "))
			}
		}
	}
	b.WriteString("    esac\n    if [ -z \"$next\" ]; then\n        case \"$path\" in\n")
	for _, p := range all {
		fmt.Fprintf(&b, "        %q) next=%q ;;\n", p.path, strings.Join(p.words(), " "))
	}
	b.WriteString("        esac\n    fi\n    COMPREPLY=($(compgen -W \"$next\" -- \"$word\"))\n}\n" +
		"complete -o default -F _signpost signpost\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func completeFish(w io.Writer, app *kong.Application) error {
	var b strings.Builder
	for _, p := range places(app) {
		when := "__fish_use_subcommand"
		if words := strings.Fields(p.path); len(words) > 0 {
			when = "__fish_seen_subcommand_from " + strings.Join(words, "; and __fish_seen_subcommand_from ")
		}
		for _, child := range p.node.Children {
			if !child.Hidden {
				fmt.Fprintf(&b, "complete -c signpost -f -n %s -a %s -d %s\n", fishWord(when), child.Name, fishWord(child.Help))
			}
		}
		if len(p.node.Positional) > 0 {
			for _, choice := range valuesOf(p.node.Positional[0]) {
				fmt.Fprintf(&b, "complete -c signpost -f -n %s -a %s\n", fishWord(when), choice)
			}
		}
		for _, f := range p.flags() {
			fmt.Fprintf(&b, "complete -c signpost -n %s -l %s -d %s", fishWord(when), f.Name, fishWord(f.Help))
			if values := valuesOf(f.Value); len(values) > 0 {
				fmt.Fprintf(&b, " -x -a %s", fishWord(strings.Join(values, " ")))
			} else if !f.IsBool() {
				b.WriteString(" -r")
			}
			b.WriteString("\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fishWord is one word for fish, whatever it holds.
func fishWord(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", " ").Replace(s) + "'"
}

type manCmd struct{}

// Run prints the manual page, made from the commands and flags that there are: signpost man > signpost.1.
func (manCmd) Run(parser *kong.Kong, s *System) error {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH SIGNPOST 1\n.SH NAME\nsignpost \\- %s\n", roff(strings.ToLower(description[:1])+
		strings.TrimSpace(description[1:])))
	b.WriteString(".SH SYNOPSIS\n.B signpost\n.I command\n.RI [ flags ]\n.SH COMMANDS\n")
	for _, p := range places(parser.Model)[1:] {
		if len(p.node.Children) > 0 {
			continue
		}
		fmt.Fprintf(&b, ".SS signpost %s", roff(p.path))
		for _, a := range p.node.Positional {
			fmt.Fprintf(&b, " %s", roff(a.Summary()))
		}
		fmt.Fprintf(&b, "\n%s\n", roff(p.node.Help))
		for _, a := range p.node.Positional {
			fmt.Fprintf(&b, ".TP\n.I %s\n%s\n", roff(a.Name), roff(a.Help))
		}
		for _, f := range p.flags() {
			name := "--" + f.Name
			if !f.IsBool() {
				name += "=" + f.FormatPlaceHolder()
			}
			if f.Short != 0 {
				name = "-" + string(f.Short) + ", " + name
			}
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(name), roff(f.Help))
		}
	}
	b.WriteString(".SH ENVIRONMENT\n")
	for line := range strings.Lines(environment) {
		name, what, ok := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case strings.HasPrefix(line, "   "): // the line before goes on
			fmt.Fprintf(&b, "%s\n", roff(strings.TrimSpace(line)))
		case ok:
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(name), roff(strings.TrimSpace(what)))
		}
	}
	_, err := io.WriteString(s.Out, b.String())
	return err
}

// roff is a text as the manual's formatter takes it literally.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n", " ").Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
