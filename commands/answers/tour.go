package answers

import (
	"strconv"
	"strings"

	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// TourStep is a step of the guided tour, as the Data of its Reply: the line that it shows, and what is asked for the
// step after it. Both are empty at the end.
type TourStep struct {
	Step int    `json:"step"`
	Line string `json:"line,omitempty"`
	Next string `json:"next,omitempty"`
}

// demoTour is the step of that number, the first where there is none; behind the last stands the end.
func demoTour(lang language.Tag, number string) chat.Reply {
	steps := strings.Split(strings.TrimSpace(chat.Text(lang, "demo.tour", nil)), "\n")
	n, err := strconv.Atoi(strings.TrimSpace(number))
	if err != nil || n < 1 {
		n = 1
	}
	if n > len(steps) {
		return chat.Reply{Tone: chat.Good, Title: chat.Text(lang, "demo.tour.end", nil), Final: true,
			Data: TourStep{Step: len(steps) + 1}}
	}
	line, about, _ := strings.Cut(steps[n-1], " | ")
	command, text, _ := strings.Cut(strings.TrimPrefix(line, "/"), " ")
	next := "tour " + strconv.Itoa(n+1)
	return chat.Reply{Title: chat.Text(lang, "demo.tour.title", map[string]any{"step": n, "steps": len(steps)}),
		Sections: []chat.Section{{Text: about}, {Text: chat.Text(lang, "demo.tour.do", nil), Code: line}},
		Actions: []chat.Action{{ID: "run", Label: chat.Text(lang, "demo.tour.run", nil), Command: command, Text: text},
			{ID: "next", Label: chat.Text(lang, "demo.tour.next", nil), Command: chat.Demo, Text: next}},
		Data: TourStep{Step: n, Line: line, Next: "/" + chat.Demo + " " + next}, Final: true}
}
