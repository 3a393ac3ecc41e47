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
		// what is near
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
