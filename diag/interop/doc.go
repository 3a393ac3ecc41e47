// Package interop holds the diagnosis against servers that others wrote: BIND as root, registry and signed
// authoritative server, Unbound as validating resolver, NSD as a secondary that fell behind, Postfix as mail host. The
// domains are those of the lab, which serves them by the same library that the diagnosis asks with, and those of public
// bug reports (kb/testdata/records); what both get wrong in the same way shows here.
//
// Faults of name servers are shown as far as such servers have them: zones that BIND does not have, cannot load, gives
// to anyone, or has otherwise at one address; answers without authority, which are Unbound's; silence and a refusal of
// TCP, for which a relay loses questions on their way to BIND.
//
// The tests make a network namespace of their own, whose loopback has the lab's documentation addresses, so they need
// Linux and root: make interop.
//
// What may enter: a test against a program of others.
package interop
