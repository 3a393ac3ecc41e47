package secrets

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestNothingElse masks nothing in what is public: domains, addresses, message ids, records, what guides and
// bounces say.
func TestNothingElse(t *testing.T) {
	var texts []string
	for _, glob := range []string{"../../kb/guides/*/*.md", "../../kb/testdata/bounces/collected/*", "../../README.md",
		"../../docs/*.md"} {
		names, err := filepath.Glob(glob)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v, %v", glob, names, err)
		}
		for _, name := range names {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, strings.Split(string(raw), "\n")...)
		}
	}
	guides := len(texts)
	texts = append(texts, made(rand.New(rand.NewPCG(1, 2)))...)
	texts = append(texts, harmless...)
	for i, text := range texts {
		if clean, found := Mask(text); clean != text && !strings.Contains(text, "hunter2") {
			t.Errorf("%d of %d: %q: %q, %v", i, guides, text, clean, found)
		}
	}
	if len(texts)-guides < 1000 {
		t.Errorf("%d texts", len(texts)-guides)
	}
}

// made is domains, addresses, message ids and records, alone and behind words that make one look for a secret.
func made(r *rand.Rand) (out []string) {
	letters := func(n int, from string) string {
		var b strings.Builder
		for range n {
			b.WriteByte(from[r.IntN(len(from))])
		}
		return b.String()
	}
	const low, b64 = "abcdefghijklmnopqrstuvwxyz0123456789",
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	tlds := []string{"com", "cn", "com.cn", "net", "org", "example", "co.uk", "io", "de", "中国", "test", "xn--fiqs8s"}
	before := []string{"", "open ", "password of ", "密码 ", "密码：", "secret ", "token ", "login ", "the mailbox ", "域名：",
		"账号：", "账号 ", "password: "}
	pick := func(from []string) string { return from[r.IntN(len(from))] }
	for range 260 {
		domain := letters(1, low[:26]) + letters(3+r.IntN(12), low) + "." + pick(tlds)
		out = append(out,
			pick(before)+domain,
			pick(before)+letters(1, low[:26])+letters(2+r.IntN(8), low+"._-")+"x@"+domain,
			"Message-ID: <"+letters(8, b64)+"."+letters(10, low)+"@"+domain+">",
			pick([]string{
				"v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" + letters(60, b64) + "IDAQAB",
				"v=spf1 include:_spf." + domain + " ip4:192.0.2." + letters(2, "123456789") + " -all",
				"google-site-verification=" + letters(43, b64), "MS=ms" + letters(8, "0123456789"),
				"v=DMARC1; p=reject; rua=mailto:d@" + domain,
				"alibaba-site-verification=" + letters(32, b64),
				"DKIM-Signature: v=1; a=rsa-sha256; bh=" + letters(43, b64) + "=; b=" + letters(80, b64),
				"TXT 记录值：" + "aliyun-site-verification=" + letters(20, b64), "queue id " + letters(10, "0123456789ABCDEF"),
				"HELO mx" + letters(2, "123") + "." + domain,
				fmt.Sprintf("密码错误 %d 次，工单 %s", 1+r.IntN(9), letters(10, "0123456789ABCDEF")),
				"ticket 0003" + letters(6, low) + " about the password",
				"公钥 p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ" + letters(40, b64),
			}))
	}
	return out
}

