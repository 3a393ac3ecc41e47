package secrets

import (
	"strings"
	"testing"
)

// written is texts with secrets between ⟦ and ⟧; ‖ is taken out, so that no line holds a key as it is.
var written = []string{
	"machine smtp.example.com login bob password ⟦bluebird⟧",
	"[smtp.example.com]:587 bob@example.com:⟦Blue7bird⟧",
	"poll imap.example.com proto imap user \"bob\" pass \"⟦bluebird⟧\"",
	"$mail->Password = '⟦bluebird⟧';",
	"server.login(\"bob@example.com\", \"⟦Blue7bird⟧\")",
	"auth: { user: 'bob@example.com', pass: '⟦blue-bird⟧' }",
	"new PasswordAuthentication(\"bob\", \"⟦Blue7bird⟧\")",
	"ConvertTo-SecureString \"⟦Blue7bird!⟧\" -AsPlainText -Force",
	"X-Postmark-Server-Token: ⟦0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d⟧",
	"加签密钥 ⟦SEC‖0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef⟧ 机器人不发消息",
	"飞书 app_id cli_a1b2c3d4e5 app_secret ⟦Zx9kQw3Er7Ty1Ui5Op2As4Df6Gh8Jk0L⟧",
	"Zoho refresh token ⟦1000.‖0123456789abcdef0123456789abcdef.fedcba9876543210fedcba9876543210⟧ is refused",
	"[Interface]\nPrivateKey = ⟦yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=⟧\nAddress = 192.0.2.2/32",
	"A01 AUTHENTICATE PLAIN ⟦AGJvYgBibHVlYmlyZA==⟧",
	"bob:⟦$y$j9T$abcdefghijklmnop$qrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUV⟧:19700:0:99999:7:::",
	"https://mail.example.com/login.php?user=bob&password=⟦bluebird⟧&lang=en does not work",
	"https://example.com/reset-password?token=⟦Zx9kQw3Er7Ty1Ui5Op2As4Df⟧ says expired",
	"The new one is ⟦Bluebird77⟧, I told everyone the password on the phone",
	"I have set the mailbox password back to ⟦Bluebird77⟧ for now and it still fails",
	"they texted me a verification code, ⟦402 913⟧, and it is refused",
	"recovery codes: ⟦a1b2c-d3e4f g5h6i-j7k8l⟧",
	"初始口令统一为⟦Wlb@2026⟧，用户登录报错",
	"临时把邮箱密码设为 ⟦lanniao77⟧ 还是连不上",
	"密码跟用户名一样都是 ⟦zhang2026⟧",
	"mm：⟦lanniao77⟧ 帮忙看看能不能登",
	"管理员账户 admin@example.com，pwd 是 ⟦Lan#niao7⟧",
	"短信收到的验证码 ⟦482-913⟧ 提示无效",
	"AccessKeySecret=⟦Zx9kQw3Er7Ty1Ui5Op2As4Df6Gh8Jk⟧ 调用 DirectMail 报 InvalidAccessKeyId",
	"SMTP 密码用的是 ⟦Blue7Bird9⟧，端口 465",
	"docker run -e MAIL_PASSWORD=⟦bluebird⟧ -e MAIL_USER=bob mailer:2.1",
	// the same kinds in other words
	"machine imap.example.net\n  login alice\n  password ⟦correcthorse⟧\n",
	"[mail.example.net] alice:⟦correcthorse⟧",
	"define( 'SMTP_PASS', '⟦correcthorse⟧' );",
	"imap.authenticate(\"alice\", \"⟦correct-horse⟧\")",
	"cred = NetworkCredential('alice@example.net', '⟦Horse4staple⟧', 'corp')",
	"smtp.auth('alice@example.net', '⟦Horse4staple⟧')",
	"net use \\\\files.example.net\\share ⟦Horse4staple⟧ /user:alice",
	"C: x7 AUTHENTICATE PLAIN ⟦AGFsaWNlAGhvcnNlNA==⟧",
	"https://portal.example.net/account/activate/⟦Qw3Er7Ty1Ui5Op2As4Df6Gh8⟧ opens a blank page",
	"https://portal.example.net/x?lang=de&key=⟦Qw3Er7Ty1Ui5Op2As4Df6Gh8⟧",
	"Nobody can sign in since I changed the password this morning. I set it to ⟦Horse4staple⟧ as on the old system.",
	"password of the scanner: no idea who chose it, try with ⟦Horse4staple⟧",
	"backup codes ⟦4f7k-92ms, 8qz2-11xd⟧ are not accepted",
	"your login code is ⟦771 204⟧",
	"所有人的密码先设为⟦Ma4shang⟧，登录还是报错",
	"密码忘了之后重置过，新的是 ⟦Ma4shang⟧，客户端连不上",
	"邮箱密码一律为 ⟦mashang2026⟧",
	"验证码发来是 ⟦771204⟧，输入后提示过期",
	"备用码：⟦4f7k-92ms 8qz2-11xd⟧",
	"mima是⟦mashang99⟧",
	"the password of Redis is ⟦hunter2x9⟧",
	"password for the old scanner was ⟦Xk29dk2⟧, please change it",
	// of whom it is, in other languages
	"Das Passwort für den Scanner lautet ⟦Xk29dk2⟧",
	"mot de passe de marie : ⟦Xk29dk2⟧",
	"la contraseña de la impresora es ⟦Xk29dk2⟧",
	"het wachtwoord van de printer is ⟦Xk29dk2⟧",
}

