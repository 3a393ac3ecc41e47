package diag

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"signpost/diag/registry"
	"signpost/diag/resolve"
)

// Kind is a code that a check may report, with its default severity.
type Kind struct {
	Code     Code
	Severity Severity
}

// Check is one examination of a domain. It is a value in the list of checks.go.
type Check struct {
	Name string
	// Requires are checks that must have ended before this one starts; where one is unknown or skipped, this one is
	// skipped. Use it sparingly: it lengthens the critical path.
	Requires []*Check
	// Uses are checks whose result this one may await while it runs (Pass.Await). Together with Requires they form no
	// circle.
	Uses []*Check
	// HiddenBy are codes of other checks which, when found, make this check's result meaningless: it becomes skipped,
	// because of that code, whatever it found. A dead delegation hides a missing SPF record.
	HiddenBy []Code
	// SkippedBy are codes of other checks by which this check itself may end (with a skip): what it looks for is hidden,
	// not missing.
	SkippedBy []Code
	Timeout   time.Duration // own deadline under the run's; 0: the run's
	Visits    bool          // it calls at mail hosts (Options.NoSMTP)
	// DecidedBy reports whether a change to the zone may change what this check finds. Nil: it cannot be made again
	// without visiting somebody, or nothing that we propose changes it.
	DecidedBy func(Touched) bool
	Codes     []Kind // every code it may report
	// Run examines. An error means that the check could not tell (status unknown); what is wrong with the domain is
	// reported with Pass.Found and is no error. Facts go into the report as JSON.
	Run func(ctx context.Context, p *Pass) (facts any, err error)
}

// Options are what the asker wants, and what kb knows.
type Options struct {
	Only      []string     // names of the checks that are wanted; empty: all. What they need runs as well, out of sight
	Beside    []string     // names of further checks to run out of sight, for what they tell about the domain
	Selectors []string     // DKIM selectors to ask besides the provider's and the common ones
	SourceIPs []netip.Addr // addresses that send for the domain
	NoSMTP    bool
	// Through are name servers: the domain's zone is examined as they have it, whatever the delegation says. Those without
	// glue are looked up. ThroughTrusted: the operator named their addresses, which may then be private.
	Through        []resolve.NameServer
	ThroughTrusted bool
	// Bulk says that this is one of many domains: the DKIM selectors that are only guessed end with the first key.
	Bulk bool
	// Visits, if set, shares visits to mail hosts with other runs.
	Visits *Visits
	// MailProbes are the mail hosts whose TLS is asked for more than one handshake shows.
	MailProbes MailProbes
	// ControlHosts are mail hosts of large providers: where not even they answer, port 25 is blocked here.
	ControlHosts []string
	Providers    []Fingerprint
	Operators    []Operator
	// Resolvers are recursive resolvers around the world, whose caches tell how far a change has spread.
	Resolvers []Recursive
	// Spread is what they are asked for besides the records that mail lives by; of many the first eight.
	Spread []Place
	// Registry tells who registered a domain; nil: it is not asked.
	Registry *registry.Directory
	// Conclude, if set, is called when the checks have ended: it may make some again on a zone as it would be, and add
	// records to findings.
	Conclude func(context.Context, *Trial)
	// Issuers are the certificate authorities of which is known by which names CAA records allow them.
	Issuers []Issuer
	// Blocklists are the DNS blocklists whose terms allow that we ask them.
	Blocklists []Blocklist
}

// MailProbes says which mail hosts are asked by further connections what else their TLS would agree to.
type MailProbes string

const (
	ProbeOwn  MailProbes = ""     // the domain's own: hosts under its registrable name
	ProbeAll  MailProbes = "all"  // every host of its MX, because somebody asked for it
	ProbeNone MailProbes = "none" // none, as when many domains are examined
)

// Pass is one check's view of one run.
type Pass struct {
	Domain string // A-labels, fully qualified, lower case, with its dot
	DNS    *resolve.Session
	Now    time.Time
	Options

	lost   error           // why nothing can be examined
	limits *resolve.Limits // what cut this check off
	run    *run
	check  *Check
}

// Skip is how a check ends, as its error, that has no means to begin with; it says which is missing.
type Skip string

func (s Skip) Error() string { return "diag: not examined: " + string(s) }

// Touched is what a change touches: names (fully qualified, with their dot) and types of its record sets, and whether
// the domain's own name begins to exist with it.
type Touched struct {
	Names, Types []string
	Begins       bool
	Domain       string // with its dot
}

// Trial is a run that has ended, some of whose checks can be made again on a zone as it would be.
type Trial struct {
	Report *Report

	run  *run
	pass Pass
	plan plan
}

// run is one run's state. The mutex guards everything below it.
type run struct {
	tasks  map[*Check]*task
	total  int
	said   chan Progress
	common *common

	mu        sync.Mutex
	closed    bool // the report is made: whatever comes later is too late
	ended     int
	providers []ProviderSeen
	operator  OperatorSeen
}

// Progress is what an observer of a run sees: a check that started or ended. Done and Total count checks.
type Progress struct {
	Check       string
	Result      *Result // nil when the check has just started
	Done, Total int
}

// task is one check within a run.
type task struct {
	check  *Check
	done   chan struct{} // closed when result stands
	cancel context.CancelFunc
	hidden Code                       // the finding of another check that makes this one's result meaningless
	guard  func(context.Context) bool // waits, and tells whether the check is needed at all; nil: it is
	result Result
}

// common is the value that the checks of a run share.
type common struct {
	once  sync.Once
	value any
}

// plan is which checks a run makes. Where the asker names some (Options.Only), others run out of sight, so that what is
// said of one check is the same whether it is asked for alone or with all the rest.
type plan struct {
	checks []*Check
	asked  map[*Check]bool // their results are the report's; the others only help
	guards map[*Check]bool // run only where what they find may hide a result of the others
}
