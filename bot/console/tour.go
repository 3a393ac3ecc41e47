package console

import "signpost/commands/answers"

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
