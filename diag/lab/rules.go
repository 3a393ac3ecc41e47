package lab

import (
	"crypto"
	"time"

	"github.com/miekg/dns"
)

// Behaviour is how a server treats questions. The zero value answers them well. Zone, Name and Type narrow it; of
// several that fit a question the narrowest holds, and of these the last. Names may have any letter case and lack their
// final dot.
type Behaviour struct {
	Zone string // for questions in this zone alone
	Name string // for questions about this name alone
	Type uint16 // for questions of this type alone

	Drop          bool          // answers nothing
	DropUDP       bool          // answers nothing over UDP
	NoTCP         bool          // refuses TCP; narrowed, it hangs up on such a question
	Truncate      bool          // answers over UDP are empty and truncated
	Garbage       bool          // answers octets that are no DNS message
	WrongID       bool          // answers with another message id
	WrongQuestion bool          // answers another question
	Lame          bool          // does not know the zone: REFUSED
	NoAA          bool          // answers, but without authority
	Upward        bool          // refers to the root instead of answering
	HugeTXT       bool          // answers TXT questions with 64 KB of text
	AllowTransfer bool          // gives the zone to anyone (AXFR)
	Rcode         int           // answers with this code and no records; 0: as it should
	CNAME         string        // answers with an alias for this name, whatever the type, and with Rcode
	Delay         time.Duration // answers so much later
	Denied        time.Duration // says that there is nothing, as out of a cache that keeps the denial for so long
	Refuted       bool          // fails (SERVFAIL) unless told not to validate
	EDE           uint16        // adds this extended error (RFC 8914), with EDEText
	EDEText       string
}

// rule is a behaviour, or other records, for some questions to one server.
type rule struct {
	Behaviour
	from    string // the zone whose text says it; "": an option
	instead []dns.RR
	signed  *signing // how this server's copy of the zone is signed
}

func (r *rule) fits(zone, name string, qtype uint16) bool {
	return (r.Zone == "" || r.Zone == zone) && (r.Name == "" || r.Name == name) && (r.Type == 0 || r.Type == qtype)
}

// narrow orders rules: a higher one says more exactly which questions it means.
func (r *rule) narrow() (n int) {
	if r.Zone != "" {
		n++
	}
	if r.Name != "" {
		n += 2
	}
	if r.Type != 0 {
		n += 4
	}
	return n
}

// fault is a behaviour set by name or address.
type fault struct {
	server string
	Behaviour
}

// signing is how a zone is signed, and what is wrong with it. Its key follows from the zone's name, so that it stays
// the same when a zone changes.
type signing struct {
	origin string
	key    *dns.DNSKEY
	secret crypto.Signer

	expired, future, bad, bare       bool // its signatures: ended, not begun, spoilt, left out
	noDS, wrongDS, noKeys, unknownDS bool
	spareDS, weakBeside              bool          // beside the key's DS: one of a key that is not there, one with SHA-1
	lives, left                      time.Duration // of its signatures
	as                               uint8         // the algorithm that key and signatures claim; 0: their own
	trap                             []dns.RR      // keys of one tag that fit no signature; nil: none
}
