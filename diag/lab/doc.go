// Package lab is a small mail internet on loopback: a DNS root, TLDs, zones, a recursive resolver, mail hosts and a web
// server, all faulty on demand. Everything in it has a documentation address (RFC 5737, RFC 3849), which Net's dialer
// maps to a socket on 127.0.0.1; it reaches nothing else, so a lab never touches the real network. Sockets open when
// they are first dialled.
//
// A zone is text in master-file form (RFC 1035 5.1) with the zone's own name as origin. What it leaves out is added: an
// SOA; where it names no server, ns1 and ns2 at two shared addresses; its delegation in the zone above, and that zone
// if there is none. A target that has lost its final dot is refused, because nobody sees such a slip in a test.
//
// Lines that begin with ";!" are the lab's own:
//
//	;! fault: one line that says what is wrong; "healthy: ..." where nothing is
//	;! codes: spf.none mx.none            what a diagnosis must report; "unknown" where it cannot tell
//	;! status: status.example.net         where the provider of its mail tells how its services are
//	;! ask: sales                        the name below that is looked at instead of the zone's own
//	;! with: mx spf dkim dmarc            healthy parts to add
//	;! relative                           a target without its final dot is meant
//	;! parent: @ NS ns9                   what the zone above says instead of this zone's own servers and their addresses
//	;! server 203.0.113.1: drop           how a server behaves for this zone: words of Behaviour
//	;! server 203.0.113.1 @ TXT: SERVFAIL the same for one name, and one type
//	;! server * _domainkey: NXDOMAIN      the same at every server of the zone
//	;! server * @: cname=web.example.     an alias instead of every record; "@ SOA: normal" takes one type out again
//	;! at 203.0.113.1: @ MX 5 old         a record set that is different at one server; of a delegation, NS records
//	                                    and their addresses
//	;! at 203.0.113.53: @ 600 MX 5 old.example.net.  the same at a resolver: it has this in its cache
//	;! at 203.0.113.53: www CNAME old.example.  an alias in a resolver's cache answers for every type
//	;! server 203.0.113.53 @ MX: denied=20m  a resolver has the denial in its cache
//	;! signed: expired                    signed zone (DNSSEC) and what is wrong with it: words of newSigning
//	;! signed-at 203.0.113.1: expired     the same for the copy of the zone that one server has
//	;! registration: +20d clientHold      what the registry says (RDAP; WHOIS for .cn): words of parseRegistration
//	;! tlsa: mx1 3                        TLSA record that fits the certificate of mx1 (3), or its authority's (2)
//	;! smtp 192.0.2.80: no-starttls       how a mail host behaves: words of MailHost
//	;! smtp 192.0.2.80: tls10 weak-cipher=3des  what its TLS also agrees to: words of mailTLS
//	;! policy: mode: enforce | mx: mx1    lines of the MTA-STS policy (RFC 8461 3.2) at mta-sts.<zone>
//	;! logo: <svg TINY><title>x</title></svg>  what https://logo.<zone>/logo.svg holds; TINY: what an SVG Tiny PS says
//	                                    of itself
//	;! mark: expired                   the mark certificate at https://logo.<zone>/vmc.pem: words of parseMark; none:
//	                                    it is good
//	;! web: cert-expired                  how its web server behaves: also cert-name, cert-untrusted, type=text/html,
//	                                    status=404, svgz: the logo is packed
//
// What serves a question is an immutable tree, replaced as a whole by Change and SetBehaviour; questions take no lock.
//
// What may enter: a fault that a zone, a server or a host can have, by a line in its zone file.
package lab
