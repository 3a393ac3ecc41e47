package commands

import (
	"io"

	"signpost/diag/visible"
)

// WriteJSON writes a value as a line of JSON in which everything can be seen.
func WriteJSON(w io.Writer, v any) error { return visible.Encode(w, v) }
