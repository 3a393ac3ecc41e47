package resolve

import (
	"net/netip"
	"strings"
	"testing"
)

func TestUnroutable(t *testing.T) {
	for addr, want := range map[string]bool{
		"10.1.2.3": true, "172.16.0.1": true, "172.32.0.1": false, "192.168.1.1": true, "127.0.0.1": true,
		"169.254.169.254": true,
		"100.64.0.1":      true, "100.128.0.1": false, "0.0.0.0": true, "224.0.0.1": true, "255.255.255.255": true,
		"198.18.0.1": true,
		"::":         true, "::1": true, "fe80::1": true, "fc00::1": true, "fd12::1": true, "ff02::1": true,
		"::ffff:10.0.0.1": true, "::ffff:8.8.8.8": false, "64:ff9b::7f00:1": true, "64:ff9b::808:808": false,
		"2002:7f00:1::1": true, "2002:808:808::1": false, "::127.0.0.1": true,
		// IPv4-translated (RFC 2765 2.1), and other forms outside 2000::/3, whatever they embed
		"::ffff:0:10.0.0.1": true, "::ffff:0:8.8.8.8": true, "::8.8.8.8": true, "1::1": true, "4000::1": true,
		"64:ff9b:1::808:808": true,
		"64:ff9b:2::1":       true, "100::1": true, "5f00::1": true, "fec0::1": true, "2001:0:808:808::1": true,
		"3fff::1": false,
		"2a00::1": false,
		// what clouds keep for their own machines
		"168.63.129.16": true, "168.63.129.17": false, "::ffff:168.63.129.16": true, "64:ff9b::a83f:8110": true,
		"2002:a83f:8110::1": true,
		"100.100.100.200":   true, "192.0.0.192": true, "fd00:ec2::254": true,
		"8.8.8.8": false, "2606:4700::1111": false, "192.0.2.1": false, "198.51.100.7": false, "203.0.113.9": false,
		"2001:db8::1": false,
	} {
		if got := Unroutable(netip.MustParseAddr(addr)); got != want {
			t.Errorf("Unroutable(%s) = %v, want %v", addr, got, want)
		}
	}
	if !Unroutable(netip.Addr{}) {
		t.Error("the zero address must be unroutable")
	}
}

func TestReadHints(t *testing.T) {
	got, err := ReadHints(strings.NewReader(`; a comment
.  518400 IN NS A.Root.Example.
.  NS b.root.example.
.  NS nowhere.example.
a.root.example. A 192.0.2.1
a.root.example. AAAA 2001:db8::1
b.root.example. 60 A 192.0.2.2
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Name != "a.root.example." || len(got[0].Glue) != 2 ||
		got[1].Glue[0].String() != "192.0.2.2" {
		t.Errorf("hints = %+v", got)
	}
	for _, bad := range []string{"", "not a zone file at all (", ". NS a.root.example.\n"} {
		if _, err := ReadHints(strings.NewReader(bad)); err == nil {
			t.Errorf("hints %q were accepted", bad)
		}
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{`plain`: "plain", `a\"b`: `a"b`, `\195\169`: "é", `tail\`: `tail\`,
		`\9`: "9"} {
		if got := unescape(in); got != want {
			t.Errorf("unescape(%q) = %q, want %q", in, got, want)
		}
	}
}
