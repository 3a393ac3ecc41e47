// Arrows lists, room by room, the arrows that run upward: go run ./internal/arrows ./... An arrow is one file of a room
// that uses what another declares: a function, a method, a type, a constant or a variable. With the files in the order
// that leaves fewest, those that still run up are what makes a room hard to read from top to bottom. A declaration that
// two files need belongs into the lower of them. With -most N it fails where there are more than N.
package main

import (
	"flag"
	"fmt"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	most := flag.Int("most", -1, "fail where more run up")
	flag.Parse()
	pkgs, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax |
		packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports}, flag.Args()...)
	if err != nil || packages.PrintErrors(pkgs) > 0 {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	up, all := 0, 0
	for _, p := range pkgs {
		r := roomOf(p)
		lines := r.upward()
		up, all = up+len(lines), all+r.arrows()
		if len(lines) > 0 {
			fmt.Fprintf(os.Stdout, "%s: %d of %d\n%s\n", p.PkgPath, len(lines), r.arrows(), strings.Join(lines, "\n"))
		}
	}
	fmt.Fprintf(os.Stdout, "in all %d of %d\n", up, all)
	if *most >= 0 && up > *most {
		os.Exit(1)
	}
}

// room is the files of a package, and what each uses of each: uses[a][b] is names.
type room struct {
	files []string
	uses  []map[int][]string
}

func roomOf(p *packages.Package) room {
	r := room{uses: make([]map[int][]string, len(p.Syntax))}
	number := map[string]int{}
	for i, f := range p.Syntax {
		name := p.Fset.Position(f.Package).Filename
		r.files, r.uses[i], number[name] = append(r.files, filepath.Base(name)), map[int][]string{}, i
	}
	for id, object := range p.TypesInfo.Uses {
		if object.Pkg() != p.Types || !declared(p.Types, object) {
			continue
		}
		a, ofRoom := number[p.Fset.Position(id.Pos()).Filename]
		b, alike := number[p.Fset.Position(object.Pos()).Filename]
		if ofRoom && alike && a != b && !slices.Contains(r.uses[a][b], object.Name()) {
			r.uses[a][b] = append(r.uses[a][b], object.Name())
		}
	}
	return r
}

// declared reports what stands at the top of a file, and methods; a field belongs to its type.
func declared(p *types.Package, object types.Object) bool {
	if f, ok := object.(*types.Func); ok {
		return f.Parent() == nil || f.Parent() == p.Scope()
	}
	return object.Parent() == p.Scope()
}

func (r room) arrows() (n int) {
	for _, u := range r.uses {
		n += len(u)
	}
	return n
}

// upward is the arrows that run up with the files in the best order.
func (r room) upward() (out []string) {
	for _, circle := range circles(r.uses) {
		order := bestOrder(circle, r.uses)
		for i, low := range order {
			for _, high := range order[:i] {
				if names := r.uses[low][high]; len(names) > 0 {
					slices.Sort(names)
					out = append(out, fmt.Sprintf("  %s uses %s of %s", r.files[low], strings.Join(names, ", "), r.files[high]))
				}
			}
		}
	}
	return out
}

// bestOrder puts the files of a circle into the order in which fewest arrows run up; of orders that are as good, the
// one with fewest names. It tries every set of files that may stand on top, so that 25 files are what it can do.
func bestOrder(circle []int, uses []map[int][]string) []int {
	n := len(circle)
	cost := make([][]int32, n) // of an arrow that runs up
	for i, a := range circle {
		cost[i] = make([]int32, n)
		for j, b := range circle {
			if names := len(uses[a][b]); names > 0 {
				cost[i][j] = 1000 + int32(min(names, 30))
			}
		}
	}
	least, last := make([]int32, 1<<n), make([]int8, 1<<n)
	for top := 1; top < 1<<n; top++ { // top is a set; its last file is the lowest
		least[top] = 1 << 30
		for v := range n {
			if top>>v&1 == 0 {
				continue
			}
			sum := least[top&^(1<<v)]
			for w := range n {
				if w != v && top>>w&1 == 1 {
					sum += cost[v][w]
				}
			}
			if sum < least[top] {
				least[top], last[top] = sum, int8(v)
			}
		}
	}
	var order []int
	for top := 1<<n - 1; top != 0; top &^= 1 << last[top] {
		order = append(order, circle[last[top]])
	}
	slices.Reverse(order)
	return order
}

// circles is the files that reach each other, where there is more than one: nothing else can run up.
func circles(uses []map[int][]string) (out [][]int) {
	reach := make([]map[int]bool, len(uses))
	for i := range uses {
		reach[i] = map[int]bool{}
		for next := []int{i}; len(next) > 0; {
			for _, b := range slices.Sorted(maps.Keys(uses[next[0]])) {
				if !reach[i][b] {
					reach[i][b] = true
					next = append(next, b)
				}
			}
			next = next[1:]
		}
	}
	seen := map[int]bool{}
	for i := range uses {
		var circle []int
		for j := i; j < len(uses); j++ {
			if !seen[j] && reach[i][j] && reach[j][i] {
				circle, seen[j] = append(circle, j), true
			}
		}
		if len(circle) > 1 {
			out = append(out, circle)
		}
	}
	return out
}
