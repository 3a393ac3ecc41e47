package lab

import (
	_ "embed"
	"fmt"
	"strings"

	"golang.org/x/tools/txtar"
)

//go:embed standard.txtar
var standardZones []byte

// goodKey is the TXT data of a 2,048-bit RSA key record.
const goodKey = `"v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqb3d8u9secMI2ggob4BvMMW2hVaFa44Idw7QWEthqlsAtLi0xllPT96EnFb/1sexhVaCk42rtoPyYAlrcr6k0abf9sFt6VF12wvoXQKqM1K1voA1pMCAxFYHZch8DDwfFZwot+BxCoEuy+rMJsIWpIM6C75hpYmFX3XSz/G/O6qKTmK2P01zjmXNA3vd" "e5prvbcv02NKbjZ5/KrJ/HGc1SCnz1TaIw2HsQuBRtDTzwZ8X3CK88vc6jdcxXpZKEBbB/kbsYj7tofkGqb9BGI+xU8vfDAIc+ZVs6pH2NxWfO/X9QCZYdp4jhr09t3ASTTiYcyOmEIlrCfwQbd2a6cIGwIDAQAB"`

// healthyParts is what a ";! with" line adds to a zone, so that a zone of the lab shows its fault and little else.
var healthyParts = map[string]string{
	"mx":    "@ MX 10 mx1\n@ MX 20 mx2\nmx1 A 192.0.2.80\nmx2 A 198.51.100.80\n",
	"spf":   "@ TXT \"v=spf1 mx -all\"\n",
	"dkim":  "default._domainkey TXT " + goodKey + "\n",
	"dmarc": "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:postmaster@%s\"\n",
}

// withHealthy adds the parts that a zone's ";! with" lines name.
func withHealthy(origin, text string) string {
	var b strings.Builder
	b.WriteString(text)
	for line := range strings.Lines(text) {
		if parts, ok := strings.CutPrefix(line, ";! with:"); ok {
			for _, p := range strings.Fields(parts) {
				b.WriteString(strings.ReplaceAll(healthyParts[p], "%s", origin))
			}
		}
	}
	return b.String()
}

// standard reads the built-in zones.
func (l *Lab) standard() error {
	for _, f := range txtar.Parse(standardZones).Files {
		text := string(f.Data)
		l.texts[f.Name] = text
		z, err := parseZone(f.Name, text)
		if err != nil {
			return err
		}
		if z.fault == "" {
			continue
		}
		if len(z.codes) == 0 && !strings.HasPrefix(z.fault, "healthy") {
			return fmt.Errorf("lab: zone %s has a fault and no codes", f.Name)
		}
		l.domains = append(l.domains, Domain{Name: f.Name, Fault: z.fault, Codes: z.codes})
	}
	l.domains = append(l.domains, Domain{Name: "not-registered.example", Fault: "the domain is not registered", Codes: []string{"delegation.nxdomain"}})
	return nil
}
