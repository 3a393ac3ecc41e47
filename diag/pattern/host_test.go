package pattern

import (
	"regexp"
	"testing"
)

// TestCanMatchHost: an expression that no name of a host can match is told from one that some can.
func TestCanMatchHost(t *testing.T) {
	for text, want := range map[string]bool{
		`^mx[123]\.qiye\.aliyun\.com$`:                true,
		`(^|\.)aspmx\.l\.google\.com$`:                true,
		`(^|\.)mail\.protection\.outlook\.com$`:       true,
		`^mx0[ab]-[0-9a-f]+\.(gslb\.)?pphosted\.com$`: true,
		`^inbound-smtp\.[a-z0-9-]+\.amazonaws\.com$`:  true,
		`\.mail\.example\.net$`:                       true,
		`^mx\d{2}\.example\.net$`:                     true,
		`(?i)^MX\.Example\.NET$`:                      true,
		`mimecast`:                                    true,
		`^mx\.example\.net\.$`:                        false, // a final dot
		`^MX\.example\.net$`:                          false, // capitals
		`^10 mx\.example\.net$`:                       false, // the preference
		`^mx\.example\.net$x`:                         false, // more behind the end
		`mx^\.example\.net$`:                          false,
		`^https://mx\.example\.net$`:                  false,
		`^mx\.\.example\.net$`:                        false,
		`^[A-Z]+\.example\.net$`:                      false,
		`^\*\.example\.net$`:                          false, // a wildcard is no expression
		`^mx_\S+@example\.net$`:                       false,
		`^localhost$`:                                 false,
		`[^\x00-\x{10FFFF}]\.example\.net$`:           false,
	} {
		if got := CanMatchHost(regexp.MustCompile(text)); got != want {
			t.Errorf("%s: %t, want %t", text, got, want)
		}
	}
}
