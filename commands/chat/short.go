package chat

import (
	"slices"
	"strings"
)

// MaxLines is how many lines an answer has before "more".
const MaxLines = 10

// Height is how many lines a section has. What is to be copied is one, together with the label above it.
func (s Section) Height() int {
	n := len(s.Items) + len(s.Entries)
	if s.Heading != "" {
		n++
	}
	for line := range strings.SplitSeq(s.Text, "\n") {
		if strings.TrimSpace(line) != "" {
			n++
		}
	}
	for _, f := range s.Fields {
		if f.Plain() != "" || s.Code == "" {
			n++
		}
	}
	if s.Code != "" {
		n++
	}
	return n
}

// Height is how many lines a reply has before "more".
func (r Reply) Height() int {
	n := 1
	for _, s := range r.Sections {
		n += s.Height()
	}
	return n
}

// Short is the reply in MaxLines lines, where it has more: what is over them stands in the Detail, before what is there
// already. What is of less weight goes first, and what is left out in the middle takes what follows along.
func (r Reply) Short() (out Reply, cut bool) {
	over := r.Height() - MaxLines
	if over <= 0 || r.Whole {
		return r, false
	}
	var moved []Section
	kept := slices.Clone(r.Sections)
	for i := len(kept) - 1; i >= 0 && over > 0; i-- {
		if kept[i].Muted && kept[i].Height() > 0 {
			over -= kept[i].Height()
			moved = slices.Insert(moved, 0, kept[i])
			kept = slices.Delete(kept, i, i+1)
		}
	}
	if over > 0 {
		var rest []Section
		kept, rest = Cut(kept, MaxLines-1)
		moved = append(rest, moved...)
	}
	r.Sections = kept
	detail := Detail{Title: r.Title, Sections: moved}
	if r.Detail != nil {
		detail.Title, detail.Sections = r.Detail.Title, append(detail.Sections, r.Detail.Sections...)
	}
	r.Detail = &detail
	return r, true
}

// ShortLists is the reply without any list of more than MaxLines lines: what is over them stands in the Detail, under
// the headings of its lists.
func (r Reply) ShortLists() (out Reply, cut bool) {
	if r.Whole {
		return r, false
	}
	var kept, rest []Section
	for _, s := range r.Sections {
		if over := max(len(s.Items), len(s.Fields), len(s.Entries)) - MaxLines; over > 0 && s.Code == "" {
			head, tail := s.cutList()
			rest, s = append(rest, tail), head
		}
		kept = append(kept, s)
	}
	if len(rest) == 0 {
		return r, false
	}
	r.Sections = kept
	detail := Detail{Title: r.Title, Sections: rest}
	if r.Detail != nil {
		detail = Detail{Title: r.Detail.Title, Sections: append(rest, r.Detail.Sections...)}
	}
	r.Detail = &detail
	return r, true
}

// cutList parts a section behind the first MaxLines lines of its list, which is a table, or the longest there is.
func (s Section) cutList() (head, rest Section) {
	head, rest = s, s
	rest.Text = ""
	switch {
	case s.Table != nil && len(s.Fields) == len(s.Table.Rows), len(s.Fields) > max(len(s.Items), len(s.Entries)):
		head.Fields, rest.Fields = s.Fields[:MaxLines], s.Fields[MaxLines:]
		head.Items, head.Entries = nil, nil
	case len(s.Entries) > len(s.Items):
		head.Entries, rest.Entries, rest.Items, rest.Fields = s.Entries[:MaxLines], s.Entries[MaxLines:], nil, nil
	default:
		head.Items, rest.Items, rest.Entries, rest.Fields = s.Items[:MaxLines], s.Items[MaxLines:], nil, nil
	}
	if s.Table != nil {
		head.Table, rest.Table = s.Table.cut(min(MaxLines, len(s.Table.Rows)))
	}
	return head, rest
}

// Cut parts sections so that the first of them have so many lines at most.
func Cut(sections []Section, most int) (kept, rest []Section) {
	kept, over := slices.Clone(sections), -most
	for _, s := range sections {
		over += s.Height()
	}
	for over > 0 && len(kept) > 0 {
		last := kept[len(kept)-1]
		kept = kept[:len(kept)-1]
		head, tail := last.cutTo(last.Height() - over)
		over -= last.Height() - head.Height()
		if head.Height() > 0 {
			kept = append(kept, head)
		}
		rest = slices.Insert(rest, 0, tail)
	}
	return kept, rest
}

// fewest is how many items of a list may stand alone.
const fewest = 2

// cutTo parts the list of a section so that the first part has so many lines; a section without a list, or with too few
// lines left, is not parted.
func (s Section) cutTo(lines int) (head, rest Section) {
	if s.Table != nil && len(s.Fields) == len(s.Table.Rows) && len(s.Entries) == 0 && s.Code == "" {
		return s.cutFields(lines)
	}
	before := s.Height() - len(s.Items)
	room := lines - before
	if len(s.Items) == 0 || len(s.Fields)+len(s.Entries) > 0 || s.Code != "" || room < fewest {
		return Section{}, s
	}
	head, rest = s, s
	if head.Table, rest.Table = s.Table.cut(room); s.Steps {
		rest.Table = s.Table
	}
	head.Items, rest.Items = s.Items[:room], s.Items[room:]
	if s.Steps { // the numbers go on only where all of them stand
		rest.Items = s.Items
	}
	rest.Text = ""
	return head, rest
}

// cutFields is cutTo for a table whose rows are fields.
func (s Section) cutFields(lines int) (head, rest Section) {
	room := min(lines-(s.Height()-len(s.Fields)-len(s.Items)), len(s.Fields))
	if room < fewest {
		return Section{}, s
	}
	head, rest = s, s
	head.Fields, rest.Fields, head.Items = s.Fields[:room], s.Fields[room:], nil
	head.Table, rest.Table = s.Table.cut(room)
	rest.Text = ""
	return head, rest
}
