package cli

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// call carries out a command line as a shell would, in an environment that says nothing.
func call(t *testing.T, input string, args ...string) (code int, out, errs string) {
	t.Helper()
	for _, name := range []string{"SIGNPOST_RESOLVERS", "SIGNPOST_ROOT_HINTS", "SIGNPOST_LANG", "SIGNPOST_DATA",
		"SIGNPOST_DEBUG", "REDIS_URL"} {
		t.Setenv(name, "")
	}
	t.Setenv("LANG", "C")
	var o, e bytes.Buffer
	code = Run(t.Context(), System{In: strings.NewReader(input), Out: &o, Err: &e}, args)
	return code, o.String(), e.String()
}

// build builds the program, and gives the way to it.
func build(t *testing.T, flags ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "signpost")
	args := append(append([]string{"build", "-o", path}, flags...), "signpost")
	if said, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return path
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--help"}, 0, "SIGNPOST_ROOT_HINTS"},
		{[]string{}, 2, "For example"},
		{[]string{"nonsense"}, 2, "For example"},
		{[]string{"check"}, 2, "For example"},
		{[]string{"check", "--only", "magic", "example.com"}, 2, "There are: delegation, registration"},
		{[]string{"check", "--resolver", "no such host", "example.com"}, 2, "For example"},
		{[]string{"check", "--root-hints", "/nonexistent", "example.com"}, 2, "nonexistent"},
		{[]string{"check", "--timeout", "-1s", "example.com"}, 2, "--timeout"},
		{[]string{"check", "--lang", "!!", "example.com"}, 2, "--lang zh"},
		{[]string{"check", "--source-ip", "nonsense", "example.com"}, 2, "For example"},
		{[]string{"spf", "--ip", "192.0.2.1"}, 2, "whose record"},
		{[]string{"version"}, 0, "signpost "},
		{[]string{"--version"}, 0, "signpost "},
		{[]string{"check", "--version"}, 0, "signpost "},
		{[]string{"help"}, 0, "SIGNPOST_ROOT_HINTS"},
		{[]string{"help", "spf"}, 0, "--mail-from"},
		{[]string{"help", "cases", "export"}, 0, "--team"},
		{[]string{"help", "nonsense"}, 2, "For example"},
	} {
		code, out, errs := call(t, "", c.args...)
		if code != c.code || !strings.Contains(out+errs, c.want) {
			t.Errorf("%v: exit %d, want %d with %q:\n%s%s", c.args, code, c.code, c.want, out, errs)
		}
	}
}

// TestBuiltVersion holds that the version given at the build reaches the person, and that main ends with the code of
// its command.
func TestBuiltVersion(t *testing.T) {
	path := build(t, "-ldflags", "-X main.version=v7.8.9")
	if out, err := exec.CommandContext(t.Context(), path, "--version").CombinedOutput(); err != nil ||
		string(out) != "signpost v7.8.9\n" {
		t.Errorf("%v: %s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), path, "nonsense")
	if _ = cmd.Run(); cmd.ProcessState.ExitCode() != 2 {
		t.Errorf("exit %d", cmd.ProcessState.ExitCode())
	}
}

func TestDemoConsole(t *testing.T) {
	code, out, errs := call(t, "/mailcheck missing-dot.example\n", "console", "--demo", "--lang", "zh")
	if code != 0 || !strings.Contains(out, "末尾缺少一个点") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

// resolver is a recursive resolver on loopback that knows a few records: name, type and data parted by spaces.
func resolver(t *testing.T, records ...string) string {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
			m.RCode = dnsmessage.RCodeNameError
			for _, r := range records {
				f := strings.SplitN(r, " ", 3)
				if !strings.EqualFold(f[0], m.Questions[0].Name.String()) {
					continue
				}
				m.RCode = dnsmessage.RCodeSuccess
				if body := data(f[1], f[2]); m.Questions[0].Type == types[f[1]] {
					m.Answers = append(m.Answers, dnsmessage.Resource{
						Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: m.Questions[0].Type,
							Class: dnsmessage.ClassINET, TTL: 60}, Body: body,
					})
				}
			}
			if wire, err := m.Pack(); err == nil {
				_, _ = pc.WriteTo(wire, from)
			}
		}
	}()
	return pc.LocalAddr().String()
}

var types = map[string]dnsmessage.Type{"TXT": dnsmessage.TypeTXT, "MX": dnsmessage.TypeMX, "A": dnsmessage.TypeA}

func data(kind, text string) dnsmessage.ResourceBody {
	switch kind {
	case "TXT":
		return &dnsmessage.TXTResource{TXT: []string{text}}
	case "MX":
		return &dnsmessage.MXResource{Pref: 5, MX: dnsmessage.MustNewName(text)}
	}
	return &dnsmessage.AResource{A: [4]byte(net.ParseIP(text).To4())}
}

