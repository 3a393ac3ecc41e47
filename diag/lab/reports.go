package lab

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"time"
)

// ReportFile is a report that a receiver would have sent.
type ReportFile struct {
	Name    string
	Content []byte
}

// reported is what one receiver saw of one source on each day.
type reported struct {
	ip         string
	count      int
	dkim, spf  string // aligned: pass or fail
	signature  string // domain and result
	mailFrom   string
	forwarded  bool
	everyOther bool // days
}

// reportedMail is whose mail the lab's receivers report on: a domain that may ask for more, and one of whose own
// hosts one is forgotten.
var reportedMail = map[string][]reported{
	"dmarc-watching.example": {
		{
			ip:        "192.0.2.80",
			count:     41,
			dkim:      "pass",
			spf:       "pass",
			signature: "dmarc-watching.example pass",
			mailFrom:  "dmarc-watching.example pass",
		},
		{
			ip:        "198.51.100.80",
			count:     12,
			dkim:      "pass",
			spf:       "pass",
			signature: "dmarc-watching.example pass",
			mailFrom:  "dmarc-watching.example pass",
		},
		{
			ip:        "203.0.113.70",
			count:     2,
			dkim:      "fail",
			spf:       "fail",
			signature: "dmarc-watching.example fail",
			mailFrom:  "lists.test pass",
			forwarded: true,
		},
		{
			ip:         "203.0.113.66",
			count:      7,
			dkim:       "fail",
			spf:        "fail",
			mailFrom:   "dmarc-watching.example fail",
			everyOther: true,
		},
	},
	"bimi-weak.example": {
		{
			ip:        "192.0.2.80",
			count:     30,
			dkim:      "pass",
			spf:       "pass",
			signature: "bimi-weak.example pass",
			mailFrom:  "bimi-weak.example pass",
		},
		{
			ip:        "203.0.113.25",
			count:     6,
			dkim:      "pass",
			spf:       "fail",
			signature: "bimi-weak.example pass",
			mailFrom:  "bimi-weak.example fail",
		},
		{ip: "203.0.113.25", count: 3, dkim: "fail", spf: "fail", mailFrom: "bimi-weak.example fail"},
	},
}

// ReportedDays is how many days the lab's receivers report on.
const ReportedDays = 16

// Reports is the DMARC reports that receivers of the lab wrote about two of its domains on the days before a time,
// and a TLS report.
func Reports(now time.Time) (out []ReportFile) {
	today := now.UTC().Truncate(24 * time.Hour)
	for d := ReportedDays; d >= 1; d-- {
		day := today.AddDate(0, 0, -d)
		for _, domain := range []string{"dmarc-watching.example", "bimi-weak.example"} {
			receiver := []string{"mail.receiver-one.test", "mail.receiver-two.test"}[d%2]
			name := fmt.Sprintf("%s!%s!%d!%d.xml", receiver, domain, day.Unix(), day.Unix()+86399)
			out = append(out, ReportFile{name + ".gz", packed(aggregate(receiver, domain, day, d))})
		}
	}
	day := today.AddDate(0, 0, -1)
	out = append(
		out,
		ReportFile{
			"mail.receiver-one.test!smtp-expired.example!tls.json.gz",
			packed(fmt.Sprintf(`{"organization-name":"mail.receiver-one.test",`+
				`"date-range":{"start-datetime":%q,"end-datetime":%q},"contact-info":"tls@receiver-one.test","report-id":"%d","policies":[`+
				`{"policy":{"policy-type":"no-policy-found","policy-domain":"smtp-expired.example"},"summary":{"total-successful-session-count":40,"total-failure-session-count":9},`+
				`"failure-details":[{"result-type":"certificate-expired","receiving-mx-hostname":"mx1.smtp-expired.example","failed-session-count":9}]}]}`,
				day.Format(time.RFC3339), day.Add(24*time.Hour-time.Second).Format(time.RFC3339), day.Unix())),
		},
	)
	return out
}

func packed(text string) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write([]byte(text)) // to memory: neither fails
	_ = z.Close()
	return out.Bytes()
}

// aggregate is one report (RFC 9990).
func aggregate(receiver, domain string, day time.Time, number int) string {
	var b strings.Builder
	fmt.Fprintf(
		&b,
		`<?xml version="1.0" encoding="UTF-8"?><feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><report_metadata><org_name>%s</org_name>`+
			`<email>dmarc@%[1]s</email><report_id>%s-%d</report_id><date_range><begin>%d</begin><end>%d</end></date_range></report_metadata>`+
			`<policy_published><domain>%[2]s</domain><p>none</p></policy_published>`,
		receiver,
		domain,
		day.Unix(),
		day.Unix(),
		day.Unix()+86399,
	)
	for _, r := range reportedMail[domain] {
		if r.everyOther && number%2 == 0 {
			continue
		}
		reason := ""
		if r.forwarded {
			reason = "<reason><type>mailing_list</type></reason>"
		}
		fmt.Fprintf(
			&b,
			`<record><row><source_ip>%s</source_ip><count>%d</count><policy_evaluated><disposition>none</disposition><dkim>%s</dkim><spf>%s</spf>%s</policy_evaluated></row>`+
				`<identifiers><header_from>%s</header_from></identifiers><auth_results>`,
			r.ip,
			r.count+number%5,
			r.dkim,
			r.spf,
			reason,
			domain,
		)
		if name, result, ok := strings.Cut(r.signature, " "); ok {
			fmt.Fprintf(&b, `<dkim><domain>%s</domain><selector>default</selector><result>%s</result></dkim>`, name, result)
		}
		name, result, _ := strings.Cut(r.mailFrom, " ")
		fmt.Fprintf(
			&b,
			`<spf><domain>%s</domain><scope>mfrom</scope><result>%s</result></spf></auth_results></record>`,
			name,
			result,
		)
	}
	return b.String() + "</feedback>"
}
