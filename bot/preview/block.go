package preview

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"signpost/commands/chat"
)

// block is a block, an element of one, or a part of a rich text, as they travel.
type block struct {
	Type     string          `json:"type"`
	Text     words           `json:"text"`
	Fields   []words         `json:"fields"`
	Elements []block         `json:"elements"`
	Rows     [][]block       `json:"rows"`
	Columns  []column        `json:"column_settings"`
	Label    words           `json:"label"`
	Hint     words           `json:"hint"`
	Element  *block          `json:"element"`
	Access   *block          `json:"accessory"`
	Optional bool            `json:"optional"`
	Style    json.RawMessage `json:"style"` // of a button or list a word, of a piece of text an object
	Options  []option        `json:"options"`
	Initial  *option         `json:"initial_option"`
	Value    string          `json:"initial_value"`
	Lines    bool            `json:"multiline"`
	Alt      string          `json:"alt_text"`
	Title    words           `json:"title"`
	Tasks    []block         `json:"tasks"`
	Status   string          `json:"status"`
	URL      string          `json:"url"`
	User     string          `json:"user_id"`
	Channel  string          `json:"channel_id"`
	Emoji    string          `json:"name"`
	Fallback string          `json:"fallback"`
	At       int64           `json:"timestamp"`
}

type column struct {
	Align string `json:"align"`
}

type option struct {
	Text words `json:"text"`
}

// words is a text object, or a bare text where Slack writes one.
type words struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

func (w *words) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		w.Type = "plain_text"
		return json.Unmarshal(raw, &w.Text)
	}
	type object words
	return json.Unmarshal(raw, (*object)(w))
}

// words writes a text object.
func (p *page) words(w words) {
	if w.Type == "mrkdwn" {
		p.mrkdwn(w.Text)
		return
	}
	p.text(w.Text)
}

// maxDeep is how deep rich texts are read into each other.
const maxDeep = 8

// blocks writes the blocks of a surface.
func (p *page) blocks(raw json.RawMessage) error {
	var all []block
	if err := json.Unmarshal(raw, &all); err != nil {
		return fmt.Errorf("preview: blocks: %w", err)
	}
	for _, b := range all {
		p.block(b)
	}
	return nil
}

// taskMarks is what stands before a task, by its state.
var taskMarks = map[string]string{"in_progress": "⏳ ", "complete": "✓ ", "error": "⚠ ", "pending": "○ "}

func (p *page) block(b block) {
	switch b.Type {
	case "header":
		p.within(`<h3>`, b.Text.Text, `</h3>`)
	case "section":
		p.section(b)
	case "context":
		p.tag(`<div class="context">`)
		for _, e := range b.Elements {
			p.tag(`<div>`)
			p.words(words{Type: e.Type, Text: e.Text.Text})
			p.tag(`</div>`)
		}
		p.tag(`</div>`)
	case "actions":
		p.tag(`<div class="actions">`)
		for _, e := range b.Elements {
			p.element(e)
		}
		p.tag(`</div>`)
	case "divider":
		p.tag(`<hr>`)
	case "input":
		p.input(b)
	case "table":
		p.table(b)
	case "plan":
		p.within(`<div class="section"><b>`, b.Title.Text, `</b></div>`)
		for _, t := range b.Tasks {
			p.block(t)
		}
	case "task_card":
		p.within(`<div class="context">`, taskMarks[b.Status]+b.Title.Text, `</div>`)
	case "rich_text":
		p.rich(b.Elements, maxDeep)
	case "markdown":
		p.within(`<div class="section markdown">`, b.Text.Text, `</div>`)
	case "image":
		p.within(`<div class="image">`, b.Alt, `</div>`)
	default:
		p.within(`<div class="strange">`, b.Type, `</div>`)
	}
}

func (p *page) section(b block) {
	p.tag(`<div class="section">`)
	p.words(b.Text)
	if len(b.Fields) > 0 {
		p.tag(`<div class="fields">`)
		for _, f := range b.Fields {
			p.tag(`<div>`)
			p.words(f)
			p.tag(`</div>`)
		}
		p.tag(`</div>`)
	}
	if b.Access != nil {
		p.element(*b.Access)
	}
	p.tag(`</div>`)
}

