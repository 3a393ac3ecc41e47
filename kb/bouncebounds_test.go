package kb

import (
	"strings"
	"testing"
	"time"
)

// TestReadBounceSoon holds the cost of the largest pastes.
func TestReadBounceSoon(t *testing.T) {
	b, enough := load(t), time.Second
	if raceDetector {
		enough = 10 * time.Second
	}
	words := "the message from sender bob@example.net to the user kim@example.org was not accepted as the mailbox of the recipient and the domain have a policy "
	for name, text := range map[string]string{
		"one line":   strings.Repeat(words, 10<<20/len(words)),
		"lines":      strings.Repeat(words+"\n", 10<<20/len(words)),
		"paragraphs": strings.Repeat(words+"\n\n", 10<<20/len(words)),
		"replies":    strings.Repeat("550-5.7.1 "+words+"\n", 10<<20/len(words)),
		"mail": "From: MAILER-DAEMON@x.example\nContent-Type: multipart/report; boundary=b\n\n--b\n\n" +
			strings.Repeat(words+"\n", 4<<20/len(words)) + "\n--b\nContent-Type: message/delivery-status\n\n" +
			strings.Repeat("Final-Recipient: rfc822; kim@example.org\nDiagnostic-Code: smtp; "+words+"\n\n", 1<<20/len(words)),
		"nothing": strings.Repeat("x y z ", 10<<20/6),
	} {
		best := time.Hour
		for range 3 { // the machine may be busy
			began := time.Now()
			b.Read(text)
			if best = min(best, time.Since(began)); best < enough {
				break
			}
		}
		t.Logf("%s: %v", name, best)
		if best > 10*time.Second {
			t.Errorf("%s: %v", name, best)
		}
	}
}