// harmless is sentences about passwords, codes and keys that hold none.
var harmless = []string{
	"/mailcase open secretariat.example", "mail password changed yesterday, users cannot sign in", "用户忘记密码，无法登录",
	"the password is wrong", "password is rejected since this morning",
	"password: incorrect", "Outlook keeps asking for my password even though it works on webmail", "Foxmail 一直提示密码错误",
	"管理员密码忘了怎么登录", "outlook 反复弹出输入密码", "密码是什么", "密码是否正确",
	"密码：忘了", "password reset does not work", "the auth code does not come", "验证码收不到", "验证码收不到，2026-11-26 起",
	"PIN pad broken", "spf=pass smtp.mailfrom=bounce.example.com", "dkim=pass header.i=@example.com header.s=sel2048",
	"Authentication-Results: mx.example.com; spf=pass (sender 192.0.2.1) smtp.mailfrom=a@example.com; dkim=pass header.d=example.com header.b=Ab12Cd34",
	"250-AUTH LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH",
	"535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", "535 Error: authentication failed",
	"authentication: password, cleartext",
	"account example.com/user1 is over quota", "登录 mx01.example.net / 端口 993 失败", "auth LOGIN PLAIN advertised",
	"key rollover 2025-11 selector s2025", "api key missing in request 4021",
	"password must have 8 characters, one digit", "8-character password", "the private key is missing",
	"private key of the DKIM selector", "DKIM 私钥丢失", "DKIM 密钥 2048 位", "DKIM key 2048bit", "token expired",
	"the token has expired at 2026-11-26T10:00:00Z", "secret santa mail was blocked", "api key is not needed",
	"bearer of the message", "error code: 550 5.7.26", "reply code=550", "code: 5.7.708", "error code 5.7.139",
	"登录 https://qiye.aliyun.com 后重置密码", "login at https://mail.example.com/login?next=inbox",
	"login bob@example.com fails", "login fails / password is wrong", "用户名 zhang 登录失败", "账号 zhang / 邮箱 li 都登录不了",
	"账号：postmaster@example.com", "mailto:bob@example.com", "smtp:bob2026@example.com", "rfc822;bob77@example.com",
	"SMTP:Bob7@example.com", "user bob@example.com / alice@example.com cannot send", "telnet mx.example.com:25",
	"https://example.com:8443/path?mail=bob@example.com", "password for Office365 was changed",
	"the password of outlook2019 is asked again", "修改密码后 Outlook2016 无法登录", "密码 3 次错误", "密码错误5次后锁定30分钟",
	"密码修改时间 2026-11-26 10:00",
	"password changed 2026-11-26", "phone 13800138000", "call 95187 and press 1", "工单号 A12345", "ticket 0003Y5YJCP",
	"Return-Path: <bounce+0a1b2c3d4e@example.com>", "X-Mailer: Foxmail 7.2.25",
	"Received: by mx1 with ESMTP id 4F2Bk93Jz1z9v",
	"uses a password manager", "the password that they have sent", "the app password does only work once",
	"app password must be made anew", "应用专用密码在哪里生成", "授权码怎么获取", "密码与安全", "登录 > 安全 > 密码", "重置密码 → 管理后台",
	"password → security",
	"set the password to something long", "change password to a new one", "keys: selector1 and selector2",
	"key1._domainkey.example.com", "CNAME selector1-example-com._domainkey.example.onmicrosoft.com",
	"transfer code is needed at the registrar", "域名转移密码在哪里获取", "身份证照片怎么上传", "发票抬头和卡号", "credit card was declined",
	"IBAN is needed", "Passwort vergessen", "mot de passe oublié", "パスワードを忘れた", "パスワードは正しいです", "비밀번호를 잊어버렸어요",
	"DNSKEY 256 3 13 oJB1W6WNGv+ldvQ3WDG0MQkg5IEhjRip8WTrPYGv07h108dUKGMeDPKijVCHX3DDKdfb+v6oB9wfuh3DTJXUAf",
	"TLSA 3 1 1 0b9fa5a59eed715c26c1020c711b4f6ec42d58b0015e14337a39dad301c5afc3", "MTA-STS id=20261126T100000",
	"Diagnostic-Code: smtp; 550 5.7.1 [192.0.2.1] Our system has detected that this message is likely unsolicited mail",
	"pass", "password", "密码", "密码：", "password=", "password: ***", "pwd=${SMTP_PASSWORD}", "password: <your password>",
	"密码：xxxxxx",
}

// TestLinear holds the time to the length of the text, and to no more.
func TestLinear(t *testing.T) {
	for _, piece := range []string{"password ", "密码", "密码：", "a", "\"", "login a / ", "-----BEGIN PRIVATE KEY-----",
		"AUTH LOGIN ", "abcd ", "://a:", "=", "x:y@", "是", "password is is is is ", "：", "key-", "$6$"} {
		start := time.Now()
		Mask(strings.Repeat(piece, 100_000/len(piece)))
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%q: %v", piece, took)
		}
	}
}

// FuzzMask masks what is left of a text no further, and breaks on nothing.
func FuzzMask(f *testing.F) {
	f.Add("密码：Ａｂｃ１２ password: hunter2")
	f.Add("\xff密码\xff是\xffabc123")
	f.Fuzz(func(t *testing.T, text string) {
		clean, found := Mask(text)
		if len(found) == 0 && clean != text {
			t.Errorf("%q: %q", text, clean)
		}
	})
}
