package install

// Every key of this package is made here. They share a hash tag, so that one transaction may touch several of them.

const prefix = "signpost:{install}:"

// allKey is the set of the ids of all installations.
const allKey = prefix + "all"

func tokenKey(id string) string        { return prefix + "of:" + id }
func refreshKey(id string) string      { return prefix + "refresh:" + id }
func seenKey(enterprise string) string { return prefix + "seen:" + enterprise }
func usedStateKey(nonce string) string { return prefix + "state:" + nonce }
