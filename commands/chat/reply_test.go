package chat

import (
	"encoding/json"
	"testing"
)

// TestStoredReply reads a Reply as it was stored before its fields had their present names: messages wait in the queue
// over an upgrade.
func TestStoredReply(t *testing.T) {
	const stored = `{"Title":"t","Stands":{"Channel":"C1","TS":"1.2"},
		"Sections":[{"Text":"<@U0123ABCD> has it","Said":true,"Root":true,"Part":true,
"Fields":[{"Label":"where","Room":"C2"}],"Entries":[{"Text":"e","Said":true}]}],
		"Actions":[{"ID":"a","More":true,"Root":true}]}`
	var r Reply
	if err := json.Unmarshal([]byte(stored), &r); err != nil {
		t.Fatal(err)
	}
	if r.Location == nil || *r.Location != (Location{Channel: "C1", TS: "1.2"}) {
		t.Errorf("it takes the place of %v", r.Location)
	}
	if s := r.Sections[0]; !s.Mentions || !s.InRoot || !s.Continues || s.Fields[0].Channel != "C2" ||
		!s.Entries[0].Mentions {
		t.Errorf("the section lost something: %+v", s)
	}
	if a := r.Actions[0]; !a.Overflow || !a.InRoot {
		t.Errorf("the button lost something: %+v", a)
	}
	again, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var same Reply
	if err := json.Unmarshal(again, &same); err != nil || same.Sections[0].Fields[0].Channel != "C2" {
		t.Errorf("written and read again: %+v, %v", same, err)
	}
}
