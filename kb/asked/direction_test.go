package asked_test

import (
	"os"
	"testing"

	"gopkg.in/yaml.v3"

	"signpost/kb/asked"
)

// TestDirection tells by the words of the knowledge base whose mail does not reach whom.
func TestDirection(t *testing.T) {
	raw, err := os.ReadFile("../data/asked/directions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var d asked.Directions
	if err := yaml.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		text string
		want asked.Direction
	}{
		{"客户说收不到我们的邮件", asked.Outward},
		{"客户那边一直没收到报价单", asked.Outward},
		{"客户说发了我们没收到", asked.Inward},
		{"我们发了对方收不到", asked.Outward},
		{"国外客户发来的信我们这边收不到", asked.Inward},
		{"客户发的邮件收不到", asked.Inward},
		{"发给客户的邮件收不到", asked.Outward},
		{"有个供应商的信总收不到", asked.Inward},
		{"我们的邮箱收不到邮件", asked.Inward},
		{"我们的邮件客户收不到", asked.Outward},
		{"收不到国外的邮件", asked.Inward},
		{"验证码收不到", asked.Inward},
		{"邮箱满了怎么办", ""},
		{"customers never got our invoice", asked.Outward},
		{"they say they did not receive anything from us", asked.Outward},
		{"supplier says he sent it twice and we got nothing", asked.Inward},
		{"our quotes never reach the buyers", asked.Outward},
		{"a customer's mails never reach us", asked.Inward},
		{"mail from our bank does not arrive", asked.Inward},
		{"mails to our bank do not arrive", asked.Outward},
		{"we are not receiving mail", asked.Inward},
		{"how do i set up spf", ""},
	} {
		if got := d.In(x.text); got != x.want {
			t.Errorf("%q: %q, want %q", x.text, got, x.want)
		}
	}
}

// FuzzDirection looks for texts that words of both sides, in any order, make it fail on.
func FuzzDirection(f *testing.F) {
	d := asked.Directions{Us: []string{"we", "我们"}, Them: []string{"they", "客户"}, GetsNot: []string{"not get", "收不到"},
		ReachesNot: []string{"not arrive"}, To: []string{"to"}, From: []string{"from"},
		Sends: []string{"发"}, Whose: []string{"的信"},
		Ours: []string{"our mail"}, Theirs: []string{"theirs"}}
	f.Add("they do not get our mail")
	f.Add("客户发的信我们收不到")
	f.Fuzz(func(t *testing.T, text string) {
		if got := d.In(text); got != "" && got != asked.Inward && got != asked.Outward {
			t.Errorf("%q: %q", text, got)
		}
	})
}