func TestSPFCommand(t *testing.T) {
	at := resolver(t, "shop.test. TXT v=spf1 include:s.shop.test -all exp=why.shop.test",
		"s.shop.test. TXT v=spf1 ip4:192.0.2.0/24 -all", "why.shop.test. TXT no mail from %{i}")
	for ip, want := range map[string]string{"192.0.2.7": "pass", "203.0.113.9": "fail"} {
		code, out, errs := call(t, "", "spf", "--ip", ip, "--mail-from", "a@shop.test", "--json", "--resolver", at)
		var v struct {
			Result, Explanation string
			Lookups, Voids      int
			Trace               []struct{ Term, Question, Rcode, Server string }
		}
		if err := json.Unmarshal([]byte(out), &v); err != nil || code != 0 {
			t.Fatalf("exit %d, %v: %s%s", code, err, out, errs)
		}
		if v.Result != want || v.Lookups != 1 || len(v.Trace) < 4 || v.Trace[0].Server != at ||
			v.Trace[0].Rcode != "NOERROR" {
			t.Errorf("%s: %+v", ip, v)
		}
		if want == "fail" && v.Explanation != "no mail from 203.0.113.9" {
			t.Errorf("explanation %q", v.Explanation)
		}
	}
}

// TestSPFExitCode: a result is the answer, whatever it says; that none could be reached is an exit code of its own.
func TestSPFExitCode(t *testing.T) {
	at := resolver(t, "shop.test. TXT v=spf1 -all", "broken.test. TXT v=spf1 inlude:shop.test -all")
	for _, c := range []struct {
		resolver, domain, result string
		code                     int
	}{
		{at, "shop.test", "fail", 0},
		{at, "broken.test", "permerror", 0},
		{at, "nowhere.test", "none", 0},
		{"127.0.0.1:1", "shop.test", "temperror", 3},
	} {
		for _, form := range [][]string{{"--json"}, nil} {
			args := append([]string{"spf", "--ip", "192.0.2.7", "--resolver", c.resolver, c.domain}, form...)
			if code, out, errs := call(t, "", args...); code != c.code || !strings.Contains(out, c.result) || errs != "" {
				t.Errorf("%s %v: exit %d, want %d with %s:\n%s%s", c.domain, form, code, c.code, c.result, out, errs)
			}
		}
	}
}

func TestCheckThroughAResolver(t *testing.T) {
	at := resolver(t, "shop.test. TXT v=spf1 mx", "shop.test. MX mx.shop.test.", "mx.shop.test. A 192.0.2.80")
	code, out, errs := call(t, "", "check", "shop.test", "--json", "--resolver", at, "--only", "mx,spf", "-v")
	if code != 1 || !strings.Contains(out, `"spf.no-all"`) || !strings.Contains(out, `"verdict":"problems"`) {
		t.Errorf("exit %d: %s", code, out)
	}
	if !strings.Contains(errs, "shop.test. TXT") || !strings.Contains(errs, at) {
		t.Errorf("-v printed %s", errs)
	}
	if code, out, _ := call(t, "", "check", "nowhere.test", "--resolver", at, "--only", "mx"); code != 1 ||
		!strings.Contains(out, "nowhere.test") {
		t.Errorf("an unknown domain: exit %d: %s", code, out)
	}
}

// TestNoNetwork holds that a place without network says so, soon, and says nothing about the domain.
func TestNoNetwork(t *testing.T) {
	dead, err := net.ListenPacket("udp", "127.0.0.1:0") // takes questions and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer dead.Close()
	hints := filepath.Join(t.TempDir(), "hints")
	if err := os.WriteFile(hints, []byte(". 3600000 NS a.root.\na.root. 3600000 A 127.0.0.1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"a resolver that refuses the connection": {"--resolver", "127.0.0.1:1"},
		"a resolver that is silent":              {"--resolver", dead.LocalAddr().String()},
		"roots out of reach":                     {"--root-hints", hints},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			code, out, errs := call(t, "", append([]string{"check", "example.com"}, args...)...)
			if took := time.Since(start); code != 3 || took > 5*time.Second ||
				!strings.Contains(out, "nothing could be checked") || strings.Contains(out, "does not exist") {
				t.Errorf("exit %d after %v: %s%s", code, took, out, errs)
			}
		})
	}
	t.Run("no interface but loopback", func(t *testing.T) {
		cmd := exec.Command("unshare", "--net", "--map-root-user", build(t), "check", "example.com", "--json")
		start := time.Now()
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil || strings.Contains(string(out), "unshare:") {
			t.Skipf("left out: needs unshare and user namespaces: %v %s", err, out)
		}
		if code := cmd.ProcessState.ExitCode(); code != 3 || time.Since(start) > 5*time.Second ||
			!strings.Contains(string(out), `"verdict":"unknown"`) {
			t.Errorf("exit %d: %s", code, out)
		}
	})
}
