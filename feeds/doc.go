// Package feeds reads what providers announce: RSS, Atom and JSON feeds, the interface of status pages that Statuspage
// made common, the incidents of Google's dashboards, and pages without a feed, of which the main text is watched. It
// tells what is new since the last look, once.
//
// Whoever serves a feed is a stranger: pages come from public addresses alone, over TLS, bounded in size, time and
// redirects; every text passes the one door (diag/visible) and is cut. No sentence for a person stands here, and what
// an announcement means for whom is known above.
//
// What may enter: a form in which something is announced, and what is new in it. Whom it is told stands in commands.
package feeds
