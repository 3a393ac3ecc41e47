//go:build linux

package interop

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// startPostfix is a mail host at each of the two addresses, with the certificates that the TLSA records of
// signed.example are for.
func (w *world) startPostfix() *x509.CertPool {
	t := w.t
	services := ""
	for i, addr := range mailHosts {
		host := fmt.Sprintf("mx%d.signed.example", i+1)
		cert, err := w.lab.Certificate(host)
		if err != nil {
			t.Fatal(err)
		}
		key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
		for _, der := range cert.Certificate {
			text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
		}
		file := w.write("postfix/"+host+".pem", string(text))
		services += fmt.Sprintf("%s:25 inet n - n - - smtpd -o smtpd_tls_chain_files=%s -o myhostname=%s\n", addr, file, host)
	}
	for _, d := range []string{"postfix/queue", "postfix/data"} {
		if err := os.MkdirAll(filepath.Join(w.dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.run("chown", "postfix", filepath.Join(w.dir, "postfix/data"))
	w.write("postfix/main.cf", fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/postfix/queue
data_directory = %[1]s/postfix/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = %[1]s/postfix.log
maillog_file_prefixes = %[1]s
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = all
inet_protocols = ipv4
mydestination =
local_recipient_maps =
smtpd_tls_security_level = may
smtpd_tls_protocols = >=TLSv1.2
smtpd_client_restrictions =
smtpd_peername_lookup = no
alias_maps =
`, w.dir))
	w.write("postfix/master.cf", services+`postlog unix-dgram n - n - 1 postlogd
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
cleanup unix n - n - 0 cleanup
`)
	for dir := w.dir; dir != "/" && dir != os.TempDir(); dir = filepath.Dir(dir) { // Postfix's own user walks in
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, addr := range mailHosts {
		w.run("ip", "addr", "add", addr+"/32", "dev", "lo")
	}
	conf := filepath.Join(w.dir, "postfix")
	w.run("postfix", "-c", conf, "start")
	t.Cleanup(func() { _ = exec.Command("postfix", "-c", conf, "stop").Run() })
	for _, addr := range mailHosts {
		w.await(addr+":25", "postfix")
	}
	pool, err := w.lab.CertPool()
	if err != nil {
		t.Fatal(err)
	}
	return pool
}
