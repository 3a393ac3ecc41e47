package dmarc

import (
	"slices"
	"strconv"
	"strings"

	"signpost/diag/pattern"
	"signpost/diag/plain"
	"signpost/diag/protocol/taglist"
)

// Mend is a text as the DMARC record that it was meant to be. No policy in it is a guess.
type Mend struct {
	Record string   // empty where it cannot be told
	Term   string   // what cannot be told, where there is one
	Odd    []string // characters that do not belong into a record and are left out or replaced: "“ (U+201C)"
	// Dropped is the tags that are left out because receivers pass over them: their value means nothing.
	Dropped []string
	// Controls: the text holds control characters, so that nothing is made of it.
	Controls bool
}

const maxMeant = 4096 // octets of a text that is read as a record

var (
	semicolon = pattern.New(`\\;`)
	// nextTag begins a tag where no semicolon stands before it.
	nextTag     = pattern.New(`(?i)[\s,]+((?:v|p|sp|np|adkim|aspf|fo|psd|t|rua|ruf|pct|rf|ri)\s*=)`)
	runTogether = pattern.New(`(?i)^(v\s*=\s*DMARC1|(?:p|sp|np)\s*=\s*(?:none|quarantine|reject)|(?:adkim|aspf)\s*=\s*[rs]|t\s*=\s*[yn]|(?:pct|ri)\s*=\s*\d+|rf\s*=\s*afrf)((?:p|sp|np|adkim|aspf|fo|rua|ruf|pct|rf|ri)\s*=.*)$`)
	meantDMARC  = pattern.New(`(?i)^(?:v\s*[=:]\s*)?dmarc\s*[12]?\W*$`)
)

var (
	holdsDMARC  = pattern.New(`(?i)v\s*=\s*dmarc1`)
	startsDMARC = pattern.New(`(?i)^v\s*[=:]\s*dmarc`)
	saysTags    = pattern.New(`(?i)\bdmarc ?1|(?:^|[;,:\s])(?:ru[af]|adkim|aspf|pct|[sn]p)\s*=|(?:^|[;,:\s])p\s*=\s*(?:none|quar|rej)`)
	saysPolicy  = pattern.New(`(?i)(?:none|quarantine|reject)`)
)

// LooksLike reports whether a text is a DMARC record, or was meant to be one: it begins with the version, however that
// is written, has it for another of its tags, or says a policy beside what only DMARC has.
func LooksLike(text string) bool {
	if IsRecord(text) {
		return true
	}
	low := strings.ToLower(text)
	if len(text) > maxMeant || !strings.Contains(low, "dmarc") && !saysPolicy.MatchString(low) && plain.ASCII(text) {
		return false
	}
	clean := strings.TrimLeft(quotes.ReplaceAllString(plain.Of(text).Plain, ""), space)
	if startsDMARC.MatchString(clean) || holdsDMARC.MatchString(clean) {
		return true
	}
	version, policy, others := says(clean)
	return version || policy && others > 0
}

// Resembles reports whether a text at a _dmarc name, where nothing else stands, was meant to be a DMARC record,
// whatever became of it.
func Resembles(text string) bool {
	if LooksLike(text) {
		return true
	}
	if len(text) > maxMeant {
		return false
	}
	clean := quotes.ReplaceAllString(plain.Of(text).Plain, "")
	version, policy, others := says(clean)
	return version || policy || others > 1 || saysTags.MatchString(clean)
}

// says finds in a text the version, a policy, and how many of the other tags are DMARC's alone.
func says(text string) (version, policy bool, others int) {
	for _, part := range parts(text) {
		name, value, ok := strings.Cut(part, "=")
		name = strings.ToLower(strings.Trim(name, space))
		switch {
		case ok && meantDMARC.MatchString(part):
			version = true
		case ok && name == "p":
			policy = policy || saysPolicy.MatchString(value)
		case ok && slices.Contains([]string{"sp", "np", "adkim", "aspf", "rua", "ruf", "pct"}, name):
			others++
		}
	}
	return version, policy, others
}

