package casework

import (
	"errors"
	"fmt"
	"slices"

	"signpost/commands/casework/acts"
	"signpost/commands/casework/book"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// handler carries out a verb: on the casebook as a whole, or on the case that is meant.
type handler struct{ ofBook, ofCase work.Verb }

// handlers is what carries out each of intent.Verbs, by its name.
func handlers() map[string]handler {
	return map[string]handler{
		"open":      {ofBook: acts.Open},
		"list":      {ofBook: book.List},
		"mine":      {ofBook: book.List},
		"search":    {ofBook: book.List},
		"reminders": {ofBook: book.Reminders},
		"stats":     {ofBook: book.Stats},
		"export":    {ofBook: book.Export},
		"import":    {ofBook: book.Import},
		"forget":    {ofBook: book.Forget},
		"audit":     {ofBook: book.Audit},

		"show":     {ofCase: acts.Show},
		"take":     {ofCase: acts.Take},
		"assign":   {ofCase: acts.Assign},
		"state":    {ofCase: acts.State},
		"priority": {ofCase: acts.Priority},
		"note":     {ofCase: acts.Note},
		"tag":      {ofCase: acts.Tag},
		"untag":    {ofCase: acts.Tag},
		"follow":   {ofCase: acts.Follow},
		"unfollow": {ofCase: acts.Follow},
		"merge":    {ofCase: acts.Merge},
		"contact":  {ofCase: acts.Contact},
		"ticket":   {ofCase: acts.Ticket},
		"answered": {ofCase: acts.Answered},
		"draft":    {ofCase: acts.Draft},
		"recheck":  {ofCase: acts.Recheck},
		"remind":   {ofCase: acts.Remind},
		"snooze":   {ofCase: acts.Remind},
		"solve":    {ofCase: acts.End},
		"close":    {ofCase: acts.End},
		"reopen":   {ofCase: acts.Reopen},
		"lesson":   {ofCase: acts.Lesson},
		"review":   {ofCase: acts.Review},
		"delete":   {ofCase: acts.Delete},
	}
}

// Validate tells what the verbs of cases lack: each has a handler of its kind, and where people may ask it, words,
// help, an example, and a form whose fields there are.
func Validate() error { return validate(intent.Verbs) }

func validate(verbs []intent.Verb) error {
	var errs []error
	do := handlers()
	for _, v := range verbs {
		lacks := func(what string) { errs = append(errs, fmt.Errorf("casework: the verb %q lacks %s", v.Name, what)) }
		h, ok := do[v.Name]
		if delete(do, v.Name); !ok || (h.ofBook != nil) != v.OfBook() {
			lacks("a handler of its kind")
		}
		ids := []string{"words.case." + v.Name, "case.help." + v.Name, "case.example." + v.Name, "case.help.group." + v.Group}
		if v.Form != nil {
			ids = append(ids, "form.mailcase."+v.Name+".title", "form.mailcase."+v.Name+".submit")
		}
		for _, id := range ids {
			if !chat.Has(id) {
				lacks("the sentence " + id)
			}
		}
		for _, field := range slices.Concat(v.Form, v.Ends) {
			if !slices.ContainsFunc(intent.CaseInputs, func(in chat.Input) bool { return in.Name == field }) &&
				field != "second" {
				lacks("the field " + field)
			}
		}
	}
	for name := range do {
		errs = append(errs, fmt.Errorf("casework: %q is carried out and is no verb", name))
	}
	return errors.Join(errs...)
}
