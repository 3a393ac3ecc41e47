package cli

import "testing"

// TestDebugAddress lets the program be profiled on loopback alone, unless somebody says that more is meant.
func TestDebugAddress(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "dns": "", "127.0.0.1:6060": "127.0.0.1:6060", "dns,[::1]:6060": "[::1]:6060",
		"localhost:0": "localhost:0", "127.9.9.9:1, dns": "127.9.9.9:1", "[::ffff:127.0.0.1]:1": "[::ffff:127.0.0.1]:1",
		"0.0.0.0:6060,public": "0.0.0.0:6060", "public :6060": ":6060",
	} {
		if got, err := debugAddress(text); got != want || err != nil {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{":6060", "0.0.0.0:6060", "[::]:6060", "10.0.0.1:6060", "192.0.2.1:6060", "host:6060",
		"[::ffff:192.0.2.1]:1", "6060", "127.0.0.1", "dnss", "127.0.0.1:1,127.0.0.1:2", "localhost.example.com:1"} {
		if got, err := debugAddress(text); err == nil {
			t.Errorf("%q: %q", text, got)
		}
	}
	if w := debugWords("127.0.0.1:6060,dns"); !w["dns"] || debugWords("127.0.0.1:6060")["dns"] {
		t.Errorf("%v", w)
	}
}
