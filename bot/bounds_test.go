package bot

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"

	"golang.org/x/text/language"
)

// halfABody sends a request's headers and some of its body, and gives the connection.
func halfABody(t *testing.T, r *rig, signed bool) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", r.bot.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	q, err := http.NewRequest(http.MethodPost, r.url()+"/slack/commands", nil)
	if err != nil {
		t.Fatal(err)
	}
	if signed { // by somebody else: what can be told before the body is right
		slackfake.Sign(q, []byte("x"), "another secret", time.Now())
	}
	var head strings.Builder
	fmt.Fprintf(&head, "POST /slack/commands HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n")
	_ = q.Header.Write(&head)
	fmt.Fprintf(&head, "Content-Length: %d\r\n\r\n%s", maxBody, strings.Repeat("a", maxBody/2))
	if _, err := conn.Write([]byte(head.String())); err != nil {
		t.Fatal(err)
	}
	return conn
}

// status is what is answered, 0 where nothing is within so long.
func status(conn net.Conn, within time.Duration) int {
	_ = conn.SetReadDeadline(time.Now().Add(within))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// TestHalfBodies: a body is not waited for where the headers cannot be Slack's; of the others a few are read at once,
// for a short time, and the rest is told to come again. Slack is served soon after.
func TestHalfBodies(t *testing.T) {
	t.Parallel()
	r := start(t, settings{noSocket: true})
	if got := status(halfABody(t, r, false), time.Second); got != http.StatusUnauthorized {
		t.Errorf("unsigned: %d before its body has come", got)
	}
	const more = 20
	var conns []net.Conn
	for range maxBodies + more {
		conns = append(conns, halfABody(t, r, true))
	}
	var mu sync.Mutex
	got := map[int]int{}
	var all sync.WaitGroup
	for _, c := range conns {
		all.Go(func() {
			s := status(c, bodyWithin+2*time.Second)
			mu.Lock()
			defer mu.Unlock()
			got[s]++
		})
	}
	if !poll(time.Second, func() bool { return len(r.bot.bodies) == maxBodies }) {
		t.Errorf("%d bodies are read at once", len(r.bot.bodies))
	}
	all.Wait()
	if got[http.StatusServiceUnavailable] != more || got[http.StatusBadRequest] != maxBodies {
		t.Errorf("answers by status: %v", got)
	}
	if s, _, _, err := r.PostSigned(
		t.Context(),
		r.url(),
		r.Command("U1", "D1", "/mailhelp", "help"),
	); err != nil ||
		s != 200 {
		t.Errorf("Slack is not served: %d, %v", s, err)
	}
	r.final(1, "What you can ask")
}

// TestPeopleBound: of more people than are kept some are forgotten, most are not, and who has just asked is known.
func TestPeopleBound(t *testing.T) {
	p := newPeople(nil, language.English)
	for i := range maxPeople {
		p.known[fmt.Sprint("U", i)] = locale{lang: language.Chinese, until: time.Now().Add(time.Hour)}
	}
	p.makeRoom()
	if n := len(p.known); n >= maxPeople || n < maxPeople*7/8-1 {
		t.Errorf("%d are known", n)
	}
}

// TestChannelsBound: the turns of channels are kept for so many and no more.
func TestChannelsBound(t *testing.T) {
	r := start(t, settings{noSocket: true})
	for i := range maxChannels + 10 {
		if _, err := r.bot.channelTurn(t.Context(), "T1", fmt.Sprint("C", i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(r.bot.channels); n > maxChannels {
		t.Errorf("%d channels", n)
	}
}
