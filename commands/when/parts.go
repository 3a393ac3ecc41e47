package when

import (
	"strconv"
	"time"

	"signpost/diag/pattern"
)

const number = `(?:\d{1,4}(?:\.\d{1,2})?|[一两二三四五六七八九十半]{1,3})\s*|(?:half an?|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\s+`

// The parts of a time, each at the beginning of what is left. They are matched against the text folded and in lower case.
var (
	whenFiller = pattern.New(`^(?:(?:in|at|on|by|me|the|until|till|o'clock)\b|我|在|到|于|[,;的]+)\s*`)
	whenISO    = pattern.New(`^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?:日|号)?(?:t(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(z|[+-]\d{2}:?\d{2})?)?`)
	whenYear   = pattern.New(`^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b`)
	whenMonth  = pattern.New(`^(\d{1,2})(?:/(\d{1,2})|月(\d{1,2})(?:日|号)?)`)
	whenNamed  = pattern.New(`^(?:(\d{1,2})(?:st|nd|rd|th)?\s+(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?)\b`)
	whenSpan   = pattern.New(`^(` + number + `)(?:个)?(半)?\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|hr|h|days?|d|weeks?|w|months?|秒钟|秒|分钟|分|小时|钟头|天|日|周|星期|礼拜|月)(半|\s+and\s+a\s+half\b)?`)
	whenAfter  = pattern.New(`^\s*(?:(后|之后|以后|过后|later\b|from now\b)|(前|之前|以前|ago\b))`)
	whenDay    = pattern.New(`^(today|tonight|tomorrow|yesterday|(?:the )?day after tomorrow|(?:this |the |next )?weekend|next week|next month|今天|今日|今早|今晚|明天|明日|明早|明晚|大后天|后天|昨天|昨晚|(?:本|这个?|下个?)?周末|下周(?:[一二三四五六日天])?|下星期(?:[一二三四五六日天])?|下个?月)`)
	whenWeek   = pattern.New(`^(?:(next|this|coming|本|这)\s*)?(?:(monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b\.?|(?:周|星期|礼拜)([一二三四五六日天]))`)
	whenClock  = pattern.New(`^(早上|上午|中午|下午|傍晚|晚上|晚|凌晨|早)?\s*(?:(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?|(\d{1,2})\s*(am|pm|a\.m\.|p\.m\.)|(\d{1,2}|[一两二三四五六七八九十]{1,3})[点时](?:(半)|(一刻|三刻)|(\d{1,2})分?)?钟?|(noon|midnight|正午|午夜))`)
	whenDotted = pattern.New(`^(\d{1,2})\.(\d{2})\b`)
	whenHour   = pattern.New(`^(?:at\s+)(\d{1,2})\b`)
	whenPart   = pattern.New(`^(?:(?:this |in the |at )?(morning|afternoon|evening|night)\b|(早上|上午|中午|下午|傍晚|晚上))`)
	whenZone   = pattern.New(`^(?:(utc|gmt)(?:\s?([+-])(\d{1,2})(?::?(\d{2}))?)?|(北京时间|beijing time|china time)|([a-z]+(?:/[a-z_-]+){1,2}))`)
	vagueZone  = pattern.New(`^(?:[ecmp][sd]t|cest|cet|bst|ist|jst|sgt|hkt|ae[sd]t)\b`) // three letters are several zones
	whenMore   = pattern.New(`^(?:[./]|\d{1,2}(?:[:.]\d|\s*(?:am|pm|a\.m\.|p\.m\.|点|时)\b)|凌晨|早上|上午|中午|下午|傍晚|晚上|(?:morning|afternoon|evening)\b)`)
)

var (
	months   = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	hanDigit = map[rune]int{'一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}
	counted  = map[string]float64{"a": 1, "an": 1, "half a": 0.5, "half an": 0.5, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "半": 0.5}
)

// hanNumber reads 一 to 九十九.
func hanNumber(s string) (n int, ok bool) {
	for _, r := range s {
		switch d, digit := hanDigit[r]; {
		case digit && n%10 == 0:
			n += d
		case r == '十' && n == 0:
			n = 10
		case r == '十' && n < 10:
			n *= 10
		default:
			return 0, false
		}
	}
	return n, n > 0
}

// Count reads how many: "2", "1.5", "half an", "两".
func Count(s string) (float64, bool) {
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return n, true
	}
	if n, ok := counted[s]; ok {
		return n, true
	}
	n, ok := hanNumber(s)
	return float64(n), ok
}

var unitOf = []struct {
	length time.Duration
	names  []string
}{
	{time.Second, []string{"s", "sec", "secs", "second", "seconds", "秒", "秒钟"}}, {time.Minute, []string{"m", "min", "mins", "minute", "minutes", "分", "分钟"}},
	{time.Hour, []string{"h", "hr", "hrs", "hour", "hours", "小时", "钟头"}}, {24 * time.Hour, []string{"d", "day", "days", "天", "日"}},
	{7 * 24 * time.Hour, []string{"w", "week", "weeks", "周", "星期", "礼拜"}}, {30 * 24 * time.Hour, []string{"month", "months", "月"}},
}

// halves is the parts of the day by the words for them.
var halves = map[string]string{
	"morning": "morning", "afternoon": "afternoon", "evening": "evening", "night": "evening", "早上": "morning", "早": "morning", "上午": "morning", "凌晨": "small hours", "中午": "noon",
	"下午": "afternoon", "傍晚": "dusk", "晚上": "evening", "晚": "evening", "am": "morning", "a.m.": "morning", "pm": "afternoon", "p.m.": "afternoon",
}

// partHours is the hour that stands for a part of the day alone.
var partHours = map[string]int{"morning": 9, "noon": 12, "afternoon": 14, "dusk": 18, "evening": 20}
