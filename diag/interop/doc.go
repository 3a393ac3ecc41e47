// Package interop holds the diagnosis against servers that others wrote: BIND as root, registry and signed authoritative server, Unbound as
// validating resolver, NSD as a secondary that fell behind, Postfix as mail host. The domains are those of the lab, which serves them by the
// same library that the diagnosis asks with; what both get wrong in the same way shows here.
//
// The tests make a network namespace of their own, whose loopback has the lab's documentation addresses, so they need Linux and root:
// make interop.
package interop
