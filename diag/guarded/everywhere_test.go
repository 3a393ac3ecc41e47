package guarded_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// bare is what starts a goroutine, or has one started, whose panic ends the process, each with what is used instead.
func bare(n ast.Node) (what, instead string) {
	selector := func(e ast.Expr) string {
		if s, ok := e.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				return x.Name + "." + s.Sel.Name
			}
		}
		return ""
	}
	switch n := n.(type) {
	case *ast.GoStmt:
		return "go", "guarded.Go or guarded.Group"
	case *ast.SelectorExpr:
		switch name := selector(n); name {
		case "sync.WaitGroup":
			return name, "guarded.Group"
		case "context.AfterFunc", "time.AfterFunc":
			return name, "guarded.After"
		}
	case *ast.ImportSpec:
		switch path, _ := strconv.Unquote(n.Path.Value); path {
		case "golang.org/x/sync/errgroup", "golang.org/x/sync/singleflight":
			return path, "guarded.Group"
		}
	case *ast.KeyValueExpr: // an http.Transport dials in goroutines of its own
		key, _ := n.Key.(*ast.Ident)
		if key == nil || key.Name != "DialContext" && key.Name != "DialTLSContext" {
			return "", ""
		}
		if call, ok := n.Value.(*ast.CallExpr); !ok || selector(call.Fun) != "guarded.Dial" {
			return key.Name, "guarded.Dial"
		}
	}
	return "", ""
}

// TestEveryGoroutineIsGuarded reads the source of the diagnosis and of all that it stands on. The lab is no part of it:
// it serves tests and the demo.
func TestEveryGoroutineIsGuarded(t *testing.T) {
	files, uses := token.NewFileSet(), 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "lab" || d.Name() == "interop" || d.Name() == "guarded" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if what, instead := bare(n); what != "" {
				t.Errorf("%s: %s: use %s", files.Position(n.Pos()), what, instead)
			}
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "guarded" {
					uses++
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if uses < 20 {
		t.Errorf("%d uses of guarded were read: is this the source of the diagnosis?", uses)
	}
}

// TestBareIsRefused plants each way of starting a goroutine.
func TestBareIsRefused(t *testing.T) {
	for source, want := range map[string]bool{
		"go f()": true, "go func() {}()": true, "var wg sync.WaitGroup": true, "context.AfterFunc(ctx, f)": true,
		"time.AfterFunc(1, f)":               true,
		"_ = http.Transport{DialContext: f}": true, "_ = http.Transport{DialTLSContext: func() {}}": true,
		"_ = http.Transport{DialContext: guarded.Dial(f)}": false, "guarded.Go(f, nil)": false, "var g guarded.Group": false,
		"g.Go(f)": false,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "planted.go", "package planted\nfunc f() {\n"+source+"\n}", 0)
		if err != nil {
			t.Fatal(err)
		}
		got := false
		ast.Inspect(file, func(n ast.Node) bool {
			what, _ := bare(n)
			got = got || what != ""
			return true
		})
		if got != want {
			t.Errorf("%s: refused %v, want %v", source, got, want)
		}
	}
}
