package intent

import (
	"slices"
	"strings"
	"time"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent/datetime"
	"signpost/diag/pattern"
)

// aCaseSaid is a case within a sentence: "MAIL-42", "case 42", "#42", 案例42; the number is its own group.
const aCaseSaid = `(?:the\s+)?(?:MAIL-?|case\s+(?:MAIL-)?|#|案例\s*(?:MAIL-)?)([0-9]{1,15})`

var (
	setTo        = pattern.New(`(?i)^(?:please\s+)?(?:set|change|move|mark|put|switch)\s+(?:(?:the\s+)?(?:MAIL-?|case\s+(?:MAIL-)?|#))?([0-9]{1,15})\s+(?:to\s+|as\s+|into\s+|in\s+)?(.+)$`)
	setToHan     = pattern.New(`(?i)^(?:请)?(?:把|将)?\s*` + aCaseSaid + `\s*(?:的)?(?:状态|优先级)?\s*(?:改为|改成|设为|设成|标记为|标为|更新为|置为)\s*(.+)$`)
	theyAnswered = pattern.New(`(?i)^(?:they|support|the\s+provider|对方|服务商|客服)\s*(?:have\s+|has\s+|已经|已)?(?:just\s+)?(?:answered|replied|responded|答复|回复)了?\s*(?:on|in|to|about|for)?\s*` + aCaseSaid + `[\s:：,，.。]*(.*)$`)
	remindAbout  = pattern.New(`(?i)^(?:please\s+)?remind\s+me\s+(?:(.+?)\s+)??(?:about|on|of|for)\s+` + aCaseSaid + `[\s:,.]*(.*)$`)
	remindHan    = pattern.New(`^(?:请)?(.{1,20}?)提醒我(?:处理|查看|关注|跟进|看)?(?:一下)?\s*` + aCaseSaid + `[\s：:，,。]*(.*)$`)
	remindMeHan  = pattern.New(`^(?:请)?(.{1,20}?)提醒我[\s：:，,。]*(.*)$`)
	mergeHan     = pattern.New(`^(?:合并到|合并进|并入)\s*(\S+)$`)
	openForHan   = pattern.New(`^(?:请|麻烦|帮我)*(?:为|给|替)\s*(\S+?)\s*(?:开启|新建|创建|新开|开|建)(?:一个|个|一)?新?案例[\s：:，,。]*(.*)$`)
	numberedHan  = pattern.New(`^(?:查看|看看?)?\s*([0-9]{1,15})\s*号案例[\s：:，,。]*(.*)$`)
	casesThat    = pattern.New(`(?i)^(?:(?:show|list|see)\s+)?(?:me\s+)?(?:all\s+)?(?:the\s+|our\s+)?(?:cases\s+(?:that\s+are\s+|which\s+are\s+|in\s+)?(.+)|(.+?)\s+cases)$`)
	casesThatHan = pattern.New(`^(?:列出|查看|显示|看看)?(?:所有|全部)?(.{2,10}?)的?案例$`)
	openCase     = pattern.New(`(?i)^(?:please\s+|(?:can|could)\s+you\s+(?:please\s+)?|i\s+want\s+to\s+)?(?:open|create|start|file|raise|new)\s+(?:an?\s+|the\s+|me\s+an?\s+)?(?:new\s+)?case\b`)
	openCaseHan  = pattern.New(`^(?:请|帮我|麻烦|帮忙|给我|我要|我想)*(?:开启|新建|创建|新开|开|建|提)(?:一个|个|一)?新?案例`)
	myCases      = pattern.New(`(?i)^(?:(?:show|list|see|what\s+are)\s+)?(?:me\s+)?my\s+(?:open\s+)?cases$|^(?:列出|查看|看看|看)?我的案例$`)
	someCases    = pattern.New(`(?i)^(?:(?:show|list|see)\s+)?(?:me\s+)?(?:the\s+)?(?:open\s+|our\s+)?cases$|^(?:列出|查看)?(?:未结)?的?案例(?:列表)?$`)
	allCases     = pattern.New(`(?i)^(?:(?:show|list|see)\s+)?(?:me\s+)?all\s+(?:the\s+)?cases$|^(?:列出|查看|显示)?(?:所有|全部)的?案例$`)
	NamedCase    = pattern.New(`(?i)\bMAIL-[0-9]{1,15}\b`)
	aboutCase    = pattern.New(`(?i)^(?:what\s+about|how\s+about|what\s+is|what's|how\s+is|how's|status\s+of|state\s+of|show(?:\s+me)?|see|open|look\s+at|any\s+news\s+(?:on|about|of)|news\s+(?:on|of)|查看|看看|看一下|看|显示|打开)?[\s:：]*(?:case\s+|案例\s*)?MAIL-[0-9]{1,15}\s*(?:going|doing|now|status|news|的?(?:情况|进展|状态|进度)|怎么样了?|如何了?|到哪一?步了?|呢|了吗)*[\s?？!！.。]*$`)
)

