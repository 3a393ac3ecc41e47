package bot

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLogHandler: lines of a request carry its id once, whether whoever writes them names it or not.
func TestLogHandler(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(LogHandler(slog.NewTextHandler(&out, nil)))
	ctx := withRequest(t.Context(), "cmd-1")
	log.InfoContext(ctx, "a")
	log.InfoContext(ctx, "b", "request_id", "cmd-2")
	log.With("request_id", "cmd-3").InfoContext(ctx, "c")
	log.With("x", 1).InfoContext(ctx, "d")
	log.InfoContext(t.Context(), "e")
	for i, want := range []string{"request_id=cmd-1", "request_id=cmd-2", "request_id=cmd-3", "request_id=cmd-1", ""} {
		line := strings.Split(out.String(), "\n")[i]
		n := strings.Count(line, "request_id")
		if !strings.Contains(line, want) || want == "" && n > 0 || want != "" && n != 1 {
			t.Errorf("%q, want %q", line, want)
		}
	}
}

// ofNoRequest is the lines that belong to the process, a connection or the store, and not to a request.
var ofNoRequest = map[string]bool{
	"slack refuses the token of a workspace":             true,
	"a revoked token is not deleted yet":                 true,
	"uninstalled":                                        true,
	"nobody is told yet that a token ends":               true,
	"tokens are sealed with the first key later":         true,
	"some schedules are looked at at the next start":     true,
	"the schedule is looked at later":                    true,
	"slack knows us":                                     true,
	"slack does not answer yet":                          true,
	"scope is missing: add it and install the app again": true,
	"scope is granted but not needed: remove it":         true,
	"the channel rests until this turn runs out":         true,
	"listening":                                                true,
	"slack delivers again":                                     true,
	"request without a valid signature":                        true,
	"interaction of a kind that asks nothing":                  true,
	"click on a strange button":                                true,
	"a strange form":                                           true,
	"event of a kind that asks nothing":                        true,
	"response_url is not Slack's":                              true,
	"delivery without an envelope":                             true,
	"socket connected":                                         true,
	"socket is not connected":                                  true,
	"acknowledgement is not written: slack will deliver again": true,
	"socket":                                   true,
	"message that cannot be read":              true,
	"event of an unknown kind":                 true,
	"not acknowledged":                         true,
	"click of somebody from another workspace": true,
	"request of another workspace":             true,
	"redis does not let us wait for its replicas: a fail-over may lose the latest change": true,
	"no replica has the latest change yet: a fail-over now would lose it":                 true,
}

// TestLinesNameTheirRequest reads the program: a line is logged with a request_id, or with the context of its request,
// or belongs to none.
func TestLinesNameTheirRequest(t *testing.T) {
	seen := map[string]bool{}
	for _, root := range []string{".", "../commands", "../cases"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
				strings.Contains(path, string(os.PathSeparator)) && root == "." { // rooms of the bot that know no request
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				f, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || !logs(f) {
					return true
				}
				words := texts(call)
				switch {
				case strings.HasSuffix(f.Sel.Name, "Context"), words["request_id"]:
				default:
					for w := range words {
						if ofNoRequest[w] {
							seen[w] = true
							return true
						}
					}
					t.Errorf("%s: a line of no request: %v", path, words)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for w := range ofNoRequest {
		if !seen[w] {
			t.Errorf("nobody logs %q any more", w)
		}
	}
}

// logs reports whether a function is one of slog's that write a line.
func logs(f *ast.SelectorExpr) bool {
	x, ok := f.X.(*ast.Ident)
	if !ok || x.Name != "slog" {
		return false
	}
	switch strings.TrimSuffix(f.Sel.Name, "Context") {
	case "Debug", "Info", "Warn", "Error", "Log":
		return true
	}
	return false
}

// texts is the literal strings among a call's arguments.
func texts(call *ast.CallExpr) map[string]bool {
	out := map[string]bool{}
	for _, a := range call.Args {
		if lit, ok := a.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			out[strings.Trim(lit.Value, `"`)] = true
		}
	}
	return out
}
