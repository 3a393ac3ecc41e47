package console

import (
	"fmt"

	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"

	"charm.land/lipgloss/v2"
)

// tour is where somebody stands in the guided tour. On it an empty line asks for what comes next: the line that a step
// shows, then the step after it.
type tour struct {
	step  answers.TourStep // the last that was shown
	tried bool             // its line was asked
}

// onward is what an empty line asks for; empty where nobody is on a tour.
func (t tour) onward() string {
	if t.tried {
		return t.step.Next
	}
	return t.step.Line
}

// guide follows what was asked and answered, and tells how the tour goes on.
func (c *Chat) guide(asked chat.Request, answer *chat.Reply) {
	if answer != nil {
		if step, ok := answer.Data.(answers.TourStep); ok {
			c.tour = tour{step: step}
			return
		}
	}
	command, text := intent.FromWords(c.tour.step.Line, false)
	if c.tour.step.Line == "" || asked.Command != command || asked.Text != text {
		return
	}
	c.tour.tried = true
	if !c.JSON {
		fmt.Fprintln(c.Out, c.Face.paint(chat.Text(c.Lang, "demo.tour.onward", nil), lipgloss.NewStyle().Faint(true)))
	}
}
