package diag_test

import (
	"context"
	"fmt"

	"signpost/diag"
	"signpost/diag/lab"

	"github.com/miekg/dns"
)

func ExampleParseTarget() {
	for _, text := range []string{"<mailto:kim@Example.COM|kim@Example.COM>", "https://例子.中国/", "192.0.2.1"} {
		target, err := diag.ParseTarget(text)
		fmt.Printf("%q %v\n", target.Domain, err)
	}
	// Output:
	// "example.com" <nil>
	// "xn--fsqu00a.xn--fiqs8s" <nil>
	// "" diag: not a domain (address-literal): 192.0.2.1
}

// A check is a value. What it needs runs before it; what it learned is read back in its own type.
func ExampleRun() {
	type hosts []string
	mx := &diag.Check{
		Name: "mx", Codes: []diag.Kind{{Code: "mx.none", Severity: diag.Error}},
		Run: func(ctx context.Context, p *diag.Pass) (any, error) {
			answer, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeMX)
			if err != nil {
				return nil, err // could not tell: never "missing"
			}
			var out hosts
			for _, rr := range answer.RRs {
				out = append(out, rr.(*dns.MX).Mx)
			}
			return out, nil
		},
	}
	l, err := lab.Start(lab.Zones(map[string]string{"shop.example": "@ MX 10 mail\nmail A 192.0.2.80\n"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	report := diag.Run(context.Background(), l.Net(), []*diag.Check{mx}, diag.Target{Domain: "shop.example"},
		diag.Options{}, nil)
	found, ok := diag.Facts[hosts](report, mx)
	fmt.Println(report.Results[0].Status, found, ok)
	// Output:
	// passed [mail.shop.example.] true
}

// What could not be looked at the second time is not called mended.
func ExampleCompare() {
	before := diag.Outcome{
		Found: []diag.Mark{diag.ParseMark("spf.none"), diag.ParseMark("mx.none")},
		Made:  []string{"mx", "spf"},
	}
	after := diag.Outcome{Made: []string{"mx"}, Undone: []string{"spf"}}
	d := diag.Compare(before, after)
	fmt.Printf("%+v\n", d)
	// Output:
	// {Fixed:[mx.none] New:[] Same:[] Unsure:[spf.none]}
}
