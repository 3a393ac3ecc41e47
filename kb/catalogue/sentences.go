package catalogue

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"
)

// sentences is the texts of one language. Each becomes a message when it is first said: most runs say few of thousands.
type sentences struct {
	tag   language.Tag
	texts map[string]string

	mu        sync.RWMutex // guards what follows
	bundle    *i18n.Bundle
	localizer *i18n.Localizer
	said      map[string]bool
}

func readSentences(files fs.FS, name string, tag language.Tag) (*sentences, error) {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrText, err)
	}
	texts, err := readTexts(raw, name)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrText, name, err)
	}
	bundle := i18n.NewBundle(tag)
	return &sentences{tag: tag, texts: texts, bundle: bundle, localizer: i18n.NewLocalizer(bundle, tag.String()),
		said: map[string]bool{}}, nil
}

// say is a text with its arguments filled in.
func (t *sentences) say(id string, data map[string]any) (string, error) {
	t.mu.RLock()
	said := t.said[id]
	t.mu.RUnlock()
	if !said {
		t.mu.Lock()
		err := t.bundle.AddMessages(t.tag, &i18n.Message{ID: id, Other: t.texts[id]})
		t.said[id] = true
		t.mu.Unlock()
		if err != nil {
			return "", err
		}
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.localizer.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: data})
}

// readTexts reads a catalogue's file: texts by their names, where names that begin alike may stand in one mapping.
// Nearly all of its lines have one form, and are read as they are, which takes a twentieth of the time. Whatever has
// another form goes to the parser of YAML.
func readTexts(raw []byte, name string) (map[string]string, error) {
	if out := readLines(raw, name); out != nil {
		return out, nil
	}
	return parseTexts(raw, name)
}

// parseTexts reads any YAML.
func parseTexts(raw []byte, name string) (map[string]string, error) {
	f, err := i18n.ParseMessageFileBytes(raw, name, map[string]i18n.UnmarshalFunc{"yaml": yaml.Unmarshal})
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, m := range f.Messages {
		out[m.ID] = m.Other
	}
	return out, nil
}

// readLines reads a file of lines "name: 'text'", and of "name:" with such lines below it, two blanks in. Other entries
// are parsed by themselves. It is nil where the file is not made of such entries, or a name stands there twice.
func readLines(raw []byte, name string) map[string]string {
	odd := func(r rune) bool {
		return r < ' ' && r != '\n' || r >= 0x7F && r < 0xA0 || r == 0xFEFF || r == 0x2028 || r == 0x2029
	}
	if !utf8.Valid(raw) || bytes.ContainsFunc(raw, odd) {
		return nil
	}
	out, owners := map[string]string{}, map[string]bool{}
	add := func(id, text string) bool {
		_, twice := out[id]
		out[id] = text
		return !twice
	}
	lines := strings.Split(string(raw), "\n")
	for i := 0; i < len(lines); {
		if lines[i] == "" || lines[i][0] == '#' {
			i++
			continue
		}
		first := i
		for i++; i < len(lines) && (lines[i] == "" || lines[i][0] == ' '); {
			i++
		}
		owner, rest, ok := strings.Cut(lines[first], ":")
		if !ok || !plainName(owner) || owners[owner] {
			return nil
		}
		owners[owner] = true
		entry := lines[first:i]
		for len(entry) > 1 && entry[len(entry)-1] == "" {
			entry = entry[:len(entry)-1]
		}
		if id, text, ok := oneText(lines[first]); ok && len(entry) == 1 {
			if !add(id, text) {
				return nil
			}
			continue
		}
		if below := textsBelow(entry[1:]); rest == "" && below != nil {
			for id, text := range below {
				if !add(owner+"."+id, text) {
					return nil
				}
			}
			continue
		}
		whole := strings.Join(lines[first:i], "\n")
		if i < len(lines) {
			whole += "\n"
		}
		parsed, err := parseTexts([]byte(whole), name)
		if err != nil {
			return nil
		}
		for id, text := range parsed {
			if !add(id, text) {
				return nil
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// textsBelow reads lines that stand two blanks in; nil where one has another form.
func textsBelow(lines []string) map[string]string {
	out := map[string]string{}
	for _, line := range lines {
		line, inside := strings.CutPrefix(line, "  ")
		id, text, ok := oneText(line)
		if _, twice := out[id]; !inside || !ok || twice {
			return nil
		}
		out[id] = text
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// oneText reads "name: 'text'".
func oneText(line string) (id, text string, ok bool) {
	id, quoted, ok := strings.Cut(line, ": '")
	text, closed := strings.CutSuffix(quoted, "'")
	if !ok || !closed || !plainName(id) {
		return "", "", false
	}
	if strings.Contains(strings.ReplaceAll(text, "''", ""), "'") { // it ends earlier
		return "", "", false
	}
	return id, strings.ReplaceAll(text, "''", "'"), true
}

// messageFields are names that make a mapping one message with parts (go-i18n), not several texts.
var messageFields = []string{"id", "description", "hash", "leftdelim", "rightdelim", "zero", "one", "two", "few",
	"many", "other", "translation"}

// yamlWords are names that mean something else in YAML.
var yamlWords = []string{"true", "false", "yes", "no", "on", "off", "y", "n", "null"}

// plainName reports whether a name means itself in YAML and to the library: a small letter first, and no word of
// theirs.
func plainName(s string) bool {
	low := strings.ToLower(s)
	if s == "" || s[0] < 'a' || s[0] > 'z' || slices.Contains(messageFields, low) || slices.Contains(yamlWords, low) {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == ""
}

// ErrText means that a catalogue is not whole.
var ErrText = errors.New("catalogue: not whole")
