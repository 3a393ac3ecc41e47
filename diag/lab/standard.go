package lab

import (
	"embed"
	"fmt"
	"path"
	"strings"
)

//go:embed zones/*.zone
var standardZones embed.FS

// goodKey is the TXT data of a 2,048-bit RSA key record.
const goodKey = `"v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqb3d8u9secMI2ggob4BvMMW2hVaFa44Idw7QWEthqlsAtLi0xllPT96EnFb/1sexhVaCk42rtoPyYAlrcr6k0abf9sFt6VF12wvoXQKqM1K1voA1pMCAxFYHZch8DDwfFZwot+BxCoEuy+rMJsIWpIM6C75hpYmFX3XSz/G/O6qKTmK2P01zjmXNA3vd" "e5prvbcv02NKbjZ5/KrJ/HGc1SCnz1TaIw2HsQuBRtDTzwZ8X3CK88vc6jdcxXpZKEBbB/kbsYj7tofkGqb9BGI+xU8vfDAIc+ZVs6pH2NxWfO/X9QCZYdp4jhr09t3ASTTiYcyOmEIlrCfwQbd2a6cIGwIDAQAB"`

// healthyParts is what a ";! with" line adds to a zone, so that a zone of the lab shows its fault and nothing else.
var healthyParts = map[string]string{
	"mx":    "@ MX 10 mx1\n@ MX 20 mx2\nmx1 A 192.0.2.80\nmx2 A 198.51.100.80\n",
	"spf":   "@ TXT \"v=spf1 mx -all\"\n",
	"dkim":  "default._domainkey TXT " + goodKey + "\n",
	"dmarc": "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:postmaster@%s\"\n",
}

// withHealthy adds the parts that a zone's ";! with" lines name.
func withHealthy(origin, text string) (string, error) {
	var b strings.Builder
	b.WriteString(text)
	b.WriteString("\n")
	for line := range strings.Lines(text) {
		parts, ok := strings.CutPrefix(strings.TrimSpace(line), ";! with:")
		if !ok {
			continue
		}
		for _, p := range strings.Fields(parts) {
			if healthyParts[p] == "" {
				return "", fmt.Errorf("no such healthy part: %s", p)
			}
			b.WriteString(strings.ReplaceAll(healthyParts[p], "%s", origin))
		}
	}
	return b.String(), nil
}

// standardTexts reads the built-in zones: one file each, named for its zone.
func standardTexts() (map[string]string, error) {
	files, err := standardZones.ReadDir("zones")
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	out := map[string]string{}
	for _, f := range files {
		text, err := standardZones.ReadFile(path.Join("zones", f.Name()))
		if err != nil {
			return nil, fmt.Errorf("lab: %w", err)
		}
		out[strings.TrimSuffix(f.Name(), ".zone")] = string(text)
	}
	return out, nil
}

// unregistered is a domain of the lab that no zone is for.
var unregistered = Domain{Name: "not-registered.example", Fault: "the domain is not registered",
	Codes: []string{"delegation.nxdomain"}}

// rooms is the order in which the demo lists the domains: by the part that is faulty.
var rooms = []string{"healthy", "registration", "delegation", "zone", "propagation", "dnssec", "mx", "spf", "dkim",
	"dmarc", "mtasts", "tlsrpt", "bimi", "smtp", "dane", "caa", "ptr", "dnsbl", "client", "unknown"}

func (d Domain) room() string {
	if len(d.Codes) == 0 {
		return "healthy"
	}
	room, _, _ := strings.Cut(d.Codes[0], ".")
	return room
}
