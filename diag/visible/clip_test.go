package visible

import (
	"bytes"
	"strings"
	"testing"
)

// TestClip: what is long is cut by the character, and says so; lines become one.
func TestClip(t *testing.T) {
	if got := Clip("邮件系统", 2); got != "邮件…" {
		t.Error(got)
	}
	if got := Clip("邮件", 2); got != "邮件" {
		t.Error(got)
	}
	if got := OneLine("version: STSv1\r\nmode: none\n\r\n"); got != "version: STSv1 | mode: none" {
		t.Errorf("%q", got)
	}
	many := make([]string, 50)
	many[0] = strings.Repeat("é", 600)
	if got := ClipAll(many); len(got) != 40 || got[0] != strings.Repeat("é", 500)+"…" || got[1] != "" {
		t.Errorf("%d, %.20s", len(got), got[0])
	}
	var b bytes.Buffer
	if err := Encode(&b, map[string]string{"a": "x\u202ey"}); err != nil || b.String() != `{"a":"x\u202ey"}`+"\n" {
		t.Errorf("%q %v", b.String(), err)
	}
	if err := Encode(&b, make(chan int)); err == nil {
		t.Error("what is no JSON is written")
	}
}
