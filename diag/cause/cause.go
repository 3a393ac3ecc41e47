// Package cause says why something could not be checked, as a value: a code with arguments. An error that means "we
// could not tell" is declared with New where it arises; Of reads the cause out of whatever wraps it.
//
// What may enter: how causes are declared and read. A cause itself is declared where it arises.
package cause

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
)

// Code names why something could not be checked. Codes are stable: other programs read them, and catalogues hold words
// for each.
type Code string

// Codes, the most telling first: where an error holds several, the first in this list counts. "question" is a DNS
// question in words.
const (
	LargeAnswer      Code = "large-answer"       // question: its answer holds more than 500 records
	LongChain        Code = "long-chain"         // question: an alias of more than 16 links
	AskedTooOften    Code = "too-often"          // a public service is left in peace for now
	BusyServer       Code = "busy-server"        // question: one server would be asked more than 300 times
	TooMuch          Code = "too-much"           // question: more than 16 MB of answers
	ManyServers      Code = "many-servers"       // question: more than 40 name servers without addresses
	Rest             Code = "rest"               // most, what: there are more of them than one check looks at
	TooManyQuestions Code = "too-many-questions" // question
	Failed           Code = "failed-within"      // a defect of the check itself
	NoAnswer         Code = "no-answer-in-time"  // question
	ServFail         Code = "servfail"           // question
	Refused          Code = "refused"            // question
	BadAnswer        Code = "could-not-be-used"  // question
	RootsUnreachable Code = "out-of-reach"       // the DNS root servers
	WebUnreachable   Code = "web"                // the web server of a policy or logo
	Port25           Code = "port-25"            // outbound port 25 is blocked here
	NoIPv6           Code = "ipv6"               // there is none here
	NoReverse        Code = "no-reverse"         // the DNS asked here has no reverse tree
	NoResolver       Code = "no-resolver"        // no recursive resolver to compare with
	Registry         Code = "registry"           // the registry's server cannot be reached
	NoRegistry       Code = "no-registry"        // the registry answers neither RDAP nor WHOIS
	RegistryAnswer   Code = "registry-answer"    // it could not be used
	NoCertificate    Code = "no-certificate"     // of a host with TLSA records
	BlocklistRefused Code = "blocklist-refused"  // it refuses questions from here
	BlocklistDead    Code = "blocklist-dead"     // it lists everything
	DirectDNS        Code = "direct-dns"         // port 53 seems to be blocked here
	TCP53            Code = "tcp-53"             // TCP to port 53 seems to be blocked here
	Unreachable      Code = "cannot-be-reached"  // question
	ClosedNetwork    Code = "closed-network"     // the resolver here denies every name
	Deadline         Code = "deadline"           // question, where one was under way
	Private          Code = "private-address"    // question: its servers have private addresses
	NoServers        Code = "no-servers"         // question: no name server with an address
	Truncated        Code = "truncated"          // question: cut, and not to be had over TCP
	Lame             Code = "no-authority"       // question
	Loop             Code = "loop"               // question
	BadName          Code = "bad-name"           // question: its name is not one that DNS can carry
	TooManyProofs    Code = "too-many-proofs"    // DNSSEC: more signatures or zones than one check follows
	UnknownAlgorithm Code = "unknown-algorithm"  // DNSSEC: signed by an algorithm that is not verified here
	Undecided        Code = "undecided"          // ip, because: whether SPF covers it could not be told
	Other            Code = "other"              // none of these
)

var ranked = []Code{
	LargeAnswer, LongChain, AskedTooOften, BusyServer, TooMuch, ManyServers, Rest, TooManyQuestions, Failed, NoAnswer,
	ServFail, Refused, BadAnswer,
	RootsUnreachable, WebUnreachable, Port25, NoIPv6, NoReverse, NoResolver, Registry, NoRegistry, RegistryAnswer,
	NoCertificate, BlocklistRefused,
	BlocklistDead, DirectDNS, TCP53, Unreachable, ClosedNetwork, Deadline, Private, NoServers, Truncated, Lame, Loop,
	BadName, TooManyProofs, UnknownAlgorithm, Undecided,
	Other,
}

// Codes is every code.
func Codes() []Code { return slices.Clone(ranked) }

// Cause is why something could not be checked. Args hold strings and numbers only.
type Cause struct {
	Code Code           `json:"code"`
	Args map[string]any `json:"args,omitempty"`
}

// Error is an error with a cause.
type Error struct {
	Cause
	text string
}

func (e *Error) Error() string { return e.text }

// New declares an error with a code, for errors.Is.
func New(code Code, text string) error { return &Error{Cause{Code: code}, text} }

// With is an error with a code and arguments.
func With(code Code, text string, args map[string]any) error { return &Error{Cause{code, args}, text} }

// Detailed is an error that knows more about the cause of what it wraps, such as the question that failed.
type Detailed interface{ CauseArgs() map[string]any }

// Of is the most telling cause in an error's tree, with what the errors around it know of it. It is Other where none is
// known, and the zero Cause for nil.
func Of(err error) Cause {
	if err == nil {
		return Cause{}
	}
	best := Cause{Code: Other}
	var visit func(err error, args map[string]any)
	visit = func(err error, args map[string]any) {
		if d, ok := err.(Detailed); ok {
			args = joined(args, d.CauseArgs())
		}
		var code Code
		switch e := err.(type) { //nolint:errorlint // the tree is walked here, each error by itself
		case *Error:
			code, args = e.Code, joined(args, e.Args)
		default:
			switch err { //nolint:errorlint // as above
			case context.DeadlineExceeded, context.Canceled, os.ErrDeadlineExceeded:
				code = Deadline
			}
		}
		if code != "" && slices.Index(ranked, code) < slices.Index(ranked, best.Code) {
			best = Cause{code, args}
		}
		switch e := err.(type) { //nolint:errorlint // as above
		case interface{ Unwrap() error }:
			if inner := e.Unwrap(); inner != nil {
				visit(inner, args)
			}
		case interface{ Unwrap() []error }:
			for _, inner := range e.Unwrap() {
				visit(inner, args)
			}
		}
	}
	visit(err, nil)
	if best.Code == Other && errors.Is(err, context.DeadlineExceeded) {
		best.Code = Deadline
	}
	return best
}

// joined is the arguments of an error and those of the errors around it; the inner ones count.
func joined(outer, inner map[string]any) map[string]any {
	if len(outer) == 0 {
		return inner
	}
	out := maps.Clone(outer)
	maps.Copy(out, inner)
	return out
}
