package intent_test

import (
	"testing"

	"signpost/commands/chat"
	"signpost/commands/intent"
)

func TestFromWords(t *testing.T) {
	for in, want := range map[string]string{
		"check example.com": "mailcheck example.com", "<@U123> check example.com": "mailcheck example.com",
		"检查 example.com": "mailcheck example.com",
		"检查example.com":  "mailcheck example.com", "/mailcheck example.com lang=zh": "mailcheck example.com lang=zh",
		"example.com": "mailcheck example.com",
		"帮助":          "mailhelp help", "": "mailhelp help", "<@U1>": "mailhelp help", "/unknown thing": "unknown thing",
		"MAILCHECK a.com": "mailcheck a.com", "／mailcheck a.com": "mailcheck a.com",
		"邮箱收不到信 很急": "mailhelp 邮箱收不到信 很急", "收不到邮件": "mailhelp 收不到邮件",
		"no mail since yesterday": "mailhelp no mail since yesterday",
		"nonsense":                "nonsense ", "550 5.1.1 user unknown": "mailbounce 550 5.1.1 user unknown",
		"退信 对方拒收":                        "mailbounce 对方拒收",
		"open a case for example.com":    "mailcase open a case for example.com",
		"please create a new case: slow": "mailcase please create a new case: slow", "my cases": "mailcase my cases",
		"我的案例": "mailcase 我的案例", "cases?": "mailcase cases?", "所有案例": "mailcase 所有案例",
		"case 1": "mailcase case 1", "MAIL-1": "mailcase MAIL-1", "close 1": "mailcase close 1",
		"note 1 hello": "mailcase note 1 hello", "merge 1 into 2": "mailcase merge 1 into 2", "合并 1 到 2": "mailcase 合并 1 到 2",
		"帮我开一个案例 收不到信":                    "mailcase 帮我开一个案例 收不到信",
		"remind me tomorrow about MAIL-1": "mailcase remind me tomorrow about MAIL-1",
		"what about mail-1?":              "mailcase what about mail-1?", "关闭 1 重复": "mailcase 关闭 1 重复",
		"我的提醒": "mailcase 我的提醒", "open ports are closed?": "mailask open ports are closed?",
		"/mailcase note 1 a\n\nb  c": "mailcase note 1 a\n\nb  c", "<@U1> mailcase note 1 a\nb": "mailcase note 1 a\nb",
		"note the users cannot send":    "mailhelp note the users cannot send",
		"close to our quota":            "mailhelp close to our quota",
		"/mailbounce 550 5.1.1 no user": "mailbounce 550 5.1.1 no user", "/mailcheck a.com 5.1.1": "mailcheck a.com 5.1.1",
		"mailchek a.com": "mailchek a.com",
	} {
		if c, rest := intent.FromWords(in, false); c+" "+rest != want {
			t.Errorf("%q: %q %q, want %q", in, c, rest, want)
		}
	}
}

// TestPlainSentences holds what is meant by what people write to the bot: words that hold a domain diagnose it, small
// talk is let be.
func TestPlainSentences(t *testing.T) {
	for text, want := range map[string]string{
		"is healthy.example ok?":                             "mailcheck healthy.example",
		"can you check healthy.example please":               "mailcheck healthy.example",
		"check healthy.example please":                       "mailcheck healthy.example",
		"healthy.example 正常吗？":                               "mailcheck healthy.example",
		"我们的域名 healthy.example 收不到邮件":                        "mailcheck healthy.example",
		"我们的域名healthy.example收不到邮件":                          "mailcheck healthy.example",
		"会社のhealthy.exampleにメールが届かない":                        "mailcheck healthy.example",
		"ส่งอีเมลhealthy.exampleไม่ได้":                      "mailcheck healthy.example",
		"healthy.example 收不到信":                               "mailcheck healthy.example",
		"why does healthy.example not receive mail":          "mailcheck healthy.example",
		"what is wrong with https://healthy.example/ today?": "mailcheck healthy.example",
		"how do I set up SPF for healthy.example?":           "mailask how do I set up SPF for healthy.example?",
		"healthy.example 很急 打什么电话":                           "mailhelp healthy.example 很急 打什么电话",
		"cannot send to partner.example":                     "mailhelp cannot send to partner.example",
		"mail to bob@partner.example is refused":             "mailhelp mail to bob@partner.example is refused",
		"ok":                                                 chat.Quiet + " ", "+1": chat.Quiet + " ",
		"lol":                   chat.Quiet + " ",
		"no":                    chat.Quiet + " ",
		"good morning everyone": chat.Quiet + " ", "Have a nice weekend all!": chat.Quiet + " ", "👍": chat.Quiet + " ",
		":tada: congrats": chat.Quiet + " ",
		"好的":              chat.Quiet + " ", "收到": chat.Quiet + " ", "大家早上好": chat.Quiet + " ", "好的，收到": chat.Quiet + " ",
		"哈哈哈": chat.Quiet + " ", "hi": "mailhelp help", "你好": "mailhelp help", "?": "mailhelp help",
	} {
		if c, rest := intent.FromWords(text, false); c+" "+rest != want {
			t.Errorf("%q: %q %q, want %q", text, c, rest, want)
		}
	}
}
