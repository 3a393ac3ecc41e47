package kb

import (
	"strings"
	"testing"

	"signpost/diag"
	"signpost/diag/registry"

	"golang.org/x/text/language"
)

// TestRegistrar names who has to act on a domain on hold, and how a registrar that is known is reached; of others
// nothing is made up.
func TestRegistrar(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Alibaba Cloud Computing (Beijing) Co., Ltd.": "smartservice.console.aliyun.com",
		"阿里云计算有限公司（万网）":                               "smartservice.console.aliyun.com", "Example Registrar Inc.": "",
	} {
		f := diag.Finding{Code: "registration.hold", Severity: diag.Error, Subject: "shop.cn",
			Args: map[string]any{"registrar": name, "registrar_url": "", "status": []string{"serverHold"}, "cn": true}}
		r := &diag.Report{Domain: "shop.cn",
			Results: []diag.Result{{Check: "registration", Facts: &registry.Registration{Registrar: name},
				Findings: []diag.Finding{f}}}}
		a := b.Advise(language.English, r, f)
		if !strings.Contains(a.WhoText, name) || strings.Contains(a.Fix, "Support of") != (want != "") ||
			!strings.Contains(a.Fix, want) {
			t.Errorf("%s: who %q, fix %q", name, a.WhoText, a.Fix)
		}
	}
}
