package bounce

import (
	_ "embed"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

//go:embed data/words.yaml
var foreignWords []byte

// wordLists is lists of words, by what they are for.
type wordLists map[string][]string

// foreign is the words of other languages than English. The file is part of the program, and every test reads it: it
// cannot fail here.
var foreign = func() wordLists {
	w := wordLists{}
	if err := yaml.Unmarshal(foreignWords, &w); err != nil {
		panic(fmt.Errorf("bounce: words: %w", err))
	}
	return w
}()

// either is a pattern of any word of a list.
func (w wordLists) either(list string) string {
	if len(w[list]) == 0 {
		panic("bounce: words: no list " + list)
	}
	return `(?:` + strings.Join(w[list], "|") + `)`
}
