package secrets

import (
	"os"
	"strings"
	"testing"
)

// TestTickets masks what people wrote into tickets. What is behind a line of testdata/tickets.txt must be gone,
// and nothing else.
func TestTickets(t *testing.T) {
	raw, err := os.ReadFile("testdata/tickets.txt")
	if err != nil {
		t.Fatal(err)
	}
	gone := []string{
		"Abc12345", "abc123", "abc123", "Spring2026", "Ab#12345", "hunter2", "hunter2", "hunter2", "hunter2", "hunter2",
		"hunter2", "hunter2", "MIICXAIBA", "", "",
		"LTAI5t abcd1234efgh5678", "abcd efgh", "abcd efgh", "Abc12345!", "Qwer!2345 abcdefghijklmnop xyzw-1234-abcd",
		"P@ssw0rd!2026 AKIAIOSF wJalrXUtn xoxb-1234",
		"Hunter2Hunter2 482913 110101199003077777", "dXNlckBle cGFzc3dvcmQ", "battery hunter2 1234", "Summer2026",
		"geheim123 secret99 himitsu1", "S3cretPass eyJhbGci",
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	if len(lines) != len(gone) {
		t.Fatalf("%d lines, %d answers", len(lines), len(gone))
	}
	for i, line := range lines {
		clean, found := Mask(line)
		if gone[i] == "" && clean != line {
			t.Errorf("%q holds no secret: %q", line, clean)
		}
		if gone[i] != "" && len(found) == 0 {
			t.Errorf("%q: none found", line)
		}
		for _, s := range strings.Fields(gone[i]) {
			if strings.Contains(clean, s) {
				t.Errorf("%q: %q stands in %q", line, s, clean)
			}
		}
		for _, stays := range []string{"healthy.example", "spf-typo.example", "550-5.7.26", "13800138000",
			"https://api.example.com", "mail.example.com/login", "text=en", "535 Error", "已发给同事", "还是登录不了", "does not work"} {
			if strings.Contains(line, stays) && !strings.Contains(clean, stays) {
				t.Errorf("%q: %q is gone: %q", line, stays, clean)
			}
		}
	}
}

// toldSecrets is lines in which people tell secrets, each between ⟦ and ⟧, in the ways in which people write them.
var toldSecrets = []string{
	"the pwd for bob@example.com: ⟦tr0ub4dor⟧, please check",
	"Password:\n⟦hunter2⟧\nthanks",
	"| Password | ⟦Wint3r!⟧ |",
	"**Password:** `⟦hunter⟧`",
	"Password = '⟦a b c d9⟧'",
	`{"user":"bob","password":"⟦p,assword⟧"}`,
	`{"smtpPassword": "⟦Zx9!kk⟧", "port": 465}`,
	"DB_PASSWORD=⟦s3cr3t⟧",
	"export SMTP_PASS=⟦hunterx⟧",
	"spring.mail.password=⟦abcDEF12⟧",
	"mail.smtp.password: ⟦qwerty⟧",
	"my password is ⟦Sunshine⟧.",
	"my new password is now ⟦sunshine99⟧",
	"password was changed to ⟦Autumn#26⟧ yesterday",
	"password reset to ⟦Welcome1⟧",
	"we set it to ⟦Winter2025!⟧ as the new password yesterday",
	"把密码重置为了 ⟦Zx12345678⟧ 之后仍失败",
	"Passwort ist ⟦Sommer24!⟧",
	"用 zhangsan / ⟦Zs@2025⟧ 登录失败",
	"why is my password ⟦Welcome1⟧ refused?",
	"I use ⟦Welcome1!⟧ as password",
	"⟦Tiger77⟧ is the password, it fails",
	"admin password -> ⟦Tiger77⟧",
	"user: bob pass: ⟦qwertz⟧",
	"login: bob@example.com / ⟦Tiger77⟧",
	"credentials admin/⟦Tiger77⟧ do not work",
	"username: root, password: ⟦toor⟧",
	"passphrase \"⟦correct horse battery staple⟧\"",
	"https://bob:⟦p%40ss⟧@imap.example.com/INBOX",
	"redis://:⟦topsecret⟧@10.0.0.1:6379/0",
	"imap.login('bob@example.com', password='⟦Tiger77⟧')",
	"swaks --to a@example.com --auth-user bob --auth-password ⟦tiger⟧ --server mx.example.com",
	"mysqldump -u root -p⟦tiger77⟧ mail",
	"openssl: a1 LOGIN bob@example.com ⟦Tiger77⟧",
	"USER bob\nPASS ⟦tiger⟧\n-ERR",
	"C: AUTH PLAIN ⟦AGJvYgBodW50ZXIy⟧\nS: 535 5.7.8 Error",
	"334 UGFzc3dvcmQ6\n⟦aHVudGVyMg==⟧\n535 Error: authentication failed",
	"PIN: ⟦4711⟧",
	"my PIN is ⟦4711⟧",
	"verification code ⟦482913⟧ does not work",
	"OTP ⟦482913⟧",
	"backup code: ⟦1234-5678⟧",
	"EPP code: ⟦aB3$kk9Zq⟧",
	"app-specific password ⟦abcd-efgh-ijkl-mnop⟧",
	"client_secret=⟦abcd1234efgh5678⟧&grant_type=x",
	"token: ⟦0123456789abcdef⟧",
	"the API token is ⟦9f8e7d6c5b4a3f2e⟧",
	"AccessKeySecret：⟦Kj8sdf7sdf6sdf5sdf4sdf3s⟧",
	"Cookie: ⟦sid=0123456789abcdef⟧",
	"curl -H 'X-Auth-Token: ⟦0123456789abcdef⟧' https://api.example.com",
	"GET https://example.com/hook?access_token=⟦0123456789abcdef⟧",
	"ldap userPassword: ⟦{SSHA}0123456789abcdef⟧",
	"bob:⟦$6$abcdefgh$ijklmnopqrstuvwxyz0123456789⟧:19000",
	"otpauth://totp/x?secret=⟦JBSWY3DPEHPK3PXP⟧&issuer=y",
	"private key: ⟦MC4CAQAwBQYDK2VwBCIEIAbCdEfGhIjKlMnOp⟧",
	"密码改为了⟦Spring26⟧，还是不行",
	"我的密码是⟦woaini1314⟧",
	"密码：⟦abc⟧。请帮忙",
	"密码（⟦Abc2026⟧）不对",
	"密码是“⟦Abc2026⟧”",
	"登录密码设置为⟦Abc@2026⟧了",
	"密码重置成⟦88888888⟧",
	"口令：⟦zhimakaimen⟧",
	"口令⟦Zm2026km⟧",
	"账号 admin@example.com 密码 ⟦Abc@2026⟧",
	"账号：admin / ⟦Abc@2026⟧",
	"用户名 zhang，密码 ⟦zhang123⟧，登录失败",
	"用⟦Abc@2026⟧作为密码登录",
	"⟦Abc@2026⟧是我的密码",
	"密码：⟦Ａｂｃ１２３４５⟧",
	"帳號 admin 密碼 ⟦Abc@2026⟧",
	"客户端专用密码：⟦a1b2c3d4e5f6g7h8⟧",
	"授权码为⟦QWERTYUIOPASDFGH⟧",
	"动态码 ⟦482913⟧ 过期",
	"转移密码：⟦aB3$kk9Zq⟧",
	"令牌：⟦0123456789abcdef⟧",
	"访问密钥 ⟦Kj8sdf7sdf6sdf5sdf4sdf3s⟧",
	"身份证号：⟦11010119900307123X⟧",
	"银行卡号 ⟦6222021234567890123⟧",
	"Kennwort lautet ⟦Geheim7⟧",
	"Das Passwort: ⟦geheim⟧",
	"le mot de passe est ⟦Soleil9⟧",
	"contraseña: ⟦secreto⟧",
	"senha = ⟦segredo1⟧",
	"пароль: ⟦secret9⟧",
	"пароль ⟦Секрет9⟧ не подходит",
	"비밀번호는 ⟦bimil123⟧ 입니다",
	"パスワードは⟦himitsu1⟧です",
	"mật khẩu là ⟦matkhau1⟧",
	"wachtwoord: ⟦geheimpje⟧",
	"hasło ⟦tajne123⟧",
}

// TestTold masks what words say to be secret.
func TestTold(t *testing.T) {
	for _, line := range toldSecrets {
		pieces := strings.FieldsFunc(line, func(r rune) bool { return r == '⟦' || r == '⟧' })
		text := strings.NewReplacer("⟦", "", "⟧", "").Replace(line)
		from := strings.Index(line, "⟦")
		secret, _, _ := strings.Cut(line[from+len("⟦"):], "⟧")
		want := line[:from] + mask + line[strings.Index(line, "⟧")+len("⟧"):]
		clean, found := Mask(text)
		if strings.Contains(clean, secret) || len(found) == 0 {
			t.Errorf("%q: %q stands in %q", text, secret, clean)
		} else if clean != want {
			t.Errorf("%q: %q, want %q (%d)", text, clean, want, len(pieces))
		}
		if again, _ := Mask(clean); again != clean {
			t.Errorf("%q: masked twice: %q, then %q", text, clean, again)
		}
	}
}
