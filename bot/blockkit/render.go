package blockkit

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"signpost/commands/chat"

	"github.com/slack-go/slack"
	"golang.org/x/text/language"
)

// The limits, in characters unless they count things.
const (
	maxBlocks      = 50
	maxBlocksText  = 12_000 // of the 13,000 or so that a message's blocks may hold
	maxSection     = 2_900  // of 3,000: the fences of a code block come on top
	maxHeader      = 150
	maxFallback    = 3_000 // of 40,000: Slack advises to stay under 4,000
	maxButtons     = 25
	maxButtonsText = 5_000 // of a message's blocks
	maxButtonText  = 75
	maxButtonValue = 2_000
	maxURL         = 3_000
	maxConfirm     = 300
	maxEntry       = 500
	maxModalTitle  = 24
	maxPageBlocks  = 60 // of the 100 of a view: a page that is still pleasant to scroll
	maxPageText    = 30_000
)

var marks = map[chat.Tone]string{chat.Good: "✅ ", chat.Caution: "⚠️ ", chat.Bad: "❌ ", chat.Unsure: "❔ "}

// Click is what a button carries: the Request that it makes, or the page of a kept text that it turns to.
type Click struct {
	Command string `json:"c,omitempty"`
	Text    string `json:"t,omitempty"`
	// Kept names what the modal shows; Command and Text ask for it anew where it is kept no longer.
	Kept string `json:"k,omitempty"`
	Page int    `json:"p,omitempty"`
}

// ParseClick reads a button's value; it fails where the button is not one of ours.
func ParseClick(value string) (Click, error) {
	var c Click
	if err := json.Unmarshal([]byte(value), &c); err != nil || (c.Command == "" && c.Kept == "") || c.Page < 0 {
		return Click{}, fmt.Errorf("blockkit: not one of our buttons: %.60q", value)
	}
	return c, nil
}

// Message is a Reply as Slack takes it.
type Message struct {
	Text   string // for notifications and screen readers, escaped
	Blocks []slack.Block
	Cut    bool // not all sections are in it
	Newer  Newer
}

// Newer is kinds of blocks that not every workspace takes yet.
type Newer struct{ Table, Plan bool }

// With is the kinds of both.
func (n Newer) With(other Newer) Newer {
	return Newer{Table: n.Table || other.Table, Plan: n.Plan || other.Plan}
}

// Render makes a message of a Reply. Kept is the name under which its whole text can be had later; empty: it cannot.
func Render(lang language.Tag, r chat.Reply, kept string) Message {
	return RenderWithout(Newer{}, lang, r, kept)
}

// RenderWithout is Render without some of the kinds of blocks, for a workspace that does not take them.
func RenderWithout(refused Newer, lang language.Tag, r chat.Reply, kept string) Message {
	out := Message{Text: Escape(Clip(chat.Clean(marks[r.Tone]+r.Title), maxFallback/5))}
	if plan := planBlock(r); plan != nil && !refused.Plan {
		out.Blocks, out.Newer.Plan = []slack.Block{plan}, true
		return out
	}
	out.Blocks = append(out.Blocks, titleBlocks(r)...)
	buttons := buttonBlocks(lang, r, kept, false)
	all, sections := sectionsBlocks(r.Sections)
	room, text := maxBlocks-len(out.Blocks)-len(buttons)-2, maxBlocksText-blockText(out.Blocks)-blockText(buttons)-400
	fits := 0
	for i, group := range all {
		if table := tableBlocks(sections[i]); !refused.Table && !out.Newer.Table && table != nil && len(table) <= room &&
			blockText(table) <= text {
			group, out.Newer.Table = table, true
			out.Text += tableText(sections[i], maxFallback-utf8.RuneCountInString(out.Text))
		}
		size := blockText(group)
		if len(group) > room || size > text {
			break
		}
		room, text = room-len(group), text-size
		out.Blocks = append(out.Blocks, group...)
		fits++
	}
	if fits < len(all) {
		out.Cut = true
		note := chat.Text(lang, "slack.cut", map[string]any{"count": len(all) - fits})
		out.Blocks = append(out.Blocks, context(Escape(note)))
		buttons = buttonBlocks(lang, r, kept, true)
	}
	out.Blocks = append(out.Blocks, buttons...)
	return out
}

// titleBlocks is a header where the title fits one, otherwise a bold line.
func titleBlocks(r chat.Reply) []slack.Block {
	title := chat.Clean(r.Title)
	if title == "" {
		return nil
	}
	title = marks[r.Tone] + title
	if utf8.RuneCountInString(title) <= maxHeader && len(r.Sections) > 0 && r.Final {
		return []slack.Block{slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, Plain(title), false, false))}
	}
	return []slack.Block{section("*" + Escape(Clip(strings.ReplaceAll(title, "\n", " "), 600)) + "*")}
}

