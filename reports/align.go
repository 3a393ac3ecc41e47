package reports

// derive works out from the results what the receiver did not say of alignment itself.
func (a *Aggregate) derive() {
	for i := range a.Records {
		r := &a.Records[i]
		from := r.HeaderFrom
		if from == "" {
			from = a.Policy.Domain
		}
		if r.DKIM != Unknown && r.SPF != Unknown {
			continue
		}
		dkim, spf := r.DKIM, r.SPF
		if dkim == Unknown {
			r.DKIM = aligned(
				from,
				a.Policy.ADKIM,
				len(r.DKIMResults),
				func(i int) (string, string) { return r.DKIMResults[i].Domain, r.DKIMResults[i].Result },
			)
		}
		if spf == Unknown {
			r.SPF = aligned(
				from,
				a.Policy.ASPF,
				len(r.SPFResults),
				func(i int) (string, string) { return r.SPFResults[i].Domain, r.SPFResults[i].Result },
			)
		}
		if r.DKIM != dkim || r.SPF != spf {
			a.note(ResultsMended, nil)
		}
	}
}

// aligned is what n results come to for an author's domain. Where one of them could not be had and none passes,
// nothing is known.
func aligned(from, mode string, n int, at func(int) (domain, result string)) Aligned {
	out := Unknown
	for i := range n {
		domain, result := at(i)
		switch {
		case result == "pass" && InAlignment(from, domain, mode):
			return Pass
		case result == "temperror" || result == "":
			return Unknown
		}
		out = Fail
	}
	return out
}

// InAlignment reports whether a domain is aligned with the author's (RFC 9989 4.4): the same, or with mode r or none
// of the same organization. What belongs to one organization is told by the list of public suffixes: the DNS is not
// asked.
func InAlignment(from, domain, mode string) bool {
	if from == "" || domain == "" {
		return false
	}
	if from == domain {
		return true
	}
	return mode != "s" && Organization(from) == Organization(domain)
}
