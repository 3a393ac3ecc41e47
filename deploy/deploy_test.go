// Package deploy holds what is in this folder against the program: manifests against the schemas of Kubernetes, queries
// against the metrics that are told.
package deploy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/bot/metrics"

	"github.com/VictoriaMetrics/metricsql"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

// validate gives the kinds of a file's objects, and what the API server would not take of them. An object's schema is
// strict: it allows no field that it does not name.
func validate(manifest []byte) (kinds []string, err error) {
	for docs := yaml.NewDecoder(bytes.NewReader(manifest)); ; {
		var object map[string]any // a field that stands there twice is refused by the decoder
		if e := docs.Decode(&object); errors.Is(e, io.EOF) {
			return kinds, err
		} else if e != nil {
			return kinds, errors.Join(err, e)
		}
		if object == nil {
			continue
		}
		version, _ := object["apiVersion"].(string)
		kind, _ := object["kind"].(string)
		group, number, named := strings.Cut(version, "/")
		name := kind + "-" + group
		if named {
			name = kind + "-" + strings.Split(group, ".")[0] + "-" + number
		}
		schema, e := jsonschema.NewCompiler().Compile(filepath.Join("testdata/schemas", strings.ToLower(name)+".json"))
		if e == nil {
			e = schema.Validate(object)
		}
		if err = errors.Join(err, e); e == nil {
			kinds = append(kinds, kind)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestManifests: every manifest is what Kubernetes takes, and together they hold what is promised.
func TestManifests(t *testing.T) {
	var all []string
	for _, name := range []string{"signpost.yaml", "redis.yaml", "secret.example.yaml"} {
		kinds, err := validate(read(t, filepath.Join("kubernetes", name)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		all = append(all, kinds...)
	}
	for _, want := range []string{"Deployment", "StatefulSet", "Service", "PodDisruptionBudget", "NetworkPolicy", "Secret",
		"ServiceAccount"} {
		if !slices.Contains(all, want) {
			t.Errorf("no %s", want)
		}
	}
	// What is wrong is seen: a field that there is not, a wrong type, a kind without its parts.
	good := string(read(t, "kubernetes/signpost.yaml"))
	for _, wrong := range []string{
		strings.Replace(good, "readOnlyRootFilesystem", "readonlyRootFilesystem", 1),
		strings.Replace(good, "replicas: 3", "replicas: three", 1),
		strings.Replace(good, "minAvailable: 2", "minAvailable: [2]", 1),
		strings.Replace(good, "policyTypes:", "policyType:", 1),
		strings.Replace(good, "  selector:\n    matchLabels: {app.kubernetes.io/name: signpost}\n  template:", "  template:", 1),
		strings.Replace(good, "kind: PodDisruptionBudget", "kind: PodDisruption", 1),
		strings.Replace(good, "kind: PodDisruptionBudget", "kind: ../schemas/Service", 1),
		strings.Replace(good, "replicas: 3", "replicas: 3\n  replicas: 3", 1),
		strings.Replace(good, "apiVersion: apps/v1", "apiVersion: apps/v1beta1", 1),
	} {
		if wrong == good {
			t.Error("nothing is wrong")
		} else if _, err := validate([]byte(wrong)); err == nil {
			t.Error("a wrong manifest passes")
		}
	}
}

// workload is what the test looks at of a Deployment or StatefulSet.
type workload struct {
	Kind string
	Spec struct {
		Replicas int
		Template struct {
			Spec struct {
				TerminationGracePeriodSeconds int `yaml:"terminationGracePeriodSeconds"`
				SecurityContext               struct {
					RunAsNonRoot bool `yaml:"runAsNonRoot"`
				} `yaml:"securityContext"`
				Containers []container
			}
		}
	}
}

type container struct {
	Name, Image                   string
	ReadinessProbe, LivenessProbe map[string]any
	Resources                     struct{ Limits map[string]string }
	SecurityContext               struct {
		Escalation   *bool `yaml:"allowPrivilegeEscalation"`
		ReadOnly     bool  `yaml:"readOnlyRootFilesystem"`
		Capabilities struct{ Drop []string }
	} `yaml:"securityContext"`
}

// TestWorkloadsAreConfined: nothing runs as root, writes outside its volumes, or without bounds.
func TestWorkloadsAreConfined(t *testing.T) {
	seen := 0
	for _, name := range []string{"kubernetes/signpost.yaml", "kubernetes/redis.yaml"} {
		for docs := yaml.NewDecoder(bytes.NewReader(read(t, name))); ; {
			var w workload
			if err := docs.Decode(&w); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if w.Kind != "Deployment" && w.Kind != "StatefulSet" {
				continue
			}
			pod := w.Spec.Template.Spec
			if w.Kind == "Deployment" && (w.Spec.Replicas < 3 || pod.TerminationGracePeriodSeconds < 30) {
				t.Errorf("%d replicas, with %d s to end", w.Spec.Replicas, pod.TerminationGracePeriodSeconds)
			}
			for _, c := range pod.Containers {
				seen++
				s := c.SecurityContext
				if !pod.SecurityContext.RunAsNonRoot || s.Escalation == nil || *s.Escalation || !s.ReadOnly ||
					!slices.Equal(s.Capabilities.Drop, []string{"ALL"}) || c.Resources.Limits["memory"] == "" {
					t.Errorf("%s is not confined: %+v", c.Name, c)
				}
				if c.Image != "signpost" && !strings.Contains(c.Image, "@sha256:") { // ours is pinned by who builds it
					t.Errorf("%s: %s has no digest", c.Name, c.Image)
				}
			}
		}
	}
	if seen != 2 {
		t.Errorf("%d containers", seen)
	}
	digest := regexp.MustCompile(`image: (\S+@sha256:[0-9a-f]{64})`)
	compose := digest.FindSubmatch(read(t, "../compose.yaml"))
	kubernetes := digest.FindSubmatch(read(t, "kubernetes/redis.yaml"))
	if compose == nil || kubernetes == nil || string(compose[1]) != string(kubernetes[1]) {
		t.Errorf("two images of Redis: %s, %s", compose, kubernetes)
	}
	for _, word := range []string{"--requirepass", "--appendonly", "--maxmemory", "noeviction"} {
		for _, name := range []string{"../compose.yaml", "kubernetes/redis.yaml"} {
			if !bytes.Contains(read(t, name), []byte(word)) {
				t.Errorf("%s: no %s", name, word)
			}
		}
	}
}

// told is every series' labels by the metric's name, of a program in which everything has happened once.
func told(t *testing.T) map[string]map[string]bool {
	t.Helper()
	m := metrics.New("v1")
	m.Tell(func() bool { return true }, func() bool { return true })
	m.Acked(metrics.HTTP, time.Second)
	m.AnsweredIn(time.Second)
	m.Diagnosed(time.Second)
	m.Checked("spf", "found")
	m.Asked("udp", "NOERROR")
	m.Called("chat.update", metrics.OK, time.Second)
	w := httptest.NewRecorder()
	m.Handler(metrics.Example()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	out := map[string]map[string]bool{}
	series := regexp.MustCompile(`(?m)^([a-z_]+)(?:\{(.*)\})? \S+$`)
	label := regexp.MustCompile(`(\w+)="`)
	for _, found := range series.FindAllStringSubmatch(w.Body.String(), -1) {
		labels := map[string]bool{"job": true, "instance": true} // Prometheus gives these two
		for _, l := range label.FindAllStringSubmatch(found[2], -1) {
			labels[l[1]] = true
		}
		out[found[1]] = labels
	}
	if len(out) < 50 {
		t.Fatalf("%d metrics", len(out))
	}
	return out
}

// asks checks a query: it can be parsed, and asks for metrics and labels that there are. It gives what is wrong.
func asks(metrics map[string]map[string]bool, query string) (names []string, err error) {
	query = strings.NewReplacer("$__rate_interval", "5m", "$job", "x").Replace(query)
	parsed, err := metricsql.Parse(query)
	if err != nil {
		return nil, err
	}
	labels := map[string]bool{}
	var by []string
	metricsql.VisitAll(parsed, func(e metricsql.Expr) {
		switch e := e.(type) {
		case *metricsql.MetricExpr:
			for _, filters := range e.LabelFilterss {
				name := ""
				for _, f := range filters {
					if f.Label == "__name__" {
						name = f.Value
					}
				}
				names = append(names, name)
				if metrics[name] == nil {
					err = errors.Join(err, fmt.Errorf("no metric %q", name))
				}
				for _, f := range filters {
					if f.Label != "__name__" && !metrics[name][f.Label] {
						err = errors.Join(err, fmt.Errorf("%s has no label %q", name, f.Label))
					}
				}
				for l := range metrics[name] {
					labels[l] = true
				}
			}
		case *metricsql.AggrFuncExpr:
			by = append(by, e.Modifier.Args...)
		case *metricsql.BinaryOpExpr:
			by = append(by, e.GroupModifier.Args...)
		case *metricsql.FuncExpr:
			if !known[e.Name] {
				err = errors.Join(err, fmt.Errorf("Prometheus has no function %q", e.Name))
			}
		}
	})
	for _, l := range by {
		if !labels[l] {
			err = errors.Join(err, fmt.Errorf("no label %q to group by", l))
		}
	}
	if len(names) == 0 {
		err = errors.Join(err, errors.New("asks for nothing"))
	}
	return names, err
}

// known is the functions of Prometheus that are used: the parser takes those of another dialect too.
var known = map[string]bool{"absent": true, "histogram_quantile": true, "rate": true, "increase": true}

// TestAlerts: every alert's query can be parsed, asks for what is told, and says what to do.
func TestAlerts(t *testing.T) {
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	d := yaml.NewDecoder(bytes.NewReader(read(t, "prometheus/signpost.rules.yaml")))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	metrics, seen := told(t), map[string]bool{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if _, err := asks(metrics, r.Expr); err != nil {
				t.Errorf("%s: %v", r.Alert, err)
			}
			if _, err := time.ParseDuration(r.For); r.For != "" && err != nil {
				t.Errorf("%s: %v", r.Alert, err)
			}
			if seen[r.Alert] || r.Annotations["summary"] == "" || r.Annotations["description"] == "" ||
				r.Labels["severity"] != "warning" && r.Labels["severity"] != "critical" {
				t.Errorf("%s: twice, or without words", r.Alert)
			}
			seen[r.Alert] = true
		}
	}
	if len(seen) < 10 {
		t.Errorf("%d alerts", len(seen))
	}
	for _, wrong := range []string{"signpost_acks_seconds > 1", "sum(", "up > 0 if 1", "rate(signpost_jobs_total[5m]",
		`signpost_ready{lane="x"} == 0`, "sum by (lane) (signpost_ready)", "median_over_time(signpost_ready[5m])", "1 > 2"} {
		if _, err := asks(metrics, wrong); err == nil {
			t.Errorf("passes: %s", wrong)
		}
	}
}

// TestDashboard: every panel's query can be parsed and asks for what is told; every metric of ours is shown.
func TestDashboard(t *testing.T) {
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(read(t, "grafana/signpost.json"), &board); err != nil {
		t.Fatal(err)
	}
	metrics, shown, ids := told(t), map[string]bool{}, map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.Title == "" || len(p.Targets) == 0 || p.GridPos.X+p.GridPos.W > 24 || p.GridPos.H == 0 {
			t.Errorf("panel %d %q", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, q := range p.Targets {
			names, err := asks(metrics, q.Expr)
			if err != nil {
				t.Errorf("%s: %v", p.Title, err)
			}
			for _, n := range names {
				shown[strings.TrimSuffix(n, "_bucket")] = true
			}
		}
	}
	for name := range metrics {
		name = regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
		if strings.HasPrefix(name, "signpost_") && !shown[name] {
			t.Errorf("%s is not shown", name)
		}
	}
}
