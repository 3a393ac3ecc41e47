package deploy

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

// composed is a compose file as it is taken where the environment holds what it names; what it demands by ":?" and is
// not there is an error.
func composed(raw []byte, environment map[string]string) (file map[string]any, err error) {
	variable := regexp.MustCompile(`\$\{(\w+)(:\?[^}]*)?\}`)
	raw = variable.ReplaceAllFunc(raw, func(found []byte) []byte {
		m := variable.FindSubmatch(found)
		value, ok := environment[string(m[1])]
		if !ok || value == "" && len(m[2]) > 0 {
			err = errors.Join(err, errors.New(string(m[1])+" is not set"))
		}
		return []byte(value)
	})
	if e := yaml.Unmarshal(raw, &file); e != nil {
		return nil, errors.Join(err, e)
	}
	schema, e := jsonschema.NewCompiler().Compile("testdata/schemas/compose.json")
	if e == nil {
		e = schema.Validate(any(file))
	}
	return file, errors.Join(err, e)
}

// TestCompose: compose.yaml is what the Compose Specification's schema takes, and demands the password.
func TestCompose(t *testing.T) {
	raw := read(t, "../compose.yaml")
	env := map[string]string{"REDIS_PASSWORD": "abc123"}
	if _, err := composed(raw, env); err != nil {
		t.Error(err)
	}
	if _, err := composed(raw, map[string]string{"REDIS_PASSWORD": ""}); err == nil {
		t.Error("it starts without a password")
	}
	for _, wrong := range []struct{ was, is string }{
		{"read_only: true", "readonly: true"}, {"cpus: 2", "cpus: [2]"}, {"pids_limit: 256", "pids_limit: [256]"},
		{"condition: service_healthy", "condition: healthy"}, {"test: [CMD-SHELL", "tests: [CMD-SHELL"},
		{"internal: true", "internal: [true]"},
		{"    logging: *log\n    stop_grace", "    logging: json-file\n    stop_grace"},
		{"restart: unless-stopped", "restart: unless-stopped\n    restart: always"},
	} {
		bad := strings.Replace(string(raw), wrong.was, wrong.is, 1)
		if bad == string(raw) {
			t.Errorf("nothing is wrong: %s", wrong.is)
		} else if _, err := composed([]byte(bad), env); err == nil {
			t.Errorf("passes: %s", wrong.is)
		}
	}
}
