// Package gate decides which records may be recommended: whatever names a record to publish or remove is put into the
// zone as it is, the checks that it concerns are made again, and only what mends its finding and spoils nothing is
// handed on, with the reason where there is none.
//
// What may enter: how a proposal is tried. Who proposes is above, what is examined is in checks.
package gate