// sectionsBlocks is the blocks of each section that has any, and that section; a section is shown whole or not at all.
func sectionsBlocks(sections []chat.Section) (blocks [][]slack.Block, of []chat.Section) {
	for _, s := range sections {
		if b := sectionBlocks(s); len(b) > 0 {
			blocks, of = append(blocks, b), append(of, s)
		}
	}
	return blocks, of
}

func sectionBlocks(s chat.Section) []slack.Block {
	var out []slack.Block
	if s.Muted && s.Heading == "" && s.Code == "" {
		var lines []string
		if s.Text != "" {
			lines = append(lines, s.Text)
		}
		for n, i := range s.Items {
			lines = append(lines, s.Mark(n, "• ")+i)
		}
		for _, f := range s.Fields {
			lines = append(lines, f.Label+" "+f.Plain())
		}
		for _, p := range entryLines(s.Entries) {
			out = append(out, context(p))
		}
		for _, p := range pieces(strings.Join(lines, "\n"), maxSection, Escape) {
			out = append(out, context(Escape(p)))
		}
		return out
	}
	var b strings.Builder
	if s.Heading != "" {
		b.WriteString("*" + Clip(strings.ReplaceAll(chat.Clean(marks[s.Tone]+s.Heading), "\n", " "), 500) + "*\n")
	}
	if s.Text != "" {
		b.WriteString(s.Text + "\n")
	}
	for n, i := range s.Items {
		b.WriteString(s.Mark(n, "• ") + i + "\n")
	}
	for _, f := range s.Fields {
		if f.Person == "" && f.Channel == "" && f.At.IsZero() {
			b.WriteString(strings.TrimRight("*"+f.Label+"*  "+f.Value, " ") + "\n")
		}
	}
	words := Escape
	if s.Mentions {
		words = EscapeSaid
	}
	for _, p := range pieces(strings.TrimSpace(b.String()), maxSection, Escape) { // our own asterisks need no escape
		out = append(out, section(words(p)))
	}
	if who := idLines(s.Fields); who != "" {
		out = append(out, section(who))
	}
	for _, p := range entryLines(s.Entries) {
		out = append(out, section(p))
	}
	if code := strings.TrimRight(s.Code, "\n"); code != "" {
		for _, p := range pieces(code, maxSection, fence) {
			out = append(out, section("```\n"+fence(p)+"\n```"))
		}
	}
	return out
}

