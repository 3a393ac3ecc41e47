// Package event is the times that come for a case or a casebook, as a queue holds them: what is due, when, and under
// which key, so that what is asked for twice comes once. When something is due is decided by the case (package
// cases); here is no rule.
//
// What may enter: a kind of event with what it carries. What happens then stands in commands.
package event