// innocent is texts that hold no secret.
var innocent = []string{
	"whoever runs it needs the password of Redis, and is not asked",
	"the password of Jenkins",
	"Das Passwort für den Scanner ist falsch",
	"le mot de passe de marie est oublié",
	"make the token with: `openssl rand -base64 32`",
	"API key: `vault read --field=value secret/mail`",
	"machine smtp.example.com login bob fails since Monday",
	"[smtp.example.com]:587 bob@example.com: connection refused",
	"poll imap.example.com proto imap user \"bob\" is ignored",
	"$mail->Password is empty, PHPMailer 6.9.1",
	"server.login() raises SMTPAuthenticationError(535, b'5.7.8 rejected')",
	"auth: { user: 'bob@example.com' } without pass",
	"the user must change the password at the next sign-in",
	"password policy: minimum 12 characters, 3 of 4 classes",
	"passwords expire after 90 days, next on 2026-12-24",
	"password length 12-64",
	"PasswordAuthentication no in sshd_config does not matter here",
	"token endpoint https://login.microsoftonline.com/common/oauth2/v2.0/token times out",
	"tokens are refreshed every 3600s",
	"TXT token for verification: google-site-verification=abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
	"ACME challenge token at _acme-challenge.example.com",
	"X-Spam-Score: 3.2, X-Mailer: Outlook16",
	"PublicKey = ed25519, see the DKIM record",
	"A01 OK AUTHENTICATE completed",
	"AUTHENTICATE PLAIN failed with code 0x80072EE2",
	"535-5.7.8 Username and Password not accepted. Learn more at https://support.google.com/mail/?p=BadCredentials d2e1a72fcca58-6eb1a4d0b1csm12345678b3a.12 - gsmtp",
	"https://mail.example.com/login.php?lang=en&user=bob shows an error",
	"https://example.com/reset-password is blocked by the filter",
	"the new one is mail2.example.com, the old one mail1.example.com",
	"I have set the TTL back to 3600 for now and it still fails",
	"they texted me that the code is wrong",
	"recovery email: bob@example.com",
	"backup codes are in the safe",
	"set it to SSL/TLS, port 993, user is the full address",
	"initial sync takes 48h",
	"key length 2048, selector s1, algorithm rsa-sha256",
	"KEY_ENTRY_NOT_FOUND appears at 10:32",
	"key: mail2026 is the selector",
	"the secret of good delivery is alignment",
	"Authorization failed for relay 192.0.2.77",
	"auth failure count 17, locked until 2026-11-26T12:00Z",
	"login attempts from 203.0.113.7 and 2001:db8::77",
	"pin the certificate sha256/AbCdEf is not used",
	"account ID 123456789012 at AWS, region ap-southeast-1",
	"case number 2611260030001234 at Microsoft",
	"queue ID 4XyZ9k1Qw2z9sPv, message-id <CAF0a1b2c3@mail.gmail.com>",
	"初始密码统一由管理员下发",
	"把邮箱密码设为永不过期",
	"密码跟用户名不能一样",
	"密码至少 8 位，含大小写字母",
	"密码 8-20 位",
	"管理员账户 admin@example.com，登录时报 535",
	"短信验证码一直收不到，手机 139****0000",
	"验证码输入 3 次后提示频繁",
	"AccessKeySecret 填错了，报 SignatureDoesNotMatch",
	"SMTP 密码用的是授权码，不是登录密码",
	"SMTP 端口 465，加密 SSL，账号 bob@example.com",
	"授权码 16 位，在设置里生成",
	"钉钉机器人加签怎么配置",
	"密钥长度 2048，选择器 s20261126",
	"令牌 30 分钟过期，提示 40014",
	"口令红包邮件被拦截",
	"密码框里自动填充 Chrome131",
	"工单 GD2026112600123 已提交，客服说改密码",
	"企业账号 UID 1234567890123456",
	"登录 Outlook2021 提示密码错误 0x800CCC92",
	// near the same kinds
	"yyyy-MM-dd HH:mm:ss.SSS logs the password screen",
	"the password works on webmail; the server is now mx2.example.com",
	"password unchanged, the new one is Outlook2021 on Windows11",
	"password is fine, it is now 10:32 and still no mail",
	"we use the password vault and log in with OAuth2",
	"密码没有问题，现在是 Outlook2019 登录不上",
	"密码重置后现在是 10:32 仍然收不到",
	"改成 mx2.example.com 之后密码正确也登录不了",
	"net use fails with error 1219",
	"https://portal.example.net/account/activate/ opens a blank page",
	"https://help.example.net/hc/articles/360012345678-verify-your-domain-in-the-console",
	"https://portal.example.net/verify/domain-ownership-of-your-company",
	"https://www.example.net/x?key=selector1-domainkey-of-the-company",
	"verification code was sent, server answers error 550 571",
	"[mail.example.net] alice: mailbox full",
	"[192.0.2.1]:25 said:550 rejected",
	"define('SMTP_HOST', 'smtp.example.net')",
	"login('alice', timeout)",
	"backup codes are e-mailed by the provider",
	"恢复码在哪里下载",
	"size in mm: 200",
	"set it to reject after the password change",
}

// TestWritten holds each text to what is marked in it, and masks nothing else.
func TestWritten(t *testing.T) {
	for _, line := range written {
		line = strings.ReplaceAll(line, "‖", "")
		text := strings.NewReplacer("⟦", "", "⟧", "").Replace(line)
		clean, found := Mask(text)
		ok := len(found) > 0
		rest := line
		for {
			_, after, more := strings.Cut(rest, "⟦")
			if !more {
				break
			}
			secret, behind, _ := strings.Cut(after, "⟧")
			ok, rest = ok && !strings.Contains(clean, secret), behind
		}
		for i, part := range strings.FieldsFunc(line, func(r rune) bool { return r == '⟦' || r == '⟧' }) {
			if outside := strings.HasPrefix(line, "⟦") == (i%2 == 1); outside && !strings.Contains(clean, part) {
				ok = false
			}
		}
		if !ok {
			t.Errorf("%q: %q, %v", text, clean, found)
		}
	}
	for _, text := range innocent {
		if clean, found := Mask(text); clean != text {
			t.Errorf("%q holds no secret: %q, %v", text, clean, found)
		}
	}
}
