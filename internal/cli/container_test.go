package cli

import (
	"io"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"signpost/internal/redistest"

	"gopkg.in/yaml.v3"
)

// dockerfile is what a Dockerfile's last stage says, by its instruction; of several the words of all.
func dockerfile(text string) map[string][]string {
	out := map[string][]string{}
	text = strings.ReplaceAll(text, "\\\n", " ")
	for line := range strings.Lines(text[strings.LastIndex(text, "\nFROM ")+1:]) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		rest = strings.NewReplacer("[", " ", "]", " ", `"`, " ", ",", " ").Replace(rest)
		out[name] = append(out[name], strings.Fields(rest)...)
	}
	return out
}

// service is what is looked at of a service of compose.yaml.
type service struct {
	Environment map[string]string
	Command     []string
	Ports       []string
	Volumes     []string
	Networks    []string
	ReadOnly    bool   `yaml:"read_only"`
	MemLimit    string `yaml:"mem_limit"`
	Grace       string `yaml:"stop_grace_period"`
	Healthcheck struct{ Test []string }
}

type composeFile struct {
	Services map[string]service
	Networks map[string]struct{ Internal bool }
	Volumes  map[string]any
}

func readCompose(t *testing.T) (c composeFile) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, "compose.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// mebibytes reads 1g, 512mb, 900MiB and 460MiB.
func mebibytes(t *testing.T, text string) int {
	t.Helper()
	m := regexp.MustCompile(`(?i)^(\d+)(g|gi|gb|m|mi|mb|mib)$`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no size: %q", text)
	}
	n, _ := strconv.Atoi(m[1])
	if strings.HasPrefix(strings.ToLower(m[2]), "g") {
		n *= 1024
	}
	return n
}

// TestContainer: the image runs commands that the program has, as nobody, at the port that it listens on, by settings
// that it reads; compose and the manifests say the same.
func TestContainer(t *testing.T) {
	image, compose := dockerfile(read(t, "Dockerfile")), readCompose(t)
	manifest := read(t, "deploy/kubernetes/signpost.yaml")
	bot, redis := compose.Services["bot"], compose.Services["redis"]
	args := regexp.MustCompile(`(?m)^ +args: \[(.*)\]$`).FindStringSubmatch(manifest)
	health := slices.Index(image["HEALTHCHECK"], "CMD")
	if !slices.Equal(image["ENTRYPOINT"], []string{"/signpost"}) || health < 0 || args == nil ||
		image["HEALTHCHECK"][health+1] != "/signpost" {
		t.Fatalf("%v\n%v", image, args)
	}
	for _, command := range [][]string{image["CMD"], image["HEALTHCHECK"][health+2:], strings.Fields(args[1])} {
		if code, _, errs := call(t, "", append(slices.Clone(command), "--help")...); code != 0 || len(command) == 0 {
			t.Errorf("%v: exit %d, %s", command, code, errs)
		}
	}
	// Where it listens, where it is asked for its health, what is let out.
	listen := slices.IndexFunc(image["ENV"], func(s string) bool { return strings.HasPrefix(s, "SIGNPOST_LISTEN=") })
	port, ok := strings.CutPrefix(image["ENV"][max(listen, 0)], "SIGNPOST_LISTEN=:")
	for name, right := range map[string]bool{
		"the image's": ok && slices.Equal(image["EXPOSE"], []string{port}),
		"compose's": slices.Equal(bot.Ports, []string{"127.0.0.1:" + port + ":" + port}) &&
			bot.Environment["SIGNPOST_LISTEN"] == ":"+port,
		"the manifest's": strings.Contains(manifest, "{name: SIGNPOST_LISTEN, value: \":"+port+"\"}") &&
			strings.Contains(manifest, "{name: http, containerPort: "+port+"}"),
	} {
		if !right {
			t.Errorf("%s port is not %s", name, port)
		}
	}
	// Who runs it, and what it may write: nothing.
	user, _, _ := strings.Cut(strings.Join(image["USER"], ""), ":")
	if !strings.Contains(manifest, "runAsUser: "+user+"\n") || user == "0" || user == "" || !bot.ReadOnly ||
		len(bot.Volumes) > 0 {
		t.Errorf("user %q, %+v", user, bot)
	}
	// Go's own limit leaves room below the container's; both end it later than it takes.
	limit := regexp.MustCompile(`GOMEMLIMIT, value: (\w+)[\s\S]*limits: .*memory: (\w+)`).FindStringSubmatch(manifest)
	grace, err := time.ParseDuration(bot.Grace)
	if limit == nil || mebibytes(t, limit[1]) >= mebibytes(t, limit[2]) || err != nil || grace < 30*time.Second ||
		mebibytes(t, bot.Environment["GOMEMLIMIT"]) >= mebibytes(t, bot.MemLimit) {
		t.Errorf("limits %v, grace %v %v", limit, grace, err)
	}
	// Redis: reached by the bot alone, by the password that it is started with, and on a volume that is declared.
	host := regexp.MustCompile(`^redis://:\$\{REDIS_PASSWORD:\?[^}]+\}@(\w+):6379/0$`).
		FindStringSubmatch(bot.Environment["REDIS_URL"])
	kept := strings.Split(strings.Join(redis.Volumes, ""), ":")
	if _, declared := compose.Volumes[kept[0]]; host == nil || len(compose.Services[host[1]].Command) == 0 || !declared ||
		kept[len(kept)-1] != "/data" || len(redis.Ports) > 0 || len(redis.Networks) != 1 ||
		!compose.Networks[redis.Networks[0]].Internal || !slices.Contains(bot.Networks, redis.Networks[0]) {
		t.Errorf("Redis: %v, %+v", host, redis)
	}
	settingsAreRead(t, slices.Collect(maps.Keys(bot.Environment)), manifest)
}

