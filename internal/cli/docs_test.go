package cli

import (
	"io/fs"
	"os"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the top of the repository, as this package's tests see it.
var root = os.DirFS("../..")

// pages is every page for people.
func pages(t *testing.T) (out []string) {
	t.Helper()
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		found, err := fs.Glob(root, pattern)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, found...)
	}
	return out
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := fs.ReadFile(root, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	quoted      = regexp.MustCompile("`([^`\n]+)`")
	link        = regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)
	filePath    = regexp.MustCompile(`^\.?[\w-][\w./-]*$`)
	placeholder = regexp.MustCompile(`^[A-Z][A-Z-]*(\.\w+)?$|-[A-Z]`)
)

// named is the paths of this repository that a page names, from the top: what its links lead to, and words in
// backquotes of which the first part is a folder or file of the top level, or a room that might have been one. Parts
// from a placeholder on (NAME.go) are cut off.
func named(page, text string, top []string) (out []string) {
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		if !strings.Contains(m[1], ":") {
			out = append(out, path.Join(path.Dir(page), m[1]))
		}
	}
	for _, m := range quoted.FindAllStringSubmatch(text, -1) {
		word := strings.TrimSuffix(m[1], "/")
		parts := strings.Split(word, "/")
		isFile := strings.HasSuffix(word, ".go") || strings.HasSuffix(word, ".md")
		if !filePath.MatchString(word) || !slices.Contains(top, parts[0]) && (!isFile || strings.Contains(word, "*")) {
			continue
		}
		if i := slices.IndexFunc(parts, placeholder.MatchString); i >= 0 && !isTopFile(parts[i]) {
			parts = parts[:i]
		}
		if len(parts) > 0 {
			out = append(out, strings.Join(parts, "/"))
		}
	}
	return out
}

// isTopFile tells names in capitals that are files.
func isTopFile(name string) bool {
	_, err := fs.Stat(root, name)
	return err == nil && strings.HasSuffix(name, ".md")
}

// TestNamedPathsExist: every path of the repository that a page names is there.
func TestNamedPathsExist(t *testing.T) {
	top := []string{"bot", "cases", "commands", "diag", "kb", "internal", "deploy", "docs"}
	entries, err := fs.ReadDir(root, ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		top = append(top, e.Name())
	}
	seen := 0
	for _, page := range pages(t) {
		for _, name := range named(page, read(t, page), top) {
			seen++
			if _, err := fs.Stat(root, name); err != nil {
				t.Errorf("%s names %s, which does not exist", page, name)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d paths were found", seen)
	}
	planted := named("README.md",
		"`bot/nowhere`, `diag/checks/NAME.go`, `kb/data/NAME/x.yaml`, [page](docs/none.md#part), `and/or`, `nowhere.go`, [out](https://x.example/a)", top)
	if want := []string{"docs/none.md", "bot/nowhere", "diag/checks", "kb/data", "nowhere.go"}; !slices.Equal(planted,
		want) {
		t.Errorf("read from a page: %q, want %q", planted, want)
	}
}

// variables is the environment variables that the command line reads.
func variables(of reflect.Type) (out []string) {
	for i := range of.NumField() {
		field := of.Field(i)
		if name := field.Tag.Get("env"); name != "" {
			out = append(out, name)
		}
		if field.Type.Kind() == reflect.Struct {
			out = append(out, variables(field.Type)...)
		}
	}
	return out
}

// TestEnvironmentIsTold: every variable that is read stands in the help, and the example of a .env file holds no other.
func TestEnvironmentIsTold(t *testing.T) {
	known := variables(reflect.TypeFor[program]())
	if len(known) < 10 {
		t.Fatalf("only %q is read", known)
	}
	for _, name := range known {
		if !strings.Contains(environment, "\n  "+name+" ") {
			t.Errorf("%s is not in the help", name)
		}
	}
	example := read(t, ".env.example")
	assigned := regexp.MustCompile(`(?m)^#?([A-Z_]+)=`).FindAllStringSubmatch(example, -1)
	var names []string
	for _, m := range assigned {
		names = append(names, m[1])
		if m[1] != "REDIS_PASSWORD" && !slices.Contains(known, m[1]) { // REDIS_PASSWORD is compose's
			t.Errorf(".env.example sets %s, which nothing reads", m[1])
		}
	}
	for _, name := range append(known, "REDIS_PASSWORD") {
		if strings.HasPrefix(name, "SLACK_") && name != "SLACK_API_URL" && !slices.Contains(names, name) {
			t.Errorf(".env.example does not name %s", name)
		}
	}
}
