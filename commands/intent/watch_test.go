package intent_test

import (
	"testing"

	"signpost/commands/chat"
	"signpost/commands/intent"
)

// TestWatchSentences: what is to be watched is asked for in whole sentences, in either language; sentences near them
// mean what they meant.
func TestWatchSentences(t *testing.T) {
	for text, want := range map[string]string{
		"帮我盯着 example.com":                                      "mailwatch add example.com",
		"帮我盯着example.com":                                       "mailwatch add example.com",
		"请每天检查一下 example.com":                                   "mailwatch add example.com daily",
		"监控 example.com 每小时":                                    "mailwatch add example.com hourly",
		"watch example.com daily":                               "mailwatch add example.com daily",
		"please keep an eye on example.com for me":              "mailwatch add example.com",
		"check example.com every day":                           "mailwatch add example.com daily",
		"stop watching example.com":                             "mailwatch remove example.com",
		"别再盯着 example.com 了":                                    "mailwatch remove example.com",
		"关注一下阿里云邮箱的公告":                                          "mailwatch feed 阿里云邮箱",
		"订阅腾讯企业邮的状态":                                            "mailwatch feed 腾讯企业邮",
		"不再关注阿里云邮箱的公告":                                          "mailwatch feed 阿里云邮箱 off",
		"follow the announcements of Alibaba Mail":              "mailwatch feed Alibaba Mail",
		"please watch Google Workspace's status page":           "mailwatch feed Google Workspace",
		"let me know when the MX is live":                       "mailwatch until",
		"tell us once the MX of example.com is live everywhere": "mailwatch until example.com",
		"let me know when example.com is live":                  "mailwatch until example.com",
		"MX 生效了告诉我一声":                                           "mailwatch until",
		"example.com 的 MX 生效后通知我":                               "mailwatch until example.com",
		"watch over example.com":                                "mailwatch add example.com",
		"please keep an eye on example.com, thanks":             "mailwatch add example.com",
		"could you please watch example.com?":                   "mailwatch add example.com",
		"hey, can you watch over example.com for us?":           "mailwatch add example.com",
		"ok, stop watching example.com please":                  "mailwatch remove example.com",
		"watch example.com daily please":                        "mailwatch add example.com daily",
		"keep an eye on it":                                     "mailwatch add it",
		"麻烦帮我盯着 example.com 吧，谢谢":                               "mailwatch add example.com",
		"帮我盯着它":                                                 "mailwatch add it",
		"ping me as soon as example.com is live, please":        "mailwatch until example.com",
		"can you let me know once it's live everywhere, thx":    "mailwatch until",
		"tell me when live":                                     "mailwatch until",
		"生效了告诉我":                                                "mailwatch until",
		"等它生效了告诉我，谢谢":                                           "mailwatch until",
		"什么时候生效告诉我":                                             "mailwatch until",
		"tell me when the MX has changed":                       "mailwatch until changed=mx",
		"ping us once example.com's SPF record was changed":     "mailwatch until example.com changed=txt",
		"example.com 的 MX 记录改好了告诉我":                             "mailwatch until example.com changed=mx",
		"MX 改好了告诉我":                                             "mailwatch until changed=mx",
		"example.com 的 DMARC 换了通知我们":                            "mailwatch until example.com changed=dmarc",
		"notify me when the DNS has changed":                    "mailwatch until",
		"改好了告诉我":                                                "mailwatch until",
		"dns 弄好了通知我一声":                                          "mailwatch until",
		"tell me when it's done":                                "mailwatch until",
		// what is near
		"tell me when the ticket has changed": "mailhelp tell me when the ticket has changed",
		"let me know if it bounces":           "mailhelp let me know if it bounces",
		"watch it":                            "mailhelp watch it",
		"check example.com":                   "mailcheck example.com",
		"example.com 的 MX 生效了吗":               "mailcheck example.com",
		"watch MAIL-4":                        "mailcase watch MAIL-4",
		"关注 MAIL-4":                           "mailcase 关注 MAIL-4",
		"what is the status of my mail":       "mailask what is the status of my mail",
		"tell me when mail works again":       "mailhelp tell me when mail works again",
		"is there an outage at Alibaba Mail?": "mailask is there an outage at Alibaba Mail?",
	} {
		command, rest := intent.FromWords(text, false)
		if got := command + " " + rest; got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got, _ := intent.FromWords("<@U1> 帮我盯着 example.com", false); got != chat.Watch {
		t.Errorf("with a mention: %s", got)
	}
}
