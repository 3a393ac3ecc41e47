package casework

import "errors"

// maxSeveral is how many cases a line may change at once.
const maxSeveral = 20

// errWords says that the numbers behind the first are words.
var errWords = errors.New("commands: words, no cases")
