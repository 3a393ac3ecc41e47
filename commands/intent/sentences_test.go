package intent

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"signpost/commands/chat"
	"signpost/commands/intent/template"
)

// TestSentences: every language has sentences for everything that is asked for, and each template compiles.
func TestSentences(t *testing.T) {
	if err := Validate(); err != nil {
		t.Fatal(err)
	}
	if n := len(sentences().Languages()); n != len(chat.Languages()) {
		t.Errorf("sentences in %d languages, texts in %d", n, len(chat.Languages()))
	}
	for _, name := range append(SentenceNames(), peoplesVerbs()...) {
		if len(sentences().Templates(name)) == 0 && VerbOf(name).Name == "" {
			t.Errorf("no sentence of any language for %s", name)
		}
		for _, one := range sentences().Templates(name) {
			one.Match(template.Ready("x")) // panics where its expression is none
		}
	}
}

// TestFaultySentences plants a fault: it is told with its file and place, and nothing is replaced.
func TestFaultySentences(t *testing.T) {
	_, err := ReplaceSentences(fstest.MapFS{
		"sentences/en.yaml": {Data: []byte("sentences: {set: ['set {case} to {state}']}")},
	})
	if err == nil || !strings.Contains(err.Error(), `sentences/en.yaml: set, template 1: "set {case} to {state}"`) ||
		!strings.Contains(err.Error(), `the sentences "polite" are lacking`) {
		t.Error(err)
	}
	if o := Read("set MAIL-1 to solved"); o.Verb != "solve" {
		t.Errorf("%+v", o)
	}
}

// TestLongTexts: a text made to be hard is read in no time.
func TestLongTexts(t *testing.T) {
	for _, piece := range []string{"a ", "the case ", "remind me about ", "no ", "\u5de5\u5355\u53f7\u662f", "MAIL-1 ",
		"on ", "please "} {
		text := strings.Repeat(piece, chat.MaxText/len(piece))
		from := time.Now()
		FromWords(text, false)
		ReadTicket(text)
		Since(text)
		CaseWithin(text)
		CaseValues(text)
		if took := time.Since(from); took > 3*time.Second {
			t.Errorf("%q: %v", piece, took)
		} else {
			t.Logf("%q: %v", piece, took)
		}
	}
}

// BenchmarkRead reads a line and a sentence.
func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		Read("note 42 they called and will call again tomorrow")
		Read("please set MAIL-42 to waiting for DNS")
	}
}

// BenchmarkLoad reads the sentences of every language, as a start does.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := grammar().Load(sentenceFiles, "sentences"); err != nil {
			b.Fatal(err)
		}
	}
}
