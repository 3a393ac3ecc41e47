package diag

// Record is one record of a change to a zone, as it goes into a zone editor: entered, or with Remove taken out.
type Record struct {
	Name   string `json:"name"` // fully qualified, no final dot
	Type   string `json:"type"`
	Value  string `json:"value"` // for MX "5 mx1.example.net.", for TXT the text as it stands between the quotes of a zone file
	Remove bool   `json:"remove"`
}

// Place is where records stand: a name, fully qualified without its final dot, and their type as zone files have it.
type Place struct{ Name, Type string }

// Note is something to know about a finding's records, by a code with words in the catalogues: why there is none, or
// what is remarkable about those there are.
type Note struct {
	Code string         `json:"code"`
	Args map[string]any `json:"args"`
}
