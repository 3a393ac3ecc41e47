package secrets

import (
	"strings"
	"testing"
)

// TestShapes finds every shape in its own sample, alone and in the middle of a sentence.
func TestShapes(t *testing.T) {
	for _, s := range known().shapes {
		sample := strings.Join(s.Sample, "")
		for _, text := range []string{sample, "it says\n" + sample + "\nwhat now"} {
			m := s.re.FindStringSubmatch(text)
			if m == nil {
				t.Errorf("%s: not found in %q", s.Name, text)
				continue
			}
			clean, found := Mask(text)
			secret := m[len(m)-1]
			for _, x := range m[1:] {
				if x != "" {
					secret = x
				}
			}
			if strings.Contains(clean, strings.TrimSpace(secret)) || len(found) == 0 {
				t.Errorf("%s: %q: %q, %v", s.Name, text, clean, found)
			}
			if again, _ := Mask(clean); again != clean {
				t.Errorf("%s: masked twice: %q, then %q", s.Name, clean, again)
			}
		}
	}
}
