package bot

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"signpost/bot/jobs"
	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// TestPack: evidence that does not fit is cut from its end, and says so; what fits is whole.
func TestPack(t *testing.T) {
	section := func(i, size int) chat.Section {
		b := make([]byte, size)
		for k := range b {
			b[k] = byte('a' + rand.IntN(26)) // what hardly packs
		}
		return chat.Section{Heading: fmt.Sprint(i), Text: string(b)}
	}
	read := func(packed []byte) (w evidence) {
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err == nil {
			err = json.NewDecoder(z).Decode(&w)
		}
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	w := evidence{Title: "a", Sections: []chat.Section{section(0, 100)}, DetailTitle: "b"}
	for i := range 40 {
		w.Detail = append(w.Detail, section(i, 3000))
	}
	packed, err := pack(language.English, w, jobs.MaxKept)
	if err != nil || len(packed) > jobs.MaxKept || len(packed) < jobs.MaxKept/2 {
		t.Fatalf("%d octets: %v", len(packed), err)
	}
	got := read(packed)
	n := len(got.Detail) - 1
	if len(got.Sections) != 1 || n < 5 || got.Detail[n-1].Text != w.Detail[n-1].Text ||
		!strings.Contains(got.Detail[n].Text, fmt.Sprint(40-n)) {
		t.Errorf("%d parts are kept; the last says %q", n, got.Detail[n].Text)
	}
	small := evidence{Title: "a", Sections: w.Sections, Detail: w.Detail[:2]}
	if packed, err := pack(language.English, small, jobs.MaxKept); err != nil || len(read(packed).Detail) != 2 {
		t.Errorf("what fits is cut: %v", err)
	}
	one := evidence{Title: "a", Sections: []chat.Section{section(0, 90_000)}}
	packed, err = pack(language.Chinese, one, jobs.MaxKept)
	if err != nil || len(packed) > jobs.MaxKept || len(read(packed).Sections) != 1 {
		t.Errorf("one part that is too long: %d octets, %v", len(packed), err)
	}
}
