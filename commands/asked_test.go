package commands

import (
	"strings"
	"testing"

	"signpost/commands/answers"
	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// TestWhatPeopleAskFor holds answers to what those who ask need beyond the obvious, in both languages.
func TestWhatPeopleAskFor(t *testing.T) {
	d := deps(t)
	for _, c := range []struct {
		command, text string
		lang          language.Tag
		want          []string
	}{
		// Who needs logs read gets the ticket's number to the telephone.
		{chat.Help, "logs to analyse, alimail mainland China", language.English, []string{"Use both"}},
		{chat.Help, "需要提交日志并分析 阿里邮箱 中国", language.Chinese, []string{"工单", "电话"}},
		{chat.Ask, "收不到邮件怎么排查", language.Chinese, []string{"从哪里查起", "help/en/alibaba-mail"}},
		{chat.Ask, "mail is not arriving, how do I troubleshoot", language.English, []string{"Where to begin"}},
		{chat.Ask, "anti-spam policy blocks customers", language.English, []string{"antispam_fankui@"}},
		{chat.Ask, "反垃圾策略把客户的邮件拦截了", language.Chinese, []string{"antispam_fankui@"}},
		{chat.Ticket, "healthy.example 9:00起收不到邮件，550 5.7.1 text=both", language.Chinese,
			[]string{"In short (the words above are Chinese): mail does not arrive; 9:00; 550 5.7.1"}},
		{chat.Ticket, "healthy.example no mail since 9:00 text=both", language.English, []string{"简述（上文为英文）：收不到邮件；9:00"}},
		{chat.Bounce, "Authentication-Results: mx.example.net; spf=pass smtp.mailfrom=bounce.healthy.example; dmarc=fail header.from=spf-none.example", language.English, []string{"domain spf-none.example"}},
	} {
		r, _ := ask(t, d, c.command, c.text, c.lang)
		for _, w := range c.want {
			if got := full(r); !strings.Contains(got, w) {
				t.Errorf("%s %s: %q is missing in\n%s", c.command, c.text, w, got)
			}
		}
	}
}

// TestStrangeFields reads the fields of a line of which one is none, and tells of that one.
func TestStrangeFields(t *testing.T) {
	o := openOffice(t)
	o.ask("open healthy.example no mail")
	got := words(o.ask("联系 1 电话 工单=A12345 对方=万网 颜色=红 下一步=等回复"))
	for _, w := range []string{"A12345", "万网", "颜色"} {
		if !strings.Contains(got, w) {
			t.Errorf("%q is missing in\n%s", w, got)
		}
	}
	contacts, err := o.d.Book.Contacts(t.Context(), "T1", 1)
	if err != nil || len(contacts) != 1 || contacts[0].Ticket != "A12345" || contacts[0].Next != "等回复" ||
		!strings.Contains(contacts[0].Gist, "颜色=红") {
		t.Errorf("%+v, %v", contacts, err)
	}
	got = words(o.ask(`contact 1 phone ticket=A12346 color=red gist="asked for the logs"`))
	if !strings.Contains(got, "no such field: color") {
		t.Errorf("%s", got)
	}
	if got = words(o.ask("note 1 they say p=none is wrong")); strings.Contains(got, "no such field") {
		t.Errorf("a record in a note is no field:\n%s", got)
	}
}

// TestNotKnown says so where no guide answers, and offers three guides.
func TestNotKnown(t *testing.T) {
	d := deps(t)
	for text, lang := range map[string]language.Tag{"what is the weather in Shanghai": language.English,
		"帮我写一首诗": language.Chinese, "how tall is mount everest": language.English} {
		r, _ := ask(t, d, chat.Ask, text, lang)
		guides := 0
		for _, a := range r.Actions {
			if strings.HasPrefix(a.Text, "guide=") {
				guides++
			}
		}
		if r.Tone != chat.Unsure || guides != answers.MaxRelated {
			t.Errorf("%s: %d guides in\n%s", text, guides, full(r))
		}
	}
}
