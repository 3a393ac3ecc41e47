package cli

import (
	"path"
	"regexp"
	"strings"
	"testing"
)

// doctored is a block of a page that shows what doctor says of some machine.
var doctored = regexp.MustCompile(`(?m)^ *\$ (?:signpost|go run \.) doctor.*\n((?:.+\n)+)`)

var filledIn = regexp.MustCompile(`\{\{[^}]*\}\}`)

// TestDoctorInPages: what the pages show of doctor is made of its sentences as they are now, whatever a machine fills
// into them. Each line that begins a finding names the check, and has its sentence behind it.
func TestDoctorInPages(t *testing.T) {
	seen := 0
	for _, page := range pages(t) {
		lang := "en"
		if strings.HasSuffix(strings.TrimSuffix(page, ".md"), ".zh-CN") {
			lang = "zh"
		}
		catalogue := path.Join("commands", "chat", "locales", "active."+lang+".yaml")
		var shapes []string
		for id, text := range sentences(t, catalogue, []byte(read(t, catalogue))) {
			// What is nearly all filled in would fit any line.
			if strings.HasPrefix(id, "doctor.") && len(strings.TrimSpace(filledIn.ReplaceAllString(text, ""))) > 3 {
				shapes = append(shapes, shapeOf(text))
			}
		}
		known := regexp.MustCompile(`^(?:[✖✔⚠?] [^:]+: )?(?:` + strings.Join(shapes, "|") + `)$`)
		for _, block := range doctored.FindAllStringSubmatch(read(t, page), -1) {
			for _, line := range paragraphs(block[1]) {
				if seen++; line != "..." && !known.MatchString(line) {
					t.Errorf("%s: doctor has no sentence like %q", page, line)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d lines", seen)
	}
	// What it does not say is seen.
	if regexp.MustCompile(`^(?:` + shapeOf("Set {{.name}} anew.") + `)$`).MatchString("Set it new.") {
		t.Error("any sentence is taken")
	}
}

// shapeOf is the pattern of what a sentence's template may come to.
func shapeOf(template string) string {
	var out strings.Builder
	for i, part := range filledIn.Split(template, -1) {
		if i > 0 {
			out.WriteString(".*")
		}
		out.WriteString(regexp.QuoteMeta(strings.TrimSpace(part)))
		out.WriteString(" *")
	}
	return out.String()
}

// paragraphs is the lines of a block, those put together that a narrow page has broken: what goes on stands deeper than
// what it goes on with, or as deep as a remedy's first line.
func paragraphs(block string) (out []string) {
	base := len(block) - len(strings.TrimLeft(block, " "))
	inRemedy := false
	for line := range strings.Lines(block) {
		text := strings.TrimSpace(line)
		switch deep := len(line) - len(strings.TrimLeft(line, " ")) - base; {
		case text == "" || text == "```":
		case deep == 0:
			out, inRemedy = append(out, text), false
		case deep == 4 && !inRemedy:
			out, inRemedy = append(out, text), true
		default:
			out[len(out)-1] += " " + text
		}
	}
	return out
}