// element writes what can be clicked or filled in.
func (p *page) element(e block) {
	switch e.Type {
	case "button":
		class := "button"
		switch string(e.Style) {
		case `"danger"`:
			class += " danger"
		case `"primary"`:
			class += " primary"
		}
		p.within(`<span class="`+class+`">`, e.Text.Text, `</span>`)
	case "overflow":
		var labels []string
		for _, o := range e.Options {
			labels = append(labels, o.Text.Text)
		}
		p.within(`<span class="button more">⋯ `, strings.Join(labels, " · "), `</span>`)
	case "plain_text_input":
		class := "field"
		if e.Lines {
			class += " lines"
		}
		p.within(`<div class="`+class+`">`, e.Value, `</div>`)
	case "static_select":
		chosen := ""
		if e.Initial != nil {
			chosen = e.Initial.Text.Text
		}
		p.within(`<div class="field select">`, chosen, `</div>`)
	case "image":
		p.within(`<span class="image">`, e.Alt, `</span>`)
	default:
		p.within(`<span class="strange">`, e.Type, `</span>`)
	}
}

func (p *page) input(b block) {
	p.within(`<div class="input"><div class="label">`, b.Label.Text, ``)
	if b.Optional {
		p.within(` <span class="optional">`, chat.Text(p.lang, "preview.optional", nil), `</span>`)
	}
	p.tag(`</div>`)
	if b.Element != nil {
		p.element(*b.Element)
	}
	if b.Hint.Text != "" {
		p.within(`<div class="hint">`, b.Hint.Text, `</div>`)
	}
	p.tag(`</div>`)
}

// table writes rows of cells; the first row is the head.
func (p *page) table(b block) {
	p.tag(`<table>`)
	for n, row := range b.Rows {
		if n == 0 {
			p.tag(`<tr class="names">`)
		} else {
			p.tag(`<tr>`)
		}
		cell := "td"
		if n == 0 {
			cell = "th"
		}
		for i, c := range row {
			class := ""
			if i < len(b.Columns) && b.Columns[i].Align == "right" {
				class = ` class="right"`
			}
			p.tag(`<`, cell, class, ` data-column="`)
			if i < len(b.Rows[0]) { // on a telephone each cell stands behind its column's name
				p.text(b.Rows[0][i].said())
			}
			p.tag(`">`)
			if c.Type == "rich_text" {
				p.rich(c.Elements, maxDeep)
			} else {
				p.text(c.Text.Text)
			}
			p.tag(`</`, cell, `>`)
		}
		p.tag(`</tr>`)
	}
	p.tag(`</table>`)
}

// said is the words of a cell.
func (b block) said() string {
	s := b.Text.Text
	for _, e := range b.Elements {
		s += e.said()
	}
	return s
}

// rich writes the parts of a rich text.
func (p *page) rich(parts []block, deep int) {
	if deep == 0 {
		return
	}
	for _, e := range parts {
		switch e.Type {
		case "rich_text_section":
			p.tag(`<div>`)
			p.rich(e.Elements, deep-1)
			p.tag(`</div>`)
		case "rich_text_list":
			list := "ul"
			if string(e.Style) == `"ordered"` {
				list = "ol"
			}
			p.tag(`<`, list, `>`)
			for _, item := range e.Elements {
				p.tag(`<li>`)
				p.rich(item.Elements, deep-1)
				p.tag(`</li>`)
			}
			p.tag(`</`, list, `>`)
		case "rich_text_preformatted":
			p.tag(`<pre>`)
			p.rich(e.Elements, deep-1)
			p.tag(`</pre>`)
		case "rich_text_quote":
			p.tag(`<div class="quote">`)
			p.rich(e.Elements, deep-1)
			p.tag(`</div>`)
		default:
			p.piece(e)
		}
	}
}

// piece writes one run of a rich text.
func (p *page) piece(e block) {
	var style struct{ Bold, Italic, Strike, Code bool }
	_ = json.Unmarshal(e.Style, &style)
	open, end := "", ""
	for _, x := range []struct {
		on  bool
		tag string
	}{{style.Bold, "b"}, {style.Italic, "i"}, {style.Strike, "s"}, {style.Code, "code"}} {
		if x.on {
			open, end = open+"<"+x.tag+">", "</"+x.tag+">"+end
		}
	}
	p.tag(open)
	switch e.Type {
	case "text":
		p.text(e.Text.Text)
	case "link":
		said := e.Text.Text
		if said == "" {
			said = e.URL
		}
		p.within(`<span class="link">`, said, `</span>`)
	case "user":
		p.within(`<span class="mention">`, "@"+e.User, `</span>`)
	case "channel":
		p.within(`<span class="mention">`, "#"+e.Channel, `</span>`)
	case "emoji":
		p.text(":" + e.Emoji + ":")
	case "date":
		said := e.Fallback
		if said == "" {
			said = time.Unix(e.At, 0).UTC().Format(time.RFC3339)
		}
		p.within(`<span class="time">`, said, `</span>`)
	default:
		p.within(`<span class="strange">`, e.Type, `</span>`)
	}
	p.tag(end)
}
