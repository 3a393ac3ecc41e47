// Elsewhere says whether the program compiles for other systems: go run ./internal/elsewhere darwin/arm64. It checks
// the types of every package from its source, which costs a tenth of building for a system that nothing runs on.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	for _, system := range os.Args[1:] {
		goos, arch, _ := strings.Cut(system, "/")
		if err := check(goos, arch); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", system, err)
			os.Exit(1)
		}
	}
}

// check gives the first errors of our own packages on a system. The bodies of what is not ours are left out.
func check(goos, arch string) error {
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedSyntax |
			packages.NeedTypes | packages.NeedModule,
		Env:       append(os.Environ(), "GOOS="+goos, "GOARCH="+arch, "CGO_ENABLED=0"),
		ParseFile: parse,
	}, "./...")
	if err != nil {
		return err
	}
	var wrong []string
	packages.Visit(pkgs, nil, func(p *packages.Package) {
		for _, e := range p.Errors {
			ours := p.Module != nil && p.Module.Main
			if !ours && e.Kind != packages.ListError {
				continue // bodies are missing, and imports for them unused
			}
			wrong = append(wrong, e.Error())
		}
	})
	if len(wrong) > 0 {
		return fmt.Errorf("does not compile:\n%s", strings.Join(wrong[:min(len(wrong), 20)], "\n"))
	}
	fmt.Fprintf(os.Stdout, "%s/%s: %d packages compile\n", goos, arch, len(pkgs))
	return nil
}

var here, _ = os.Getwd()

func parse(fset *token.FileSet, name string, src []byte) (*ast.File, error) {
	if strings.HasPrefix(name, here+"/") {
		return parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	}
	f, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if f != nil {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				fn.Body = nil
			}
		}
	}
	return f, err
}
