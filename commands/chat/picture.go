package chat

// Picture is numbers to be drawn. It bears no words but days, names in ASCII and numbers, so that it is read in every
// language; Alt says what its colours mean, and the same as it shows.
type Picture struct {
	Name   string // of the file, without what ends it: "days"
	Alt    string
	Lying  bool     // bars from left to right, each with a name before it, in place of columns over days
	Labels []string // of the columns or bars
	Series []Series // stacked, from the axis on
}

// Series is a number for each label, in one colour.
type Series struct {
	Tone   Tone // Good, Caution, Bad, or Unsure for what is not known
	Values []int64
}