// settingsAreRead holds every setting that the files around the program name against those that something reads.
func settingsAreRead(t *testing.T, composed []string, manifest string) {
	t.Helper()
	_, known, _ := call(t, "", "serve", "--help")
	_, all, _ := call(t, "", "--help")
	known += all + " GOMEMLIMIT ZONEINFO SSL_CERT_FILE REDIS_PASSWORD " // Go's; compose's
	names := slices.Clone(composed)
	for _, in := range []struct{ text, pattern string }{
		{manifest, `{name: ([A-Z_]+), value:`}, {read(t, "deploy/kubernetes/secret.example.yaml"), `(?m)^  ([A-Z_]+):`},
		{read(t, ".env.example"), `(?m)^#?([A-Z_]+)=`}, {read(t, "Dockerfile"), `(?m)^(?:ENV|   ) +([A-Z_]+)=`},
	} {
		found := regexp.MustCompile(in.pattern).FindAllStringSubmatch(in.text, -1)
		if len(found) == 0 {
			t.Errorf("no setting by %s", in.pattern)
		}
		for _, m := range found {
			names = append(names, m[1])
		}
	}
	for _, name := range names {
		if !regexp.MustCompile(`\b` + name + `\b`).MatchString(known) {
			t.Errorf("nothing reads %s", name)
		}
	}
}

// TestComposedRedis: a redis-server takes the command of compose.yaml, and its health check tells whether it answers to
// the password.
func TestComposedRedis(t *testing.T) {
	_, port, _ := strings.Cut(redistest.Start(t).Addr, ":") // or it is said that this machine has none
	n, _ := strconv.Atoi(port)
	port, dir := strconv.Itoa(n+10_000), t.TempDir() // which is free too
	redis := readCompose(t).Services["redis"]
	command := slices.Clone(redis.Command)
	for i, word := range command {
		command[i] = strings.ReplaceAll(word, "${REDIS_PASSWORD}", "abc123")
	}
	server := exec.Command(command[0], append(command[1:], "--port", port, "--bind", "127.0.0.1", "--dir", dir)...)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	if redis.Healthcheck.Test[0] != "CMD-SHELL" {
		t.Fatal(redis.Healthcheck.Test)
	}
	check := strings.ReplaceAll(redis.Healthcheck.Test[1], "redis-cli", "redis-cli -h 127.0.0.1 -p "+port)
	healthy := func(password string) bool {
		c := exec.Command("sh", "-c", check)
		c.Env, c.Stderr = append(c.Environ(), "REDISCLI_AUTH="+password), io.Discard
		return c.Run() == nil
	}
	up := false
	for end := time.Now().Add(10 * time.Second); !up && time.Now().Before(end); {
		up = healthy("abc123")
	}
	if !up || healthy("") || healthy("abc124") {
		t.Errorf("with the password %t, without %t, with another %t", up, healthy(""), healthy("abc124"))
	}
}
