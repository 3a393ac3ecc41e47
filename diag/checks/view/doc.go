// Package view is a domain as every check sees it: the names below it and what a name that nobody made answers, records
// that stand where nobody reads them, the hosts of its MX, and what web servers gave, each asked once in a run. It
// finds nothing by itself but where a record was put by mistake.
//
// What may enter: what more than one room of checks needs to know of a domain. It reports little by itself.
package view
