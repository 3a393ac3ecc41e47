// Package index finds the records of a workspace by their terms, in Redis.
//
// Records are numbered, and lie in blocks of some hundred numbers. A block is a hash from a term to its posting list:
// the positions in the block of the records that have the term, two octets each, ascending. As many blocks lie in a
// superblock, which is a hash from a term to the positions of the blocks that have it, so that what is rare is found
// at once, however many records there are.
//
// A posting list must never differ from the record that it speaks of. So the package gives its owner the functions of
// postings.lua, to be put before a script that changes a record, and both are changed in one step. Which terms a
// record has is the owner's business, and so are the keys.
//
// What may enter: how terms are kept and met. Which terms a case has is known by cases.
package index
