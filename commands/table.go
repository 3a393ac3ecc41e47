package commands

import (
	"errors"
	"fmt"
	"slices"

	"signpost/commands/casework"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
	"signpost/diag/cause"
)

// Validate tells what the tables lack that they promise: every sentence in every language, words for every cause of an
// unknown result, a summary, usage and example for every command, and all that a verb of cases needs.
func Validate() error {
	errs := []error{chat.Whole(), validateCommands(Table()), casework.Validate(), intent.Validate(), datetime.Validate()}
	for _, code := range cause.Codes() {
		if id := "cause." + string(code); !chat.Has(id) {
			errs = append(errs, fmt.Errorf("commands: no words for %s", id))
		}
	}
	return errors.Join(errs...)
}

func validateCommands(table []*Command) error {
	var errs []error
	for _, c := range table {
		ids := []string{c.Summary}
		if !c.Hidden {
			ids = append(ids, "usage."+c.Name, "example."+c.Name)
		}
		for _, id := range ids {
			if !chat.Has(id) {
				errs = append(errs, fmt.Errorf("commands: /%s lacks the sentence %q", c.Name, id))
			}
		}
		if c.Run == nil || !slices.Contains(chat.Names, c.Name) {
			errs = append(errs, fmt.Errorf("commands: /%s lacks a handler or its name among chat.Names", c.Name))
		}
	}
	return errors.Join(errs...)
}

// Table is every command, in the order in which help lists them.
func Table() []*Command {
	return []*Command{mailcheck, mailhelp, mailask, mailticket, mailbounce, mailcase, mailreport, mailwatch,
		mailset, handover,
		thanks, quiet, demo}
}

// named is the command of a name, or nil.
func named(name string) *Command {
	for _, c := range Table() {
		if c.Name == name {
			return c
		}
	}
	return nil
}
