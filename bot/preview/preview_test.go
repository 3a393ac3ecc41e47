package preview

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag/lab"
	"signpost/kb"

	"golang.org/x/net/html"
	"golang.org/x/text/language"
)

// drawn is a page of one surface, read as a browser reads it: its text, and what markup there is.
func drawn(t testing.TB, s Surface) (text string, classes []string) {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, language.English, []Shown{{Line: "/x", Lang: language.English,
		Surfaces: []Surface{s}}}); err != nil {
		t.Fatal(err)
	}
	return read(t, b.String())
}

// read reads a page, and fails where it holds an element or attribute that is not ours.
func read(t testing.TB, page string) (text string, classes []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	ours := strings.Fields("html head meta title style body h1 h2 h3 p section div span small b i s code pre br hr table " +
		"tbody tr td th ul ol li img")
	var all strings.Builder
	for n := range root.Descendants() {
		switch n.Type {
		case html.TextNode:
			if n.Parent.Data != "style" {
				all.WriteString(n.Data)
			}
		case html.ElementNode:
			if !slices.Contains(ours, n.Data) {
				t.Errorf("there is a <%s>", n.Data)
			}
			for _, a := range n.Attr {
				if n.Data == "img" && (a.Key == "alt" ||
					a.Key == "src" && strings.HasPrefix(a.Val, "data:image/png;base64,iVBOR")) {
					continue
				}
				if !slices.Contains([]string{"class", "lang", "charset", "name", "content", "http-equiv", "data-column"}, a.Key) {
					t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
				}
				if a.Key == "class" {
					classes = append(classes, strings.Fields(a.Val)...)
				}
			}
		case html.CommentNode:
			t.Errorf("a comment: %q", n.Data)
		}
	}
	return all.String(), classes
}

// hostile is what a stranger may put into a record.
const hostile = `</pre></style><script>alert(1)</script><img src=x onerror="a()">'"&amp;<!--`

// TestNothingBecomesMarkup puts hostile words into every place of every kind of block.
func TestNothingBecomesMarkup(t *testing.T) {
	word, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	for _, shape := range []string{
		`{"type":"header","text":{"type":"plain_text","text":%s}}`,
		`{"type":"section","text":{"type":"plain_text","text":%s}}`,
		`{"type":"section","text":{"type":"mrkdwn","text":%s}}`,
		`{"type":"section","fields":[{"type":"mrkdwn","text":%s}]}`,
		`{"type":"section","accessory":{"type":"button","text":{"type":"plain_text","text":%s},"style":"\"><script>"}}`,
		`{"type":"context","elements":[{"type":"mrkdwn","text":%s}]}`,
		`{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":%s}}]}`,
		`{"type":"actions","elements":[{"type":"overflow","options":[{"text":{"type":"plain_text","text":%s}}]}]}`,
		`{"type":"actions","elements":[{"type":%s}]}`,
		`{"type":"input","label":{"type":"plain_text","text":%s},"element":{"type":"plain_text_input"}}`,
		`{"type":"input","hint":{"type":"plain_text","text":%s},"element":{"type":"plain_text_input"}}`,
		`{"type":"input","element":{"type":"plain_text_input","initial_value":%s,"multiline":true}}`,
		`{"type":"input","element":{"type":"static_select","initial_option":{"text":{"type":"plain_text","text":%s}}}}`,
		`{"type":"table","rows":[[{"type":"raw_text","text":%s}]],"column_settings":[{"align":"\"><script>"}]}`,
		`{"type":"table","rows":[[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[` +
			`{"type":"text","text":%s,"style":{"bold":true}}]}]}]]}`,
		`{"type":"rich_text","elements":[{"type":"rich_text_preformatted","elements":[{"type":"text","text":%s}]}]}`,
		`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"link","url":%s}]}]}`,
		`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"user","user_id":%s}]}]}`,
		`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"emoji","name":%s}]}]}`,
		`{"type":"markdown","text":%s}`,
		`{"type":"plan","title":%s,"tasks":[]}`,
		`{"type":"plan","title":"x","tasks":[{"type":"task_card","task_id":"a","title":%s,"status":"\"><script>"}]}`,
		`{"type":"image","alt_text":%s}`,
		`{"type":%s}`,
	} {
		text, _ := drawn(t, Surface{Kind: Message, Blocks: json.RawMessage("[" + fmt.Sprintf(shape, word) + "]")})
		for _, part := range []string{"alert(1)", "onerror"} { // brackets and entities have a meaning in mrkdwn
			if !strings.Contains(text, part) {
				t.Errorf("%s: %q is lost in %q", shape, part, text)
			}
		}
	}
	text, _ := drawn(t, Surface{Kind: Modal, Title: hostile, Submit: hostile, Close: hostile, File: hostile,
		Blocks: json.RawMessage("[]")})
	if strings.Count(text, hostile) != 2*4 {
		t.Errorf("what stands around the blocks is lost: %q", text)
	}
}

