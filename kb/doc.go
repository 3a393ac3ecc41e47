// Package kb is what we know: mail providers, DNS operators, and what each finding of a diagnosis means.
//
// Facts are YAML under data, sentences are catalogues under locales, one a language. Load reads and validates both: a
// code without a text, a text without a code, a language that lacks one, or placeholders that differ between languages
// stop it. Advise puts a finding into words, with who has to act and, where it is known, the exact record to publish.
//
// What may enter: what a code, a provider, a bounce or a question means, from data. What was said by whom stands in
// commands.
package kb
