package blockkit

import (
	"signpost/commands/chat"

	"github.com/slack-go/slack"
	"golang.org/x/text/language"
)

// Waiting is the modal that stands until the answer is there.
func Waiting(lang language.Tag, externalID string) slack.ModalViewRequest {
	return modal(lang, chat.Text(lang, "slack.waiting-title", nil), externalID,
		[]slack.Block{section(Escape(chat.Text(lang, "slack.waiting", nil)))})
}

// Page is one page of a long text as a modal, from 0, and how many pages there are. Kept is the name under which the
// pages are turned. A page that does not exist is the last.
func Page(lang language.Tag, title string, sections []chat.Section, kept string, page int) (slack.ModalViewRequest,
	int) {
	all := pages(sections)
	page = min(max(page, 0), len(all)-1)
	var blocks []slack.Block
	if title != "" {
		blocks = append(blocks, section("*"+Escape(Clip(chat.Clean(title), 300))+"*"))
	}
	blocks = append(blocks, all[page]...)
	if len(all) > 1 {
		blocks = append(blocks, context(Escape(chat.Text(lang, "slack.page",
			map[string]any{"page": page + 1, "pages": len(all)}))))
		var turn []slack.BlockElement
		if page > 0 {
			turn = append(turn, plainButton("turn:back", chat.Text(lang, "slack.back", nil), Click{Kept: kept, Page: page - 1}))
		}
		if page < len(all)-1 {
			turn = append(turn, plainButton("turn:on", chat.Text(lang, "slack.on", nil), Click{Kept: kept, Page: page + 1}))
		}
		if kept != "" {
			blocks = append(blocks, slack.NewActionBlock("", turn...))
		}
	}
	return modal(lang, chat.Text(lang, "slack.modal-title", nil), "", blocks), len(all)
}

// pages parts sections into what one modal shows.
func pages(sections []chat.Section) [][]slack.Block {
	out := [][]slack.Block{nil}
	text := 0
	groups, _ := sectionsBlocks(sections)
	for _, group := range groups {
		for _, b := range group {
			size := blockText([]slack.Block{b})
			last := len(out) - 1
			if len(out[last]) > 0 && (len(out[last])+1 > maxPageBlocks || text+size > maxPageText) {
				out = append(out, nil)
				last, text = last+1, 0
			}
			out[last] = append(out[last], b)
			text += size
		}
	}
	if len(out) == 1 && len(out[0]) == 0 {
		out[0] = []slack.Block{section("—")}
	}
	return out
}

// Home is a Reply as a person's own page: its buttons first, then what it says.
func Home(lang language.Tag, r chat.Reply) slack.HomeTabViewRequest {
	blocks := titleBlocks(r)
	blocks = append(blocks, buttonBlocks(lang, r, "", false)...)
	blocks = append(blocks, pages(r.Sections)[0]...)
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}, CallbackID: "home"}
}

func modal(lang language.Tag, title, externalID string, blocks []slack.Block) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plainText(title, maxModalTitle),
		Close:  plainText(chat.Text(lang, "slack.close", nil), maxModalTitle),
		Blocks: slack.Blocks{BlockSet: blocks}, ExternalID: externalID, CallbackID: "detail",
	}
}