// TestTableOnATelephone: where a surface is too narrow for columns each cell stands behind its column's name, so that
// nothing has to be scrolled sideways.
func TestTableOnATelephone(t *testing.T) {
	var b strings.Builder
	if err := Write(&b, language.English, []Shown{{Line: "/x", Lang: language.English, Surfaces: []Surface{{
		Kind: Message, Blocks: json.RawMessage(`[{"type":"table","column_settings":[{},{"align":"right"}],"rows":[` +
			`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"Case"}]}]},` +
			`{"type":"raw_text","text":"\"For\""}],[{"type":"raw_text","text":"MAIL-1"},{"type":"raw_text","text":"2 h"}]]}]`),
	}}}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<td data-column="Case">MAIL-1</td>`,
		`<td class="right" data-column="&#34;For&#34;">2 h</td>`, `<tr class="names">`, "@container (max-width: 420px)",
		"container-type: inline-size", "overflow-wrap: anywhere"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(b.String(), "overflow-x") || strings.Contains(b.String(), "nowrap") {
		t.Error("something has to be scrolled")
	}
}

// TestMarkup: Slack's own markup is drawn as Slack draws it.
func TestMarkup(t *testing.T) {
	for in, want := range map[string]string{
		"*bold* and *more bold*":           "<b>bold</b> and <b>more bold</b>",
		"2*3*4 and a_b_c":                  "2*3*4 and a_b_c",
		"_soft_ ~gone~":                    "<i>soft</i> <s>gone</s>",
		"`a *b*` c":                        "<code>a *b*</code> c",
		"*open":                            "*open",
		"* spaced *":                       "* spaced *",
		"*粗体*，后":                           "<b>粗体</b>，后",
		"a &lt;b&gt; &amp;amp;":            "a &lt;b&gt; &amp;amp;",
		"ask <@U1> in <#C2>":               `ask <span class="mention">@U1</span> in <span class="mention">#C2</span>`,
		"at <!date^5^{date}|noon>.":        `at <span class="time">noon</span>.`,
		"<!channel>":                       `<span class="alarm">@channel</span>`,
		"<https://x.example|the page>":     `<span class="link">the page</span>`,
		"one\ntwo":                         "one<br>two",
		"&gt; said":                        `<span class="quote"> said</span>`,
		"see:\n```\na *b*\n&lt;c\n```\nok": "see:<pre>a *b*\n&lt;c</pre>ok",
	} {
		p := &page{}
		p.mrkdwn(in)
		if p.String() != want {
			t.Errorf("%q: %q, want %q", in, p.String(), want)
		}
	}
}

func demo(t *testing.T) answers.Deps {
	t.Helper()
	l, err := lab.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	base, err := kb.Load()
	if err != nil {
		t.Fatal(err)
	}
	d := answers.Deps{KB: base, Net: l.Net(), Now: time.Now}
	for _, x := range l.Domains() {
		d.Demo = append(d.Demo, answers.DemoDomain{Domain: x.Name, Fault: x.Fault, Codes: x.Codes})
	}
	return d
}

// TestAsked: a diagnosis, its evidence, a form and help are shown as what they are, whatever a zone holds.
func TestAsked(t *testing.T) {
	d := demo(t)
	for _, x := range []struct {
		line    string
		kinds   []Kind
		private bool
		want    []string
	}{
		{"/mailcheck spf-none.example", []Kind{Message, Modal}, false,
			[]string{"spf-none.example  TXT  v=spf1 mx -all", "Check again"}},
		{"/mailcheck hostile-text.example", []Kind{Message, Modal}, false, []string{"hostile-text.example", "<!channel>"}},
		{"/mailticket form", []Kind{Modal}, false, []string{"Mail domain", "Cancel"}},
		{"/mailcheck help", []Kind{Message}, true, []string{"/mailcheck", "Only visible to you"}},
		{"/nonsense", []Kind{Message}, true, []string{"Did you mean"}},
	} {
		got, err := Ask(t.Context(), d, x.line, language.English)
		if err != nil {
			t.Fatal(err)
		}
		var kinds []Kind
		all := ""
		for _, s := range got.Surfaces {
			kinds = append(kinds, s.Kind)
			text, classes := drawn(t, s)
			all += text
			if slices.Contains(classes, "strange") || slices.Contains(classes, "alarm") {
				t.Errorf("%s: a block that is not known, or everybody is called:\n%s", x.line, text)
			}
			picture, err := Picture(got.Lang, s)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(picture), "foreignObject") {
				t.Errorf("%s: no picture", x.line)
			}
		}
		if !slices.Equal(kinds, x.kinds) || got.Surfaces[0].Private != x.private {
			t.Errorf("%s: %v, private %v", x.line, kinds, got.Surfaces[0].Private)
		}
		for _, w := range x.want {
			if !strings.Contains(all, w) {
				t.Errorf("%s: %q is missing in\n%s", x.line, w, all)
			}
		}
	}
}

