package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is the program in a pseudo-terminal.
type terminal struct {
	t    *testing.T
	keys *os.File

	mu    sync.Mutex
	shown bytes.Buffer
	ended chan struct{}
	more  chan struct{} // something was shown
}

// sit starts a console of the demo in a terminal of 100 columns.
func sit(t *testing.T, env ...string) *terminal {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("left out: no pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { _ = keys.Close() })
	number, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(keys.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 100})
	}
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("left out: no pseudo-terminal: %v", err)
	}
	defer tty.Close()
	cmd := exec.CommandContext(t.Context(), build(t), "console", "--demo", "--lang", "en")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.Env = append(append(os.Environ(), "TERM=xterm", "NO_COLOR=1"), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &terminal{t: t, keys: keys, ended: make(chan struct{}), more: make(chan struct{}, 1)}
	go p.watch()
	go func() {
		_ = cmd.Wait()
		close(p.ended)
	}()
	p.expect("signpost> ")
	return p
}

func (p *terminal) watch() {
	chunk := make([]byte, 4096)
	for {
		n, err := p.keys.Read(chunk)
		p.mu.Lock()
		p.shown.Write(chunk[:n])
		p.mu.Unlock()
		select {
		case p.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// press types keys.
func (p *terminal) press(keys string) {
	p.t.Helper()
	if _, err := p.keys.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
}

// expect waits until something is shown, and returns all up to its end, which is then forgotten.
func (p *terminal) expect(want string) string {
	p.t.Helper()
	late := time.After(2 * time.Minute)
	for {
		p.mu.Lock()
		if i := bytes.Index(p.shown.Bytes(), []byte(want)); i >= 0 {
			out := string(p.shown.Next(i + len(want)))
			p.mu.Unlock()
			return out
		}
		p.mu.Unlock()
		select {
		case <-p.more:
		case <-p.ended:
			p.t.Fatalf("the program ended; %q is missing in\n%s", want, &p.shown)
		case <-late:
			p.mu.Lock()
			defer p.mu.Unlock()
			p.t.Fatalf("%q is missing in\n%s", want, &p.shown)
		}
	}
}

// TestInterruptClearsTheLine: what was half typed is gone, and the console goes on.
func TestInterruptClearsTheLine(t *testing.T) {
	p := sit(t)
	// The editor takes Ctrl-C for itself a moment after it shows the prompt: what it echoes tells that it does.
	p.press("/mailche")
	p.expect("/mailche")
	p.press("\x03")
	p.expect("signpost> ")
	p.press("x")
	p.expect("x")
	p.press("\x7f")
	p.expect("signpost> ")
	p.press("\x03")
	p.expect("Ctrl-D or /quit")
	p.expect("signpost> ")
	p.press("/demo all\r")
	if out := p.expect("signpost> "); !strings.Contains(out, "missing-dot.example") ||
		strings.Contains(out, "Did you mean") {
		t.Errorf("shown:\n%s", out)
	}
	p.press("\x04")
	<-p.ended
}

// TestInterruptEndsACheck: a check that takes long is left, and the next request is answered; meanwhile a line tells
// what is waited for.
func TestInterruptEndsACheck(t *testing.T) {
	p := sit(t)
	p.press("/mailcheck txt-silent.example\r")
	p.expect("Waiting for: ")
	clock := regexp.MustCompile(`(\d+\.\d) s  Waiting for: \w`)
	seen := map[string]bool{}
	for len(seen) < 3 {
		if m := clock.FindStringSubmatch(p.expect("\x1b[2K")); m != nil {
			seen[m[1]] = true
		}
	}
	p.press("\x03")
	if out := p.expect("signpost> "); !strings.Contains(out, "Stopped") ||
		strings.Contains(out, "Could not be checked") || strings.Contains(out, "canceled") {
		t.Errorf("shown:\n%s", out)
	}
	p.press("/mailcheck missing-dot.example\r")
	p.expect("The final dot is missing")
}

// TestPasteIsOneInput: several lines that are pasted are one input, sent when the person says so.
func TestPasteIsOneInput(t *testing.T) {
	p := sit(t)
	p.press("/mailbounce \x1b[200~Your message to kim@shop.example could not be delivered.\r\n\r\n550 5.1.1 <kim@shop.example>: User unknown\r\n\x1b[201~")
	p.expect("[paste 1: 3 lines]")
	p.press("\r")
	if out := p.expect("signpost> "); !strings.Contains(out, "kim@shop.example") || strings.Contains(out, "Did you mean") {
		t.Errorf("shown:\n%s", out)
	}
	p.press("\x1b[200~/demo all\x1b[201~")
	p.expect("/demo")
	p.press("\r")
	p.expect("missing-dot.example")
}

// TestConsoleClock: a time that a person writes is one of the clock of their machine.
func TestConsoleClock(t *testing.T) {
	p := sit(t, "TZ=Asia/Tokyo")
	p.press("/mailcase open spf-none.example no mail\r")
	p.expect("MAIL-1")
	p.expect("signpost> ")
	p.press("/mailcase remind 1 tomorrow 9:00 call them\r")
	if out := p.expect("signpost> "); !strings.Contains(out, "09:00") || !strings.Contains(out, "+09") {
		t.Errorf("shown:\n%s", out)
	}
}
