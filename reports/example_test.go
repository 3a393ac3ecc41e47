package reports_test

import (
	"context"
	"fmt"
	"strings"

	"signpost/reports"
)

func Example() {
	b := reports.NewBatch(reports.Default(), nil)
	b.Read(context.Background(), "receiver.example!example.com!1790726400!1790812799.xml", strings.NewReader(`<feedback>
		<report_metadata><org_name>receiver.example</org_name><report_id>1</report_id></report_metadata>
		<policy_published><domain>example.com</domain><p>none</p></policy_published>
		<record>
			<row><source_ip>192.0.2.10</source_ip><count>12</count>
				<policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
			<identifiers><header_from>example.com</header_from></identifiers>
		</record></feedback>`))
	b.Read(context.Background(), "hello.txt", strings.NewReader("hello"))
	for _, a := range b.Aggregates {
		for _, r := range a.Records {
			fmt.Println(a.Org, a.Policy.Domain, r.Source, r.Count, r.Aligned() == reports.Pass)
		}
	}
	for _, f := range b.Faults {
		fmt.Println(f.File, f.Code, f.Args["found"])
	}
	// Output:
	// receiver.example example.com 192.0.2.10 12 true
	// hello.txt not-a-report text
}
