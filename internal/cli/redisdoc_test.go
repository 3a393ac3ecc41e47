package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// madeKeys is what the files that make keys declare: functions and constants whose names end in Key, and the words of
// which each is made.
func madeKeys(t *testing.T) map[string][]string {
	t.Helper()
	made := map[string][]string{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != "." {
			return fs.SkipDir
		}
		if path.Base(name) != "keys.go" {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, read(t, name), 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				made[d.Name.Name] = words(d.Body)
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok {
						made[v.Names[0].Name] = words(v)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(made, func(name string, _ []string) bool {
		// Of these others are made.
		return !strings.HasSuffix(name, "Key") || name == "teamKey" || name == "numberKey"
	})
	return made
}

// words is the string literals below a node that hold letters.
func words(node ast.Node) (out []string) {
	ast.Inspect(node, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		word, _ := strconv.Unquote(lit.Value)
		if word = strings.Trim(word, ":"); strings.ContainsFunc(word, func(r rune) bool { return r >= 'a' && r <= 'z' }) {
			out = append(out, word)
		}
		return true
	})
	return out
}

var keyRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| `(\\w+)` \\| ([^|]+) \\| ([^|]+) \\| ([^|]*) ?\\|$")

// TestRedisPage: docs/redis.md tells every key that is made, by the words of which it is made, and no other.
func TestRedisPage(t *testing.T) {
	made, told := madeKeys(t), map[string]string{}
	for _, m := range keyRow.FindAllStringSubmatch(read(t, "docs/redis.md"), -1) {
		told[m[2]] = m[1]
	}
	if len(made) < 20 {
		t.Fatalf("only %q make keys", slices.Sorted(maps.Keys(made)))
	}
	for name, parts := range made {
		key, ok := told[name]
		if !ok {
			t.Errorf("docs/redis.md does not tell the key of %s", name)
			continue
		}
		for _, p := range parts {
			if !slices.Contains(strings.Split(key, ":"), p) {
				t.Errorf("docs/redis.md: the key of %s is made with %q; the page has %s", name, p, key)
			}
		}
	}
	for name := range told {
		if _, ok := made[name]; !ok {
			t.Errorf("docs/redis.md tells of %s, which makes no key", name)
		}
	}
}
