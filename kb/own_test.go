package kb

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/language"
)

func writeOwn(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, "providers", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

const ownManager = `channels:
- kind: manager
  number: '+86 10 5550 0100'
  languages: [zh, en]
  hours: {zone: Asia/Shanghai, days: mon-fri, open: '09:00', close: '18:00'}
  seen: '2026-11-23'
  confidence: own
`

// TestOwn puts an organisation's own files on top: a channel more, a provider more, and the built-in facts stay.
func TestOwn(t *testing.T) {
	dir := t.TempDir()
	writeOwn(t, dir, "alimail.yaml", ownManager)
	writeOwn(t, dir, "our-mail.yaml",
		"names: {en: Our Mail, zh: 我们的邮箱}\nmx: ['^mx\\.our\\.example$']\n"+strings.ReplaceAll(ownManager, "manager", "chat"))
	b, err := LoadWith(dir)
	if err != nil {
		t.Fatal(err)
	}
	ranked := b.Rank(Situation{Provider: "alimail", Language: "zh", Urgent: true}, aMonday)
	if len(ranked) == 0 || ranked[0].Channel.Kind != Manager && ranked[1].Channel.Kind != Manager {
		t.Errorf("the account manager is not among the first: %+v", ranked)
	}
	if b.Provider("alimail").MX == nil || b.ProviderName(language.Chinese, "our-mail") != "我们的邮箱" {
		t.Error("built-in facts were lost, or own ones not taken")
	}
	plain, err := Load()
	if err != nil || len(plain.Provider("alimail").Channels) >= len(b.Provider("alimail").Channels) {
		t.Errorf("own files leak into the built-in knowledge: %v", err)
	}
}

// TestOwnFaults names file, line and field of what is wrong.
func TestOwnFaults(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"alimail.yaml", "chanels: []\n", "line 1: field chanels not found"},
		{"alimail.yaml", "\n" + strings.Replace(ownManager, "manager", "pigeon", 1),
			`line 3: channel 1 (pigeon): kind "pigeon" is none of phone`},
		{"alimail.yaml", strings.Replace(ownManager, "Asia/Shanghai", "Asia/Peking", 1),
			`no such time zone: "Asia/Peking". For example: Asia/Shanghai`},
		{"alimail.yaml", strings.Replace(ownManager, "'2026-11-23'", "yesterday", 1), `seen "yesterday" must be a date`},
		{"alimail.yaml", "channels:\n- {kind: phone, url: 'http://x', seen: '2026-11-23', confidence: own}\n",
			"a phone needs a number"},
		{"alimail.yaml", "channels:\n- {kind: phone, number: '+1 800 555 0100', seen: '2026-11-23', confidence: secondary}\n",
			"a fact needs its source"},
		{"new.yaml", ownManager, "a new provider needs names"},
		{"alimail.yaml", "id: other\n", `its id is "other"`},
		{"alimail.yaml", "channels: [\n", "yaml:"},
	} {
		dir := t.TempDir()
		writeOwn(t, dir, c.name, c.text)
		_, err := LoadWith(dir)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.name) {
			t.Errorf("%q: %v, want %s and %q", c.text, err, c.name, c.want)
		}
	}
	if _, err := LoadWith(filepath.Join(t.TempDir(), "nowhere")); err == nil ||
		!strings.Contains(err.Error(), "is no folder") {
		t.Error(err)
	}
}

// TestLive reads changed files, keeps the last good state while they are broken, and says so.
func TestLive(t *testing.T) {
	dir := t.TempDir()
	writeOwn(t, dir, "alimail.yaml", "channels: [\n")
	l, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	clock := time.Now()
	l.now = func() time.Time { return clock }
	count := func() int {
		clock = clock.Add(2 * time.Second)
		return len(l.Base().Provider("alimail").Channels)
	}
	builtin := count()
	if l.Err() == nil {
		t.Error("a broken file at the start is not reported")
	}
	writeOwn(t, dir, "alimail.yaml", ownManager)
	if n := count(); n != builtin+1 || l.Err() != nil {
		t.Errorf("%d channels, %v; want %d", n, l.Err(), builtin+1)
	}
	writeOwn(t, dir, "alimail.yaml", ownManager+"x: 1\n")
	if n := count(); n != builtin+1 || l.Err() == nil {
		t.Errorf("a broken file: %d channels, %v", n, l.Err())
	}
	if err := os.Remove(filepath.Join(dir, "providers", "alimail.yaml")); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != builtin || l.Err() != nil {
		t.Errorf("after it has gone: %d channels, %v", n, l.Err())
	}
}
