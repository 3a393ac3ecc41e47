package console

const (
	between = 2  // columns of the terminal between two columns of a table
	slim    = 12 // a column whose cells are broken keeps so many
)
