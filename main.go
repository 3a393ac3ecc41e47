// Signpost diagnoses business mail in team chat: what is wrong, who has to act, and the exact record to publish.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"signpost/bot"
	"signpost/bot/console"
	"signpost/bot/health"
	"signpost/bot/jobs"
	"signpost/cases"
	"signpost/commands"
	"signpost/commands/batch"
	"signpost/diag"
	"signpost/diag/lab"
	"signpost/diag/protocol/bimi"
	"signpost/diag/protocol/spf"
	"signpost/diag/registry"
	"signpost/diag/resolve"
	"signpost/diag/visible"
	"signpost/kb"

	"github.com/alecthomas/kong"
	"github.com/redis/go-redis/v9"
	"golang.org/x/term"
	"golang.org/x/text/language"
)

// system is what the program stands in: its input and outputs.
type system struct {
	in       io.Reader
	out, err io.Writer
}

// usageError is a mistake in the call: exit code 2.
type usageError struct{ error }

// exitError is any other end of the program: its code.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

type cli struct {
	Console  consoleCmd  `cmd:"" help:"Chat with Signpost in this terminal. With --demo on a small mail internet of its own, without network."`
	Check    checkCmd    `cmd:"" help:"Diagnose domains. Exit code 0: nothing wrong, 1: something is, 3: something could not be checked, 2: bad usage."`
	Spf      spfCmd      `cmd:"" help:"Does this address pass SPF for this domain? RFC 7208 check_host, with every term on the way."`
	Serve    serveCmd    `cmd:"" help:"Be Signpost in Slack: Socket Mode, signed HTTP, or both."`
	Kb       kbCmd       `cmd:"" help:"Look at the knowledge base: support channels, providers, what findings mean."`
	Cases    casesCmd    `cmd:"" help:"Take the casebook out of REDIS_URL, or an export of it in."`
	Manifest manifestCmd `cmd:"" help:"Print the manifest of the Slack app, generated from the commands."`
	Health   healthCmd   `cmd:"" help:"Ask the bot that listens at SIGNPOST_LISTEN whether it is well. Exit code 0: it is."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// dnsFlags are the ways into DNS.
type dnsFlags struct {
	Resolver  []string `placeholder:"HOST[:PORT]" env:"SIGNPOST_RESOLVERS" help:"Recursive resolver to ask instead of the authoritative servers; may be repeated."`
	RootHints string   `placeholder:"FILE" env:"SIGNPOST_ROOT_HINTS" help:"Root servers to start from, in master-file form."`
	Blocklist []string `placeholder:"ID" env:"SIGNPOST_BLOCKLISTS" help:"DNS blocklist to ask, such as spamhaus-zen; naming it says that you agree to its terms of use. May be repeated."`
	Data      string   `placeholder:"DIR" env:"SIGNPOST_DATA" help:"Folder of your organisation's own knowledge files, read again when they change."`
	MarkRoots string   `placeholder:"FILE" env:"SIGNPOST_MARK_ROOTS" help:"Roots of further mark authorities (BIMI), in PEM."`
	Verbose   bool     `short:"v" help:"Print every DNS question as it is asked (also SIGNPOST_DEBUG=dns)."`
}

// ground is what a command that diagnoses stands on.
type ground struct {
	kb         *kb.Base
	live       *kb.Live
	net        *resolve.Net
	lang       language.Tag
	resolvers  []diag.Recursive // whose caches are compared
	registry   *registry.Directory
	blocklists []diag.Blocklist
}

// deps is what commands stand on.
func (g ground) deps() commands.Deps {
	return commands.Deps{KB: g.kb, Latest: g.live.Base, Net: g.net, Now: time.Now, Resolvers: g.resolvers, Registry: g.registry, Blocklists: g.blocklists}
}

func (d dnsFlags) open(s *system, lang string) (g ground, err error) {
	if err := commands.Validate(); err != nil {
		return g, err
	}
	if g.live, err = kb.Open(d.Data); err != nil {
		return g, err
	}
	if err := g.live.Err(); err != nil {
		fmt.Fprintf(s.err, "signpost: SIGNPOST_DATA: %v\nsignpost: going on with the built-in knowledge until that is mended; see signpost kb check\n", err)
	}
	g.kb = g.live.Base()
	return g, d.prepare(s, lang, &g)
}

// openForDiagnosis is open with the knowledge that a diagnosis needs alone, so that a command that ends soon starts at once.
func (d dnsFlags) openForDiagnosis(s *system, lang string) (g ground, err error) {
	if d.Data != "" {
		return d.open(s, lang)
	}
	if g.kb, err = kb.ForDiagnosis(); err != nil {
		return g, err
	}
	return g, d.prepare(s, lang, &g)
}

// prepare adds the language and the ways to the outside.
func (d dnsFlags) prepare(s *system, lang string, g *ground) (err error) {
	if g.lang, err = parseLang(lang); err != nil {
		return err
	}
	if g.blocklists, err = g.kb.Blocklists(d.Blocklist); err != nil {
		return usageError{fmt.Errorf("%w. For example: --blocklist spamhaus-zen", err)}
	}
	if g.registry, err = registry.Default(); err != nil {
		return err
	}
	if g.net, err = d.net(s); err != nil {
		return err
	}
	switch {
	case len(d.Resolver) > 0:
		for _, a := range g.net.Resolvers {
			g.resolvers = append(g.resolvers, diag.Recursive{ID: a.String(), Address: a})
		}
	case d.RootHints == "":
		g.resolvers = g.kb.Resolvers()
	}
	return nil
}

// net builds the way to the outside: chosen resolvers alone, or the tree from the root, with the machine's resolvers behind it.
func (d dnsFlags) net(s *system) (*resolve.Net, error) {
	n := &resolve.Net{}
	n.Public.PerSecond, n.Public.Burst = 50, 200 // public resolvers are many people's
	for _, text := range d.Resolver {
		for _, one := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' }) {
			a, err := resolve.ParseServer(one)
			if err != nil {
				return nil, usageError{fmt.Errorf("%w. For example: --resolver 192.0.2.53 or --resolver 192.0.2.53:5353", err)}
			}
			n.Resolvers = append(n.Resolvers, a)
		}
	}
	n.ResolversOnly = len(n.Resolvers) > 0 && d.RootHints == ""
	if len(n.Resolvers) == 0 && d.RootHints == "" {
		n.Resolvers = resolve.SystemResolvers()
	}
	if d.RootHints != "" {
		f, err := os.Open(d.RootHints)
		if err != nil {
			return nil, usageError{err}
		}
		defer f.Close()
		if n.Roots, err = resolve.ReadHints(f); err != nil {
			return nil, usageError{err}
		}
	}
	if d.MarkRoots != "" {
		file, err := os.ReadFile(d.MarkRoots)
		if err != nil {
			return nil, usageError{err}
		}
		roots, ok := bimi.WithRoots(file)
		if !ok {
			return nil, usageError{fmt.Errorf("no certificate in PEM in %s", d.MarkRoots)}
		}
		n.MarkAuthorities = roots
	}
	if d.Verbose || os.Getenv("SIGNPOST_DEBUG") == "dns" {
		n.Trace = traceTo(s.err)
	}
	return n, nil
}

// traceTo prints each question with its server, rcode and time.
func traceTo(w io.Writer) func(resolve.Event) {
	var mu sync.Mutex
	return func(e resolve.Event) {
		said, transport := e.Rcode, "udp"
		if e.Err != nil {
			said = e.Err.Error()
		}
		if e.TCP {
			transport = "tcp"
		}
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, "dns %-4s %-40s @%-22s %6.1f ms  %s\n", transport, e.Question, e.Server, float64(e.RTT.Microseconds())/1000, said)
	}
}

// parseLang reads a language; the environment's where the text is empty.
func parseLang(text string) (language.Tag, error) {
	if text == "" {
		text, _, _ = strings.Cut(os.Getenv("LANG"), ".")
		if tag, err := language.Parse(strings.ReplaceAll(text, "_", "-")); err == nil {
			return tag, nil
		}
		return language.English, nil
	}
	tag, err := language.Parse(text)
	if err != nil {
		return tag, usageError{fmt.Errorf("no such language: %s. For example: --lang zh", text)}
	}
	return tag, nil
}

// face is how text looks on an output.
func face(w io.Writer) console.Face {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return console.Face{}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	return console.Face{Width: width, Colour: os.Getenv("NO_COLOR") == ""}
}

func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

type consoleCmd struct {
	dnsFlags
	Demo bool   `help:"Use the lab: a mail internet on this machine, with faults to look at. No network is needed."`
	JSON bool   `name:"json" help:"Print each answer as one JSON line."`
	Lang string `placeholder:"en|zh" env:"SIGNPOST_LANG" help:"Language of the answers."`
}

// demoLists is the blocklists that the lab itself serves.
var demoLists = []diag.Blocklist{
	{ID: "lab-ip", Name: "Lab IP list", Zone: "ip.blocklists.test", Codes: map[netip.Addr]string{netip.MustParseAddr("127.0.0.2"): "spam source"}},
	{ID: "lab-domain", Name: "Lab domain list", Zone: "domain.blocklists.test", Domains: true, Codes: map[netip.Addr]string{netip.MustParseAddr("127.0.1.2"): "spam domain"}},
}

func (c *consoleCmd) Run(ctx context.Context, s *system) error {
	g, err := c.open(s, c.Lang)
	if err != nil {
		return err
	}
	deps := g.deps()
	store, closeStore, err := jobs.Embedded(ctx)
	if err != nil {
		return err
	}
	defer closeStore()
	deps.Book = cases.OpenBook(store, time.Now)
	banner := commands.Text(g.lang, "console.banner", nil)
	if c.Demo {
		l, err := lab.Start()
		if err != nil {
			return err
		}
		defer l.Close()
		deps.Net = l.Net()
		deps.Net.Trace = g.net.Trace
		deps.Registry, deps.Resolvers, deps.Blocklists = l.Registry(), nil, demoLists
		for _, a := range l.Resolvers() {
			deps.Resolvers = append(deps.Resolvers, diag.Recursive{ID: a.Addr().String(), Region: "lab", Address: a})
		}
		for _, d := range l.Domains() {
			deps.Demo = append(deps.Demo, commands.DemoDomain{Domain: d.Name, Fault: d.Fault, Codes: d.Codes})
		}
		deps.Publish = func(records []kb.Record) error {
			var changes []lab.Published
			for _, r := range records {
				changes = append(changes, lab.Published(r))
			}
			_, err := l.Publish(changes)
			return err
		}
		banner = commands.Text(g.lang, "demo.banner", nil)
	}
	if !c.Demo {
		go g.registry.Keep(ctx, g.net)
	}
	chat := &console.Chat{
		In: s.in, Out: s.out, Terminal: isTerminal(s.in) && isTerminal(s.out), JSON: c.JSON, Lang: g.lang, Face: face(s.out), Deps: deps, Banner: banner,
	}
	return chat.Run(ctx)
}

type checkCmd struct {
	dnsFlags
	Domains  []string      `arg:"" name:"domain" help:"Domains to check; - reads them from standard input, one a line."`
	JSON     bool          `name:"json" help:"Print each report as one line of JSON, as it is done: --format json."`
	Format   string        `default:"text" enum:"text,json,csv" help:"text or csv, in the order of the domains, or json, one line each as it is done."`
	Lang     string        `placeholder:"en|zh" env:"SIGNPOST_LANG" help:"Language of the answers."`
	Only     []string      `placeholder:"CHECK,..." help:"Make these checks only."`
	Selector []string      `placeholder:"S" help:"DKIM selector to look for; may be repeated."`
	SourceIP []netip.Addr  `name:"source-ip" placeholder:"IP" help:"Address that sends for the domain; may be repeated."`
	NS       []string      `name:"ns" placeholder:"HOST[=ADDRESS]" help:"Name server to examine the zone through, as it will be when the delegation leads there; may be repeated."`
	Timeout  time.Duration `default:"20s" help:"How long one domain may take."`
	NoSMTP   bool          `name:"no-smtp" help:"Connect to no mail server."`
	Probes   string        `name:"mail-probes" default:"auto" enum:"auto,own,all,none" help:"Mail hosts asked by up to 3 more connections which old TLS and weak ciphers they agree to: own, the domain's own; all of its MX; none. Auto: own for one domain, none for several."`
	Parallel int           `short:"j" default:"64" help:"Domains examined at once."`
}

func (c *checkCmd) Run(ctx context.Context, s *system) error {
	var names []string
	for _, x := range diag.Checks() {
		names = append(names, x.Name)
	}
	for _, o := range c.Only {
		if !slices.Contains(names, o) {
			return usageError{fmt.Errorf("no such check: %s. There are: %s", o, strings.Join(names, ", "))}
		}
	}
	if c.Timeout <= 0 || c.Parallel < 1 || c.Parallel > 1000 {
		return usageError{errors.New("--timeout must be above 0, --parallel between 1 and 1000. For example: --timeout 20s")}
	}
	through, err := diag.ParseThrough(c.NS, true)
	if err != nil {
		return usageError{fmt.Errorf("--ns: %w. For example: --ns ns1.example.net or --ns ns1.example.net=192.0.2.53", err)}
	}
	g, err := c.openForDiagnosis(s, c.Lang)
	if err != nil {
		return err
	}
	format := batch.Format(c.Format)
	if c.JSON {
		format = batch.JSON
	}
	run := &batch.Check{
		Domains: c.Domains, In: s.in, Out: s.out, Err: s.err, Format: format, Progress: isTerminal(s.err) && !c.Verbose, Text: face(s.out).Text, Lang: g.lang,
		Timeout: c.Timeout, Parallel: c.Parallel, Net: g.net, KB: g.kb,
		Options: diag.Options{
			Only: c.Only, Selectors: c.Selector, SourceIPs: c.SourceIP, NoSMTP: c.NoSMTP, Through: through, ThroughTrusted: true,
			Providers: g.kb.Fingerprints(), Operators: g.kb.Operators(), Issuers: g.kb.Issuers(),
			ControlHosts: g.kb.ControlHosts(), Blocklists: g.blocklists,
		},
	}
	// The registries and the resolvers of strangers are asked for one domain at a time, not for lists of them.
	one := len(c.Domains) == 1 && c.Domains[0] != "-"
	if !one {
		run.Options.Bulk, g.net.Remember = true, true
		debug.SetGCPercent(300) // memory for speed: a run over many domains keeps little of each
	}
	switch {
	case c.Probes == "all":
		run.Options.MailProbes = diag.ProbeAll
	case c.Probes == "none", c.Probes == "auto" && !one:
		run.Options.MailProbes = diag.ProbeNone
	}
	if one || slices.Contains(c.Only, diag.Registration.Name) {
		run.Options.Registry = g.registry
	}
	if one || len(c.Resolver) > 0 || slices.Contains(c.Only, diag.Propagation.Name) {
		run.Options.Resolvers = g.resolvers
	}
	if code := run.Run(ctx); code != 0 {
		return exitError(code)
	}
	return nil
}

type spfCmd struct {
	dnsFlags
	IP       netip.Addr    `required:"" help:"The sending address."`
	MailFrom string        `name:"mail-from" placeholder:"ADDR" help:"Envelope sender."`
	Helo     string        `placeholder:"NAME" help:"Name given in HELO or EHLO."`
	Domain   string        `arg:"" optional:"" help:"Domain whose record is read; by default that of --mail-from or --helo."`
	JSON     bool          `name:"json" help:"Print the outcome as JSON."`
	Timeout  time.Duration `default:"20s" help:"How long it may take."`
}

func (c *spfCmd) Run(ctx context.Context, s *system) error {
	q := spf.Query{IP: c.IP, MailFrom: c.MailFrom, Helo: c.Helo, Now: time.Now()}
	if c.Domain != "" {
		t, err := diag.ParseTarget(c.Domain)
		if err != nil {
			return usageError{err}
		}
		q.Domain = t.Domain
	}
	if c.Domain == "" && c.MailFrom == "" && c.Helo == "" {
		return usageError{errors.New("whose record? For example: signpost spf --ip 203.0.113.7 example.com")}
	}
	n, err := c.net(s)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	session := n.NewSession(q.Domain)
	defer session.Close()
	out := spf.Evaluate(ctx, session, q)
	if c.JSON {
		return visible.Encode(s.out, out)
	}
	batch.PrintSPF(s.out, out)
	return nil
}

type serveCmd struct {
	dnsFlags
	BotToken      string `env:"SLACK_BOT_TOKEN" hidden:""`
	AppToken      string `env:"SLACK_APP_TOKEN" hidden:""`
	SigningSecret string `env:"SLACK_SIGNING_SECRET" hidden:""`
	APIURL        string `name:"api-url" env:"SLACK_API_URL" hidden:""`
	Redis         string `env:"REDIS_URL" hidden:""`
	Listen        string `placeholder:"ADDRESS" env:"SIGNPOST_LISTEN" help:"Where to listen for HTTP, such as :8080."`
	Lang          string `placeholder:"en|zh" env:"SIGNPOST_LANG" help:"Language where Slack tells none."`
	Handover      string `placeholder:"CHANNEL" env:"SIGNPOST_HANDOVER" help:"Channel, by its id such as C0123ABCD, to which a conversation is handed when somebody asks for a person."`
	Workers       int    `default:"64" help:"Requests answered at once."`
	LogLevel      string `default:"info" enum:"debug,info,warn,error" help:"What to log: debug, info, warn or error."`
}

func (c *serveCmd) Run(ctx context.Context, s *system) error {
	if c.Workers < 1 || c.Workers > 1000 {
		return usageError{errors.New("--workers must be between 1 and 1000. For example: --workers 64")}
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return usageError{err}
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: level})))
	g, err := c.open(s, c.Lang)
	if err != nil {
		return err
	}
	settings := bot.Config{
		BotToken: c.BotToken, AppToken: c.AppToken, SigningSecret: c.SigningSecret, APIURL: c.APIURL, Listen: c.Listen, Lang: g.lang,
		Deps: g.deps(),
	}
	if _, err := bot.New(settings); err != nil { // before anything is opened
		return usageError{err}
	}
	store, closeStore, err := openStore(ctx, s, c.Redis)
	if err != nil {
		return err
	}
	defer closeStore()
	settings.Queue, settings.Deps.Book, settings.Deps.Handover = jobs.New(store, c.Workers), cases.OpenBook(store, time.Now), c.Handover
	settings.Deps.Runs = commands.NewRuns(time.Now, commands.ChecksAnHour)
	go g.registry.Keep(ctx, g.net)
	b, err := bot.New(settings)
	if err != nil {
		return usageError{err}
	}
	return b.Run(ctx)
}

// openStore opens the Redis of REDIS_URL; the embedded store where there is none.
func openStore(ctx context.Context, s *system, url string) (client redis.UniversalClient, stop func(), err error) {
	if url == "" {
		fmt.Fprintln(s.err, "signpost: REDIS_URL is not set: running on the embedded store, which keeps nothing when this process ends.")
		return jobs.Embedded(ctx)
	}
	client, err = jobs.Connect(ctx, url)
	switch {
	case errors.Is(err, jobs.ErrURL):
		return nil, nil, usageError{fmt.Errorf("REDIS_URL: %w", err)}
	case err != nil:
		return nil, nil, fmt.Errorf("REDIS_URL: %w. Start Redis there, or unset REDIS_URL to try the embedded store, which keeps nothing", err)
	}
	cases.Confirm(client)
	for _, w := range jobs.Examine(ctx, client) {
		slog.Warn("redis is not fit to keep cases", "node", w.Node, "fault", w.Fault, "remedy", w.Remedy)
	}
	return client, func() { _ = client.Close() }, nil
}

type kbCmd struct {
	Check  kbCheckCmd  `cmd:"" help:"Are your own knowledge files whole? Exit code 0: they are, 2: they are not; every fault with file, line and field."`
	Verify kbVerifyCmd `cmd:"" help:"Fetch the source page of every support channel, and list those that are gone or no longer show the contact."`
	Score  kbScoreCmd  `cmd:"" help:"Read a folder of bounces with what is right for each (bounces.tsv), and print right, vague, wrong and unknown by family. Exit code 0: enough are right, 1: not, 2: it cannot be read."`
}

type kbScoreCmd struct {
	Dir   string  `arg:"" type:"existingdir" help:"Folder with bounces.tsv (file, tab, right causes with commas between) and the files beside it or in its folder bounces."`
	Least float64 `default:"95" help:"How many of a hundred must be right."`
}

func (c *kbScoreCmd) Run(s *system) error {
	base, err := kb.Load()
	if err != nil {
		return err
	}
	enough, err := batch.ScoreKB(s.out, base, os.DirFS(c.Dir), c.Least)
	if err != nil {
		return usageError{err}
	}
	if !enough {
		return exitError(1)
	}
	return nil
}

type kbCheckCmd struct {
	Data string `arg:"" optional:"" name:"dir" env:"SIGNPOST_DATA" help:"Folder of your organisation's own knowledge files."`
}

func (c *kbCheckCmd) Run(s *system) error {
	base, err := kb.LoadWith(c.Data)
	if err != nil {
		return usageError{err}
	}
	return batch.DescribeKB(s.out, base, time.Now())
}

type kbVerifyCmd struct {
	Data string `arg:"" optional:"" name:"dir" env:"SIGNPOST_DATA" help:"Folder of your organisation's own knowledge files."`
}

func (c *kbVerifyCmd) Run(ctx context.Context, s *system) error {
	base, err := kb.LoadWith(c.Data)
	if err != nil {
		return usageError{err}
	}
	if code := batch.VerifyKB(ctx, s.out, base, batch.PublicClient()); code != 0 {
		return exitError(code)
	}
	return nil
}

type casesCmd struct {
	Export casesExportCmd `cmd:"" help:"Write every case of a workspace: json can be read in again, csv has one line a case, md is to be read."`
	Import casesImportCmd `cmd:"" help:"Read an export in json. Cases keep their numbers; one that is there already stays as it is."`
}

// casebook is which workspace's casebook is meant.
type casebook struct {
	Redis string `env:"REDIS_URL" hidden:""`
	Team  string `required:"" placeholder:"T0123ABCD" help:"The workspace's id, as the log of serve and any Slack link tell it."`
}

// open opens the casebook. An embedded one would be empty.
func (c casebook) open(ctx context.Context, s *system) (*cases.Book, func(), error) {
	if c.Redis == "" {
		return nil, nil, usageError{errors.New("REDIS_URL is not set: where is the casebook? For example: REDIS_URL=redis://localhost:6379/0 signpost cases export --team T0123ABCD")}
	}
	store, stop, err := openStore(ctx, s, c.Redis)
	if err != nil {
		return nil, nil, err
	}
	return cases.OpenBook(store, time.Now), stop, nil
}

type casesExportCmd struct {
	casebook
	Format string `default:"json" enum:"json,csv,md" help:"json, csv or md."`
}

func (c *casesExportCmd) Run(ctx context.Context, s *system) error {
	book, stop, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer stop()
	if last, err := book.Last(ctx, c.Team); err != nil {
		return err
	} else if last == 0 {
		return usageError{fmt.Errorf("there is no case of a workspace %q in this store. For example: signpost cases export --team T0123ABCD --format csv", c.Team)}
	}
	out, err := book.Export(ctx, c.Team, c.Format, nil)
	if err != nil {
		return err
	}
	_, err = s.out.Write(out)
	return err
}

type casesImportCmd struct {
	casebook
	File string `arg:"" default:"-" help:"The export; - reads standard input."`
}

func (c *casesImportCmd) Run(ctx context.Context, s *system) error {
	in := s.in
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return usageError{err}
		}
		defer f.Close()
		in = f
	}
	book, stop, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer stop()
	taken, left, err := book.Import(ctx, c.Team, in)
	if taken+left > 0 || err == nil {
		fmt.Fprintf(s.err, "signpost: cases taken in: %d, left as they were: %d\n", taken, left)
	}
	if errors.Is(err, cases.ErrFormat) {
		return usageError{fmt.Errorf("%s: %s For example: signpost cases export --team T0123ABCD > casebook.json", c.File, commands.WhyNoImport(language.English, err))}
	}
	return err
}

type manifestCmd struct {
	URL  string `name:"url" placeholder:"https://HOST" help:"Base URL for signed HTTP; without it the app uses Socket Mode."`
	Lang string `placeholder:"en|zh" env:"SIGNPOST_LANG" help:"Language of the descriptions."`
	// History is for teams that record what is said in the threads of cases.
	History bool `help:"Ask for the history of channels too, so that replies in the threads of cases can be recorded (/mailset record=on)."`
	Emoji   bool `help:"Ask for reactions too, so that the state of a case can be set by emoji (/mailset emoji=on)."`
}

func (c *manifestCmd) Run(s *system) error {
	lang, err := parseLang(c.Lang)
	if err != nil {
		return err
	}
	var extras []bot.Extra
	if c.History {
		extras = append(extras, bot.History)
	}
	if c.Emoji {
		extras = append(extras, bot.Emoji)
	}
	out, err := bot.Manifest(lang, c.URL, extras...)
	if err != nil {
		return usageError{err}
	}
	_, err = s.out.Write(out)
	return err
}

type healthCmd struct {
	Listen string `placeholder:"ADDRESS" default:":8080" env:"SIGNPOST_LISTEN" help:"Where the bot listens."`
}

func (c *healthCmd) Run(ctx context.Context) error { return health.Probe(ctx, c.Listen) }

type versionCmd struct{}

// version is set when a container is built: its sources hold no history.
var version string

func (versionCmd) Run(s *system) error {
	v := cmp.Or(version, "unknown")
	if info, ok := debug.ReadBuildInfo(); ok && version == "" {
		v = info.Main.Version
		for _, kv := range info.Settings {
			if kv.Key == "vcs.revision" {
				v += " " + kv.Value
			}
		}
	}
	fmt.Fprintln(s.out, "signpost", v)
	return nil
}

const environment = `
Environment:
  SLACK_BOT_TOKEN        bot token (xoxb-...)
  SLACK_APP_TOKEN        app-level token (xapp-...): Socket Mode
  SLACK_SIGNING_SECRET   signing secret: HTTP mode
  SLACK_API_URL          another base of the Slack API, ending in /api/
  REDIS_URL              redis://, rediss://, sentinel or cluster form
  SIGNPOST_LISTEN        address for HTTP, such as :8080
  SIGNPOST_RESOLVERS     recursive resolvers, HOST[:PORT], parted by commas
  SIGNPOST_ROOT_HINTS    file of root hints
  SIGNPOST_BLOCKLISTS    blocklists whose terms you agree to, parted by commas
  SIGNPOST_DATA          folder of your organisation's own knowledge files
  SIGNPOST_HANDOVER      channel where people take over, such as C0123ABCD
  SIGNPOST_LANG          default language: en or zh
  SIGNPOST_DEBUG=dns     print every DNS question
`

// run is the whole program but for its exit.
func run(ctx context.Context, s *system, args []string) int {
	var c cli
	help := false
	parser, err := kong.New(&c, kong.Name("signpost"), kong.Description("Diagnoses business mail: what is wrong, who has to act, and the exact record to publish.\n"+environment),
		kong.Writers(s.out, s.err), kong.Exit(func(int) { help = true; panic(errHelp) }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(s.err, "signpost:", err)
		return 1
	}
	code := 0
	func() {
		defer func() {
			if v := recover(); v != nil && !help {
				panic(v)
			}
		}()
		k, err := parser.Parse(args)
		if err == nil {
			k.BindTo(ctx, (*context.Context)(nil))
			err = k.Run(s)
		} else {
			example := "signpost check example.com"
			if len(args) > 0 && args[0] == "cases" {
				example = "signpost cases export --team T0123ABCD --format csv"
			}
			err = usageError{fmt.Errorf("%w. For example: %s (see signpost --help)", err, example)}
		}
		code = exitCode(s, err)
	}()
	return code
}

var errHelp = errors.New("help was printed")

func exitCode(s *system, err error) int {
	var code exitError
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &usage):
		fmt.Fprintln(s.err, "signpost:", err)
		return batch.ExitUsage
	}
	fmt.Fprintln(s.err, "signpost:", err)
	return 1
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, &system{in: os.Stdin, out: os.Stdout, err: os.Stderr}, os.Args[1:])
	stop()
	os.Exit(code)
}
