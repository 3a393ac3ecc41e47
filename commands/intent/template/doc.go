// Package template reads sentences by templates with slots, as they stand in the files of a language:
//
//	[please] (set|change) {case} to {state}
//
// Words match whatever their case and width. A blank stands for any number of blanks, and for none beside a script that
// has none.
//
//	(a|b)    one of them
//	[a]      it may be left out
//	{state}  a slot: what stands there is a value of the match
//	<rule>   a part that has a name, of the same file
//
// A template becomes one regular expression that is matched in linear time; it is compiled when it is first used, while
// Load tells at once which template of which language is at fault.
//
// What may enter: the grammar of templates, and how they match. What the slots are, and what a sentence asks for, is
// the caller's.
package template