var slackID = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,30}$`)

// idLines is the fields that name a person or a channel, as Slack shows them: the only mentions that we write.
func idLines(fields []chat.Field) string {
	var out []string
	for _, f := range fields {
		value := ""
		switch {
		case f.Person != "" && slackID.MatchString(f.Person):
			value = "<@" + f.Person + ">"
		case f.Channel != "" && slackID.MatchString(f.Channel):
			value = "<#" + f.Channel + ">"
		case !f.At.IsZero():
			value = moment(f.At)
		case f.Person != "" || f.Channel != "":
			value = Escape(Clip(f.Person+f.Channel, 40))
		default:
			continue
		}
		out = append(out, "*"+Escape(Clip(f.Label, 100))+"*  "+value)
	}
	return strings.Join(out[:min(len(out), 20)], "\n")
}

// moment is a time by the reader's own clock. Source:
// https://docs.slack.dev/messaging/formatting-message-text#date-formatting.
func moment(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{date_num} {time}|%s>", t.Unix(), chat.Stamp(t))
}

// entryLines is what happened when, in as many texts as it needs.
func entryLines(entries []chat.Entry) []string {
	var out []string
	var b strings.Builder
	for _, e := range entries {
		words := Escape
		if e.Mentions {
			words = EscapeSaid
		}
		line := "• " + moment(e.At) + " " + words(Clip(strings.ReplaceAll(chat.Clean(e.Text), "\n", " "), maxEntry))
		if slackID.MatchString(e.Whom) {
			line += " → <@" + e.Whom + ">"
		}
		if slackID.MatchString(e.By) {
			line += " · <@" + e.By + ">"
		} else if e.By != "" {
			line += " · " + Escape(Clip(e.By, 40))
		}
		if utf8.RuneCountInString(b.String())+utf8.RuneCountInString(line) > maxSection && b.Len() > 0 {
			out = append(out, strings.TrimSuffix(b.String(), "\n"))
			b.Reset()
		}
		b.WriteString(line + "\n")
	}
	if b.Len() > 0 {
		out = append(out, strings.TrimSuffix(b.String(), "\n"))
	}
	return out
}

// buttonBlocks is a Reply's actions. All says that a button for the whole text is wanted, because the message is cut.
func buttonBlocks(lang language.Tag, r chat.Reply, kept string, all bool) []slack.Block {
	var elements []slack.BlockElement
	room := maxButtonsText
	menu := overflow(r.Actions)
	for _, a := range r.Actions {
		if a.Overflow && menu != nil {
			continue
		}
		b := button(lang, a, kept)
		if b == nil || len(elements) == maxButtons-1 {
			continue
		}
		if size := blockText([]slack.Block{slack.NewActionBlock("", b)}); size <= room {
			room -= size
			elements = append(elements, b)
		}
	}
	if menu != nil {
		elements = append(elements, menu)
	}
	if all && kept != "" {
		elements = append(elements, plainButton("show-all", chat.Text(lang, "slack.show-all", nil),
			Click{Kept: kept + WholeSuffix}))
	}
	if len(elements) == 0 {
		return nil
	}
	return []slack.Block{slack.NewActionBlock("", elements...)}
}

// overflow is the menu behind the buttons: at most five actions, whose values are short. Nil where they do not fit:
// they are buttons then.
func overflow(actions []chat.Action) *slack.OverflowBlockElement {
	var options []*slack.OptionBlockObject
	for _, a := range actions {
		if !a.Overflow {
			continue
		}
		value, err := json.Marshal(Click{Command: a.Command, Text: a.Text})
		if err != nil || len(value) > maxOption || len(options) == 5 {
			return nil
		}
		options = append(options, slack.NewOptionBlockObject(string(value), plainText(a.Label, maxOption), nil))
	}
	if len(options) == 0 {
		return nil
	}
	return slack.NewOverflowBlockElement("more", options...)
}

// WholeSuffix marks, in Click.Kept, the kept text that holds the Reply's own sections before its Detail.
const WholeSuffix = "+"

func button(lang language.Tag, a chat.Action, kept string) *slack.ButtonBlockElement {
	if a.URL != "" {
		if len(a.URL) > maxURL {
			return nil
		}
		b := slack.NewButtonBlockElement("link:"+a.ID, "", plainText(a.Label, maxButtonText))
		b.URL = a.URL
		return b
	}
	click := Click{Command: a.Command, Text: a.Text}
	if a.Detail {
		click.Kept = kept
	}
	b := plainButton("do:"+a.ID, a.Label, click)
	if b == nil {
		return nil
	}
	if a.Danger {
		b.Style = slack.StyleDanger
	}
	if a.Confirm != "" {
		b.Confirm = slack.NewConfirmationBlockObject(plainText(a.Label, 100), plainText(a.Confirm, maxConfirm),
			plainText(a.Label, 30),
			plainText(chat.Text(lang, "slack.cancel", nil), 30))
	}
	return b
}

// plainButton is nil where its value would not fit.
func plainButton(id, label string, c Click) *slack.ButtonBlockElement {
	value, err := json.Marshal(c)
	if err != nil || utf8.RuneCount(value) > maxButtonValue {
		return nil
	}
	return slack.NewButtonBlockElement(Clip(id, 255), string(value), plainText(label, maxButtonText))
}

func plainText(s string, runes int) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, Clip(Plain(strings.ReplaceAll(s, "\n", " ")), runes), false,
		false)
}

func section(mrkdwn string) slack.Block {
	return slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, mrkdwn, false, true), nil, nil)
}

func context(mrkdwn string) slack.Block {
	return slack.NewContextBlock("", slack.NewTextBlockObject(slack.MarkdownType, mrkdwn, false, true))
}

// blockText is how many characters some blocks take, as Slack counts a message's blocks: by their JSON.
func blockText(blocks []slack.Block) int {
	n := 0
	for _, b := range blocks {
		if data, err := json.Marshal(b); err == nil {
			n += utf8.RuneCount(data)
		}
	}
	return n
}

const maxOption = 75

// planBlock is what is under way as a plan of tasks. Nil where there is none, or it does not fit.
func planBlock(r chat.Reply) slack.Block {
	title := Plain(strings.Join(strings.Fields(r.Title), " "))
	if r.Final || len(r.Tasks) == 0 || len(r.Tasks) > maxTasks || title == "" {
		return nil
	}
	plan := slack.NewPlanBlock(Clip(title, maxTaskTitle))
	for _, t := range r.Tasks {
		card := slack.NewTaskCardBlock(Clip(t.ID, 255), Clip(Plain(strings.Join(strings.Fields(t.Title), " ")), maxTaskTitle))
		if card.TaskID == "" || card.Title == "" {
			return nil
		}
		plan.Tasks = append(plan.Tasks, *card.WithStatus(taskStates[t.State]))
	}
	if blockText([]slack.Block{plan}) > maxBlocksText {
		return nil
	}
	return plan
}
