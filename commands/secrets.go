package commands

import "regexp"

// secrets are the shapes of what must not go into a ticket, and the word for each in the catalogue ("secret.password").
var secrets = []struct {
	kind    string
	pattern *regexp.Regexp
	keep    string // what stays of a match
}{
	{"key", regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`), ""},
	{"token", regexp.MustCompile(`\b(?:xox[abeprs]-[\w-]{8,}|xapp-[\w-]{8,}|gh[opsu]_\w{20,}|sk-[\w-]{16,}|AKIA[0-9A-Z]{12,}|LTAI[0-9A-Za-z]{12,}|eyJ[\w-]{10,}\.[\w-]{5,}\.[\w-]*)`), ""},
	{"token", regexp.MustCompile(`(?i)(\b(?:bearer|api[_-]?key|access[_-]?key(?:[_-]?(?:id|secret))?|secret|token)\s*[:=：]?\s*)["']?[\w+/=.-]{8,}["']?`), "$1"},
	{"code", regexp.MustCompile(`(?i)((?:授权码|验证码|动态码|verification code|auth(?:orization)? code|one-time (?:code|password)|otp)\s*(?:is|是|为)?\s*[:=：]?\s*)(?:[A-Za-z]{0,31}\d[A-Za-z0-9]{3,31}|[a-z]{16})\b`), "$1"},
	{"code", regexp.MustCompile(`(?i)(\b(?:code|pin)=)\d{4,8}\b`), "$1"},
	{"password", regexp.MustCompile(`(?i)(\b(?:password|passwd|pwd|passphrase)\b\s*(?:is\s+|[:=：]\s*)|(?:密码|口令)\s*(?:是|为|[:=：])\s*)[^\s,;，；。]{3,64}`), "$1"},
}

// withoutSecrets takes passwords, tokens, codes and keys out of a text, and says which kinds there were.
func withoutSecrets(text string) (clean string, kinds []string) {
	seen := map[string]bool{}
	for _, s := range secrets {
		if s.pattern.MatchString(text) {
			text = s.pattern.ReplaceAllString(text, s.keep+"***")
			if !seen[s.kind] {
				seen[s.kind] = true
				kinds = append(kinds, s.kind)
			}
		}
	}
	return text, kinds
}
