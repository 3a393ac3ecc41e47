// Package checks is the one list of checks, in the order of a report, with those that look across the rest: names,
// certificates, mail programs. The others stand in rooms by what they look at: authority is who answers for the domain,
// inbound the hosts that take its mail, outbound who sends for it. All see a domain through view.
//
// A check is a value in a file of its own and a line in the list; its trials are the zones of testdata that bear its
// name. What may enter: what examines a domain and tells codes, arguments and evidence. What a record says by its RFC
// belongs to diag/protocol, what a finding means to kb.
package checks