// MendRecord reads a text as it was meant: without the quotes, dashes, spaces and marks that editors and chats put into
// it, its version as it must be and in front, its tags parted by semicolons, each once.
func MendRecord(text string) Mend {
	if IsRecord(text) && plain.ASCII(text) {
		if r := Parse(text); len(r.Faults) == 0 && strings.HasPrefix(text, "v=DMARC1; p=") {
			return Mend{Record: strings.TrimRight(text, space+";")}
		}
	}
	clean := plain.Of(text)
	m := Mend{Odd: clean.Odd, Controls: clean.Controls}
	if clean.Controls || len(text) > maxMeant {
		return m
	}
	whole := semicolon.ReplaceAllString(clean.Plain, ";")
	if unquoted := quotes.ReplaceAllString(whole, ""); unquoted != whole {
		if whole = unquoted; len(m.Odd) == 0 {
			m.Odd = []string{`" (U+0022)`}
		}
	}
	if record, ok := plain.Pasted(whole, "v=DMARC1"); ok {
		whole = record
	}
	tags, version := m.tags(parts(whole))
	if m.Term != "" || !version && (tags.index("p") < 0 || len(tags) < 2) {
		return m
	}
	if tags = m.once(tags); m.Term != "" {
		return m
	}
	if at := tags.index("p"); at > 0 { // RFC 7489 6.4 has it second
		tags = slices.Insert(slices.Delete(slices.Clone(tags), at, at+1), 0, tags[at])
	} else if at < 0 {
		if tags.index("rua") < 0 || tags.index("sp") >= 0 ||
			tags.index("np") >= 0 { // else receivers take it for p=none (RFC 9989 4.7)
			m.Term = "p="
			return m
		}
		tags = slices.Insert(tags, 0, taglist.Tag{Name: "p", Value: None})
	}
	record := "v=DMARC1"
	for _, t := range tags {
		record += "; " + t.String()
	}
	for _, f := range Parse(record).Faults {
		if f.Reason != "unknown-tag" {
			m.Term = f.Term
			return m
		}
	}
	if plain.ASCII(record) {
		m.Record = record
	}
	return m
}

type tagList []taglist.Tag

// index is where a tag of that name stands first; -1: nowhere.
func (l tagList) index(name string) int {
	return slices.IndexFunc(l, func(t taglist.Tag) bool { return strings.EqualFold(t.Name, name) })
}

// parts is what stands between semicolons, or was meant to.
func parts(text string) (out []string) {
	for part := range strings.SplitSeq(text, ";") {
		for more := range strings.SplitSeq(nextTag.ReplaceAllString(part, ";$1"), ";") {
			more = strings.Trim(more, space+",")
			for m := runTogether.FindStringSubmatch(more); m != nil; m = runTogether.FindStringSubmatch(more) {
				out, more = append(out, m[1]), m[2]
			}
			if more != "" {
				out = append(out, more)
			}
		}
	}
	return out
}

