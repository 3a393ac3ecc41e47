package kb

import (
	"testing"
	"time"
)

// TestReadHours reads working hours as people write them, and counts nights and single days.
func TestReadHours(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"mon-fri 09:00-18:00 Asia/Shanghai CN": "mon-fri 09:00-18:00 Asia/Shanghai CN",
		"周一至周五 9:00-18:00 Asia/Shanghai":       "mon-fri 09:00-18:00 Asia/Shanghai",
		"工作日 9:00－18:00":                       "mon-fri 09:00-18:00 UTC",
		"mon,wed,fri 10:00-16:00":              "mon,wed,fri 10:00-16:00 UTC",
		"Monday - Thursday, sat 8:00-12:00":    "mon-thu,sat 08:00-12:00 UTC", "18:00-02:00": "mon-sun 18:00-02:00 UTC",
		"24x7": "always", "7×24": "", "off": "always", "全天": "always",
		"mon-fri 08:00-24:00": "mon-fri 08:00-24:00 UTC", "mon-fri": "", "sometimes": "", "mon-fri 9:00-9:00": "",
		"mon-fri 9:00-25:00": "", "mon;fri 9:00-10:00": "",
	} {
		h, err := b.ReadHours(text, "UTC")
		switch {
		case err != nil && want != "" || err == nil && want == "":
			t.Errorf("%s: %v, %v", text, h, err)
		case err == nil && h.String() != want:
			t.Errorf("%s: %s, want %s", text, h, want)
		}
	}
	night, err := b.ReadHours("mon-fri 18:00-02:00", "UTC")
	if err != nil {
		t.Fatal(err)
	}
	friday := time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
	for hour, want := range map[int]bool{1: true, 3: false, 17: false, 18: true, 23: true, 24 + 1: true, 24 + 2: false,
		24 + 20: false} {
		if o := b.Opening(night, friday.Add(time.Duration(hour)*time.Hour)); o.Open != want {
			t.Errorf("at hour %d: %+v", hour, o)
		}
	}
	if d := b.Worked(night, friday.Add(time.Hour), friday.Add(48*time.Hour)); d != 9*time.Hour {
		t.Error(d)
	}
	if o := b.Opening(night, friday.Add(30*time.Hour)); o.Next != friday.Add((3*24+18)*time.Hour) {
		t.Error(o.Next)
	}
}
