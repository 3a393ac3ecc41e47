package work

import (
	"fmt"

	"signpost/cases"
	"signpost/commands/chat"
)

// RootPost brings the case's root message up to date, or posts it.
func (k *Work) RootPost(c *cases.Case) chat.Message {
	return chat.Message{Key: fmt.Sprintf("case:%d", c.Number), Channel: c.Channel, Shows: chat.CardOf(c.Number),
		Lang: k.CaseLang(c)}
}

// ThreadPost tells the case's thread what happened; nil where the answer itself stands there.
func (k *Work) ThreadPost(c *cases.Case, told string, args map[string]any) *chat.Message {
	if k.Req.Public && k.Req.Channel == c.Channel && k.Req.Thread == c.Thread {
		return nil
	}
	lang := k.CaseLang(c)
	x := chat.Reply{Audience: chat.Channel, Title: chat.Text(lang, told, args), Final: true, Lang: lang}
	if k.Req.User != "" {
		x.Sections = []chat.Section{{Fields: []chat.Field{{Label: chat.Text(lang, "case.by", nil), Person: k.Req.User}}}}
	}
	return &chat.Message{Key: "line:" + k.Req.ID, Channel: c.Channel, ThreadOf: chat.CardOf(c.Number), Reply: x,
		Lang: lang}
}
