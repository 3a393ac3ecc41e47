// Package lab is a small mail internet on loopback: a DNS root, TLDs and zones, faulty on demand, and SMTP hosts. Its zones use
// documentation addresses, which Net's dialer maps to loopback ports.
package lab

import "signpost/diag/resolve"

// Domain is one domain of the lab: what is wrong with it, and the codes that a diagnosis must report (nil: healthy).
type Domain struct {
	Name  string
	Fault string // one English line
	Codes []string
}

// Lab is a running mail internet.
type Lab struct{}

// Start serves the standard lab on loopback. Close it.
func Start(o ...Option) (*Lab, error) { panic("contract") }

// Option changes how the lab behaves.
type Option func(*Lab)

// Net is the way into the lab, for diagnosis.
func (l *Lab) Net() *resolve.Net { panic("contract") }

// Domains is the lab's domains in the order in which the demo lists them.
func (l *Lab) Domains() []Domain { panic("contract") }

// Close stops every server.
func (l *Lab) Close() error { panic("contract") }