// plainOrder reads a sentence that is about cases and does not begin with a verb of theirs, and gives it as a line that does: "mark case 42 as solved" is "solve 42".
func plainOrder(text string) (line string, ok bool) {
	text = strings.TrimSpace(text)
	bare := strings.TrimRight(text, "?!.。？！ ")
	if len(text) > chat.MaxText {
		return "", false
	}
	for _, re := range []*pattern.Pattern{setTo, setToHan} {
		if m := re.FindStringSubmatch(bare); m != nil {
			if verb, words, ok := stateVerb(m[2]); ok {
				return strings.TrimSpace(verb + " MAIL-" + m[1] + " " + words), true
			}
			if p, ok := PriorityIn(m[2]); ok {
				return "priority MAIL-" + m[1] + " " + string(p), true
			}
		}
	}
	if m := theyAnswered.FindStringSubmatch(text); m != nil {
		return strings.TrimSpace("answered MAIL-" + m[1] + " " + m[2]), true
	}
	if m := remindAbout.FindStringSubmatch(text); m != nil {
		return strings.Join(strings.Fields("remind MAIL-"+m[2]+" "+m[1]+" "+m[3]), " "), true
	}
	if m := remindHan.FindStringSubmatch(text); m != nil {
		if _, whole := datetime.Begins(m[1], time.Now(), ""); whole {
			return strings.TrimSpace("remind MAIL-" + m[2] + " " + m[1] + " " + m[3]), true
		}
	}
	if m := mergeHan.FindStringSubmatch(bare); m != nil {
		return "merge into " + m[1], true
	}
	if m := remindMeHan.FindStringSubmatch(text); m != nil { // of the case that is spoken of
		if _, whole := datetime.Begins(m[1], time.Now(), ""); whole {
			return strings.TrimSpace("remind " + m[1] + " " + m[2]), true
		}
	}
	if m := openForHan.FindStringSubmatch(text); m != nil {
		return strings.TrimSpace("open " + m[1] + " " + m[2]), true
	}
	if m := numberedHan.FindStringSubmatch(text); m != nil {
		return strings.TrimSpace("MAIL-" + m[1] + " " + m[2]), true
	}
	if words, ok := wantsCase(text); ok {
		return "open " + words, true
	}
	switch {
	case myCases.MatchString(bare):
		return "mine", true
	case allCases.MatchString(bare):
		return "list all", true
	case someCases.MatchString(bare):
		return "list", true
	}
	for _, re := range []*pattern.Pattern{casesThat, casesThatHan} {
		if m := re.FindStringSubmatch(bare); m != nil {
			said := strings.TrimSpace(strings.Join(m[1:], ""))
			if s, ok := StateIn(said); ok {
				return "list " + string(s), true
			}
			if p, ok := PriorityIn(said); ok {
				return "list priority:" + string(p), true
			}
			if slices.Contains(chat.Words("open"), chat.Fold(said)) {
				return "list", true
			}
			if describes(said) {
				return "search " + said, true
			}
		}
	}
	return "", false
}

// describes reports whether words say nothing but in which state and of which days cases are: "solved today", 今天解决.
func describes(said string) bool {
	var words []string
	for _, w := range strings.Fields(said) {
		words = append(words, SplitHan(w)...)
	}
	states := 0
	for len(words) > 0 {
		n := 0
		for i := min(len(words), 4); i > 0 && n == 0; i-- {
			if _, ok := StateIn(strings.Join(words[:i], " ")); ok {
				n = i
				states++
			}
		}
		if n == 0 {
			_, _, n = datetime.Days(words, time.Now())
		}
		if n == 0 {
			return false
		}
		words = words[n:]
	}
	return states == 1
}

// wantsCase reads a wish for a case, and gives what follows with the word case before it: "please open a case for example.com".
func wantsCase(text string) (words string, ok bool) {
	for _, re := range []*pattern.Pattern{openCase, openCaseHan} {
		if head := re.FindString(text); head != "" {
			return strings.TrimSpace("case " + strings.TrimSpace(text[len(head):])), true
		}
	}
	return "", false
}

// CaseOrder reads what somebody writes to the bot, without the command's name, as a line about cases; ok is false where it is none.
func CaseOrder(text string) (line string, ok bool) {
	text = strings.TrimSpace(text)
	if len(text) > chat.MaxText || strings.HasPrefix(text, "/") {
		return "", false
	}
	if line, ok := plainOrder(text); ok {
		return line, true
	}
	if first, rest := chat.CutWord(text); WantsHelp(first) && VerbNamed(rest) != "" {
		return text, true
	}
	o := Read(text)
	few := len(strings.Fields(o.All)) <= 6
	switch {
	case slices.Contains([]string{"list", "search", "reminders", "mine", "stats", "recheck", "audit"}, o.Verb) && o.All == "" && o.Wrong == "":
		return text, true
	case o.Verb == "stats" && few && !isQuestion(text):
		return text, true
	case o.Verb == "export" && (o.All == "" || slices.Contains(cases.Formats, chat.Fold(o.All))):
		return text, true
	case o.Verb == "search" && o.All != "" && few && !isQuestion(text), o.Verb == "list" && few && o.All != "" && listable(o.All):
		return text, true
	case o.Verb != "" && o.Number > 0 && (!o.Plain || o.Number < 1_000_000 && Has(o.Verb, BareNumber)):
		return text, true
	case (o.Verb == "remind" || o.Verb == "snooze") && NamedCase.MatchString(text):
		return text, true
	}
	switch name := NamedCase.FindString(text); {
	case name == "" || len(strings.Fields(text)) > 8 || strings.Contains(text, "\n"):
		return "", false
	case aboutCase.MatchString(text):
		return "show " + strings.ToUpper(name), true
	}
	return text, true // it is about a case: what cannot be read of it is said
}

// listable reports whether words after "list" say which cases.
func listable(words string) bool {
	_, isState := StateIn(words)
	return isState || slices.Contains(chat.Words("case.all"), chat.Fold(words)) || slices.Contains(chat.Words("me"), chat.Fold(words)) || slices.Contains(chat.Words("open"), chat.Fold(words))
}
