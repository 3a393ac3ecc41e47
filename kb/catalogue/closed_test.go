package catalogue

import (
	"testing"
	"testing/fstest"

	"golang.org/x/text/language"
)

// TestClosed leaves no blank round a Chinese value in a Chinese sentence, and keeps those round a Latin one.
func TestClosed(t *testing.T) {
	c, err := Load(fstest.MapFS{
		"active.en.yaml": {Data: []byte("none: 'No {{.provider}} here'\n")},
		"active.zh.yaml": {Data: []byte("none: '此处没有 {{.provider}} 的渠道，{{.provider}} 除外'\n")},
	}, ".")
	if err != nil {
		t.Fatal(err)
	}
	for provider, want := range map[string]string{
		"网易企业邮箱": "此处没有网易企业邮箱的渠道，网易企业邮箱除外", "Zoho Mail": "此处没有 Zoho Mail 的渠道，Zoho Mail 除外", "QQ 邮箱": "此处没有 QQ 邮箱的渠道，QQ 邮箱除外",
		"": "此处没有  的渠道， 除外",
	} {
		if got := c.Text(language.Chinese, "none", map[string]any{"provider": provider}); got != want {
			t.Errorf("%q: %q, want %q", provider, got, want)
		}
	}
	if got := c.Text(language.English, "none", map[string]any{"provider": "网易企业邮箱"}); got != "No 网易企业邮箱 here" {
		t.Errorf("%q", got)
	}
}