// TestPictured: the pictures that an answer carries stand in the page, with what they show in words; where the asker
// alone reads the answer it is said that they follow elsewhere.
func TestPictured(t *testing.T) {
	p := chat.Picture{Name: "days", Alt: "Mail by day" + hostile, Labels: []string{"2026-11-01", "2026-11-02"},
		Series: []chat.Series{{Tone: chat.Good, Values: []int64{3, 4}}}}
	for audience, note := range map[chat.Audience]string{chat.Channel: "", chat.Asker: "this picture follows it"} {
		var surfaces []Surface
		err := pictured(chat.Reply{Audience: audience, Pictures: []chat.Picture{p, p}, Lang: language.English},
			func(s Surface, err error) error {
				surfaces = append(surfaces, s)
				return err
			})
		if err != nil || len(surfaces) != 2 {
			t.Fatalf("%d surfaces, %v", len(surfaces), err)
		}
		text, classes := drawn(t, surfaces[0])
		if !slices.Contains(classes, "drawn") || !strings.Contains(text, p.Alt) ||
			strings.Contains(text, "follows it") != (note != "") {
			t.Errorf("%v: %q", classes, text)
		}
		svg, err := Picture(language.English, surfaces[0])
		if err != nil || !strings.Contains(string(svg), `src="data:image/png;base64,`) ||
			xml.Unmarshal(svg, new(any)) != nil {
			t.Errorf("as SVG: %v", err)
		}
	}
}

// TestLines: a preview of everything names every command and every domain, in each language.
func TestLines(t *testing.T) {
	d := answers.Deps{Demo: []answers.DemoDomain{{Domain: "a.example"}, {Domain: "b.example"}}}
	for _, lang := range []language.Tag{language.English, language.Chinese} {
		lines := Lines(d, lang)
		for _, want := range []string{"/mailbounce help", "/mailticket form", "/mailcheck b.example", "/mailcase form",
			HomeLine} {
			if !slices.Contains(lines, want) {
				t.Errorf("%v: %q is missing in %q", lang, want, lines)
			}
		}
	}
}

func FuzzMarkup(f *testing.F) {
	f.Add("*a* <b|c> ```d``` `e` ~f~ &lt;g")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2000 {
			return
		}
		raw, err := json.Marshal([]map[string]any{{"type": "section",
			"text": map[string]string{"type": "mrkdwn", "text": s}}})
		if err != nil {
			t.Fatal(err)
		}
		drawn(t, Surface{Kind: Message, Blocks: raw})
	})
}