// tags reads the parts, each as it was meant. Version tells whether one of them is the version, which is none of the
// tags.
func (m *Mend) tags(all []string) (tags tagList, version bool) {
	for _, part := range all {
		if meantDMARC.MatchString(part) {
			version = true
			continue
		}
		if n := len(tags); n > 0 && strings.HasPrefix(strings.ToLower(part),
			"mailto:") { // a further address behind a semicolon
			if last := &tags[n-1]; strings.EqualFold(last.Name, "rua") || strings.EqualFold(last.Name, "ruf") {
				last.Value += "," + part
				continue
			}
		}
		at := strings.IndexAny(part, "=:")
		if at < 0 && saysNothing(part, all) {
			m.Dropped = append(m.Dropped, part)
			continue
		} else if at < 0 {
			m.Term = part
			return nil, version
		}
		t := taglist.Tag{Name: strings.Trim(part[:at], space), Value: strings.Trim(part[at+1:], space+`\`)}
		low := strings.ToLower(t.Name)
		if !slices.Contains(known, low) {
			near := taglist.Nearest(low, known)
			switch {
			case slices.Contains([]string{None, Quarantine, Reject},
				strings.ToLower(t.Value)): // which policy was meant is no matter for guesses
				m.Term = part
				return nil, version
			case near == "" && part[at] == '=' && isTag(t.Name) &&
				!strings.Contains(t.Value, "@"): // an address was to get reports
				tags = append(tags, t) // nobody knows it, and nobody minds it
				continue
			case near == "" || isPolicy(near):
				m.Term = part
				return nil, version
			}
			t.Name, low = near, near
		}
		value, ok := meantValue(low, t.Value)
		switch {
		case strings.Contains(t.Value, "="): // another tag ran into it
			m.Term = part
			return nil, version
		case !ok && slices.Contains([]string{"p", "sp", "np", "rua", "ruf", "rf", "ri"}, low): // another tag's value, perhaps
			m.Term = part
			return nil, version
		case !ok && strings.ContainsAny(t.Value, " ,:@/"): // more than a word: what it was is not known
			m.Term = part
			return nil, version
		case !ok:
			m.Dropped = append(m.Dropped, part)
		case value == "" && isPolicy(low):
			m.Term = part
			return nil, version
		case value == "":
			m.Dropped = append(m.Dropped, part)
		default:
			t.Value = value
			tags = append(tags, t)
		}
	}
	return tags, version
}

const maxScrap = 20 // octets of a part that may say nothing

// saysNothing reports a part without a value, one word, that says nothing which the record could miss: neither a
// policy, or what may be one misspelt, nor an address, nor the name of a policy that no other part gives.
func saysNothing(part string, all []string) bool {
	word := strings.ToLower(strings.Trim(part, space+`.,\`))
	if len(part) > maxScrap || strings.ContainsAny(word, " \t@") ||
		taglist.Nearest(word, []string{None, Quarantine, Reject}) != "" || saysPolicy.MatchString(word) {
		return false
	}
	return !isPolicy(word) || slices.ContainsFunc(all, func(other string) bool {
		name, value, ok := strings.Cut(other, "=")
		return ok && strings.EqualFold(strings.Trim(name, space), word) && saysPolicy.MatchString(value)
	})
}

func isPolicy(name string) bool { return name == "p" || name == "sp" || name == "np" }

func isTag(name string) bool {
	_, faults := taglist.Parse(name + "=x")
	return len(faults) == 0
}

// meantValue is a tag's value as it was meant. False: it means nothing.
func meantValue(name, value string) (string, bool) {
	oneOf := func(allowed ...string) (string, bool) {
		v := strings.ToLower(strings.Trim(value, " .,:"))
		if slices.Contains(allowed, v) {
			if strings.EqualFold(v, value) {
				return value, true
			}
			return v, true
		}
		near := taglist.Nearest(v, allowed)
		return near, near != ""
	}
	switch name {
	case "p", "sp", "np":
		if value == "" {
			return "", true
		}
		return oneOf(None, Quarantine, Reject)
	case "adkim", "aspf":
		return short(value, "r", "s", map[string]string{"relaxed": "r", "strict": "s"})
	case "t":
		return short(value, "y", "n", map[string]string{"yes": "y", "no": "n", "true": "y", "false": "n"})
	case "rf": // RFC 7489 6.3 knows one format
		return value, strings.EqualFold(value, "afrf")
	case "ri":
		_, err := strconv.ParseUint(value, 10, 32)
		return value, err == nil
	case "psd":
		v := strings.ToLower(value)
		return value, v == "y" || v == "n" || v == "u"
	case "pct":
		n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(value, "%")))
		return strconv.Itoa(n), err == nil && n >= 0 && n <= 100
	case "rua", "ruf":
		return meantURIs(value)
	case "fo":
		for o := range strings.SplitSeq(strings.ToLower(value), ":") {
			if !slices.Contains([]string{"0", "1", "d", "s"}, strings.Trim(o, space)) {
				return "", false
			}
		}
	}
	return value, true
}

// short is a value of one letter, which people write in full.
func short(value, a, b string, full map[string]string) (string, bool) {
	v := strings.ToLower(strings.Trim(value, " .,:"))
	if v == a || v == b {
		return v, true
	}
	return full[v], full[v] != ""
}

// meantURIs is addresses for reports as they must be written.
func meantURIs(value string) (string, bool) {
	var out []string
	for _, uri := range strings.FieldsFunc(value,
		func(r rune) bool { return r == ',' || r == ' ' || r == '<' || r == '>' }) {
		low := strings.ToLower(uri)
		switch {
		case low == "mailto:": // parted from its address by a space
			continue
		case strings.HasPrefix(low, "mailto:"):
			uri = "mailto:" + strings.TrimLeft(uri[len("mailto:"):], "/")
		case strings.HasPrefix(low, "mailto=") || strings.HasPrefix(low, "mailto;"):
			uri = "mailto:" + uri[len("mailto:"):]
		case strings.Contains(uri, "@") && !strings.Contains(uri, ":"):
			uri = "mailto:" + uri
		}
		if _, fault := parseURI(uri); fault != nil {
			return "", false
		}
		if !slices.Contains(out, uri) {
			out = append(out, uri)
		}
	}
	return strings.Join(out, ","), true
}

// once is the tags with none twice: the same value twice is one, addresses are put together, and two policies cannot be
// told apart.
func (m *Mend) once(tags tagList) (out tagList) {
	for _, t := range tags {
		at := out.index(t.Name)
		switch low := strings.ToLower(t.Name); {
		case at < 0:
			out = append(out, t)
		case low == "rua" || low == "ruf":
			for uri := range strings.SplitSeq(t.Value, ",") {
				if !slices.Contains(strings.Split(out[at].Value, ","), uri) {
					out[at].Value += "," + uri
				}
			}
		case !strings.EqualFold(out[at].Value, t.Value):
			m.Term = t.String()
			return nil
		}
	}
	return out
}
