package diag

import (
	"net/netip"
	"regexp"
)

// What the checks know of the world comes from kb, as data.

// Fingerprint is how a mail provider shows in a domain's records. It is data from kb: diag knows no provider by name.
type Fingerprint struct {
	ID            string
	Role          string // mailbox, gateway or sender
	MX            []*regexp.Regexp
	SPFIncludes   []string // names without final dot, lower case; any one of them covers the provider
	SPFByIP       bool     // the provider is also covered by plain addresses, so a missing include alone proves nothing
	DKIMSelectors []string
	DKIMPattern   *regexp.Regexp // selectors of this shape are the provider's; may be nil
	MXSets        []MXSet        // published sets of hosts; a domain uses one of them
	Retired       []*regexp.Regexp
	// ClientNames are the aliases that customers publish for mail programs: by label ("pop3"), the targets of any site,
	// lower case, no final dot.
	ClientNames map[string][]string
}

// MXSet is one set of MX hosts that a provider publishes for customers. Site and Edition tell which customers; priority
// 0 means that the provider names none.
type MXSet struct {
	Site, Edition string
	Hosts         []MXHost
}

// MXHost is a host of an MXSet, lower case, no final dot.
type MXHost struct {
	Host     string
	Priority uint16
}

// Operator is how a DNS operator shows in the names of a domain's servers.
type Operator struct {
	ID string
	NS []*regexp.Regexp
}

// Recursive is a recursive resolver that others use. Region is where ("CN", "global").
type Recursive struct {
	ID, Region string
	Address    netip.AddrPort
}

// Issuer is how a certificate authority shows in the certificates that it issues, and by which names CAA records allow
// it. It is data from kb.
type Issuer struct {
	Name          string
	Organizations []string // of the issuer in a certificate, as they are written there
	Names         []string // lower case, no final dot: all that the authority goes by
}

// Blocklist is one list. Its meanings are data from kb.
type Blocklist struct {
	ID, Name string
	Zone     string // without final dot
	Domains  bool   // lists domains, not addresses
	// Codes are the answers that mean a listing, with what they mean. An answer that is not among them lists nothing.
	Codes map[netip.Addr]string
	// Bits are the bits of the last octet that mean a listing, for lists that answer with sums of them.
	Bits map[uint8]string
	// Refusals are the answers that refuse the question: who asks through a public resolver, asks too often, or has not
	// registered. 127.255.255.0/24 is always one.
	Refusals []netip.Addr
	Removal  string // where to ask for removal
}
