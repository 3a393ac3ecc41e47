package reports

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/tools/txtar"
)

// document is a report of the test data: its name and text, and what is right.
func document(t testing.TB, file string) (name, text, want string) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil || len(a.Files) != 2 {
		t.Fatalf("%s: %v", file, err)
	}
	return a.Files[0].Name, string(a.Files[0].Data), strings.TrimSpace(string(a.Files[1].Data))
}

// said is a report as the test data write it.
func said(a *Aggregate) string {
	var b strings.Builder
	fmt.Fprintf(&b, "org %s\ndomain %s\n", a.Org, a.Policy.Domain)
	fmt.Fprintf(&b, "days %s %s\n", a.Begin.Format(time.DateOnly), a.End.Format(time.DateOnly))
	if a.Policy.P != "" {
		fmt.Fprintf(&b, "policy %s\n", a.Policy.P)
	}
	var all, by [3]int64
	names := []string{"unknown", "pass", "fail"}
	var lines string
	for _, r := range a.Records {
		all[0] += r.Count
		by[r.Aligned()] += r.Count
		lines += fmt.Sprintf("source %s %d dkim=%s spf=%s\n", r.Source, r.Count, names[r.DKIM], names[r.SPF])
	}
	fmt.Fprintf(
		&b,
		"records %d\nmessages %d pass %d fail %d unknown %d\n",
		len(a.Records),
		all[0],
		by[Pass],
		by[Fail],
		by[Unknown],
	)
	if len(a.Records) < 6 && len(a.Records) > 1 || len(a.Notes) == 0 {
		b.WriteString(lines)
	}
	for _, n := range a.Notes {
		fmt.Fprintf(&b, "note %s %d\n", n.Code, n.Count)
	}
	return strings.TrimSpace(b.String())
}

func read(t testing.TB, name string, raw []byte) *Batch {
	t.Helper()
	b := NewBatch(Default(), nil)
	b.Read(context.Background(), name, bytes.NewReader(raw))
	return b
}

func gzipped(t testing.TB, raw []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(raw)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zipped(t testing.TB, files map[string][]byte) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, raw := range files {
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.Write(raw)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// mailed is a mail with a file, in the way of those who send reports inline with unquoted names.
func mailed(kind, name string, raw []byte) []byte {
	body := base64.StdEncoding.EncodeToString(raw)
	for i := 76; i < len(body); i += 78 {
		body = body[:i] + "\r\n" + body[i:]
	}
	return []byte(
		"Received: from out.example.net by mx.example.com; Thu, 01 Oct 2026 03:00:00 +0000\r\nFrom: reports@example.net\r\nTo: dmarc@example.com\r\n" +
			"Subject: Report Domain: example.com Submitter: example.net\r\n Report-ID: <1>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=1768.58A5.36\r\n\r\n" +
			"--1768.58A5.36\r\nContent-Type: text/plain; charset=US-ASCII\r\n\r\nThis is an aggregate report.\r\n\r\n" +
			"--1768.58A5.36\r\nContent-Type: " + kind + ";\r\n name=" + name +
			"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: inline;\r\n filename=" + name + "\r\n\r\n" +
			body + "\r\n--1768.58A5.36--\r\n",
	)
}

// TestDialects reads each sender's dialect in every wrapping, and holds the sums against what is right.
func TestDialects(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 14 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			name, text, want := document(t, file)
			raw := []byte(text)
			wrapped := map[string][]byte{
				name:             raw,
				name + ".gz":     gzipped(t, raw),
				name + ".zip":    zipped(t, map[string][]byte{name: raw}),
				"as-it-came.eml": mailed("application/gzip", name+".gz", gzipped(t, raw)),
				"plain.eml":      mailed("text/xml", name, raw),
				"wrong-type.eml": mailed("application/gzip", name+".gz", zipped(t, map[string][]byte{name: raw})),
				"two-wrappings.zip": zipped(
					t,
					map[string][]byte{"a.eml": mailed("application/zip", name+".zip", zipped(t, map[string][]byte{name: raw}))},
				),
				"folder.mbox": append(
					[]byte("From reports Thu Oct  1 03:00:00 2026\n"),
					mailed("application/gzip", name+".gz", gzipped(t, raw))...),
				"gzip-with-a-tail.gz": append(gzipped(t, raw), "\x00\x00\x00tail"...),
			}
			for as, packed := range wrapped {
				b := read(t, as, packed)
				if len(b.Aggregates) != 1 || len(b.Faults) > 0 {
					t.Errorf("%s: %d reports, faults %+v", as, len(b.Aggregates), b.Faults)
					continue
				}
				if strings.Contains(want, "dates-by-name") && as == "gzip-with-a-tail.gz" {
					continue
				}
				if got := said(b.Aggregates[0]); got != want {
					t.Errorf("%s:\n%s\nwant\n%s", as, got, want)
				}
			}
		})
	}
}

// TestEncodings reads one report in every encoding that reports declare, rightly or wrongly.
func TestEncodings(t *testing.T) {
	name, text, want := document(t, "testdata/netease.txtar")
	encode := func(declared string, e interface{ Bytes([]byte) ([]byte, error) }) []byte {
		out, err := e.Bytes([]byte(strings.Replace(text, `encoding="UTF-8"`, `encoding="`+declared+`"`, 1)))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for what, raw := range map[string][]byte{
		"utf-8 with its mark":       []byte("\ufeff" + text),
		"blank lines before":        []byte("\r\n\r\n" + text),
		"gbk":                       encode("GBK", simplifiedchinese.GBK.NewEncoder()),
		"gb2312":                    encode("gb2312", simplifiedchinese.GBK.NewEncoder()),
		"gb18030":                   encode("GB18030", simplifiedchinese.GB18030.NewEncoder()),
		"gbk called utf-8":          encode("UTF-8", simplifiedchinese.GBK.NewEncoder()),
		"utf-8 called gb2312":       []byte(strings.Replace(text, `encoding="UTF-8"`, `encoding="gb2312"`, 1)),
		"utf-8 called nonsense":     []byte(strings.Replace(text, `encoding="UTF-8"`, `encoding="x-none"`, 1)),
		"utf-16 with its mark":      encode("UTF-16", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()),
		"utf-16 big with its mark":  encode("utf-16", unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder()),
		"utf-16 without":            encode("utf-16", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder()),
		"utf-16 big without":        encode("utf-16", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder()),
		"control characters within": []byte(strings.Replace(text, "<count>11", "<count>\x00\x0111", 1)),
	} {
		b := read(t, name, raw)
		if len(b.Aggregates) != 1 {
			t.Errorf("%s: %d reports, faults %+v", what, len(b.Aggregates), b.Faults)
			continue
		}
		if got := said(b.Aggregates[0]); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", what, got, want)
		}
	}
}

// TestSeveralInOne counts each report once, wherever it stands.
func TestSeveralInOne(t *testing.T) {
	_, google, _ := document(t, "testdata/google.txtar")
	_, yahoo, _ := document(t, "testdata/yahoo.txtar")
	_, ses, _ := document(t, "testdata/ses.txtar")
	b := read(t, "all.zip", zipped(t, map[string][]byte{
		"one.xml": []byte(
			google + yahoo,
		),
		"again.xml.gz":       gzipped(t, []byte(google)),
		"__MACOSX/._one.xml": []byte("\x00\x05"),
		"ses.zip":            zipped(t, map[string][]byte{"s.xml": []byte(ses)}),
	}))
	if len(b.Aggregates) != 3 || len(b.Faults) != 1 || b.Faults[0].Code != Duplicate {
		t.Errorf("%d reports, faults %+v", len(b.Aggregates), b.Faults)
	}
	b = read(
		t,
		"two.mbox",
		slicesOf(
			"From a b\n",
			string(mailed("text/xml", "g.xml", []byte(google))),
			"\n\nFrom c d\n",
			string(mailed("text/xml", "y.xml", []byte(yahoo))),
		),
	)
	if len(b.Aggregates) != 2 || len(b.Faults) != 0 {
		t.Errorf("%d reports, faults %+v", len(b.Aggregates), b.Faults)
	}
}

func slicesOf(parts ...string) []byte { return []byte(strings.Join(parts, "")) }

// TestNoReport tells what a file is that is no report.
func TestNoReport(t *testing.T) {
	failure := "From: a@example.net\nTo: b@example.com\nSubject: FW\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary=x\n\n--x\n\ntext\n--x\nContent-Type: message/feedback-report\n\nFeedback-Type: auth-failure\n--x--\n"
	letter := "From: a@example.net\nTo: b@example.com\nSubject: hello\n\nNo report at all: see you.\n"
	for _, x := range []struct {
		name, text string
		code       Code
		found      any
	}{
		{"empty.xml", "", NotReport, "empty"},
		{"blank.xml", " \n\n", NotReport, "empty"},
		{"unused.xml.gz", string(gzipped(t, []byte("unused"))), NotReport, "text"},
		{"page.xml", "<!DOCTYPE html><html><body>sign in</body></html>", NotReport, "html"},
		{"policy.xml", "<?xml version='1.0'?><clientConfig/>", NotReport, "xml:clientConfig"},
		{"cut.xml", "<feedback><report_metadata><org_name>x", Broken, nil},
		{"cut.json", `{"organization-name": "x", "policies": [`, Broken, nil},
		{"other.json", `{"hello": "world"}`, NotReport, "json"},
		{"a.pdf", "%PDF-1.7 ...", NotReport, "pdf"},
		{"a.msg", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", NotReport, "msg"},
		{"a.bin", "abc\x00\x00\x00\x00defgh\x01\x02", NotReport, "binary"},
		{"a.gz", "\x1f\x8bnot really", Unpackable, nil},
		{"a.zip", "PK\x03\x04not really", Unpackable, nil},
		{"a.eml", letter, MailWithout, nil},
		{"ruf.eml", failure, FailureReport, nil},
		{"nobody.xml", "<feedback><report_metadata><org_name>x</org_name></report_metadata></feedback>", NoDomain, nil},
		{"deep.xml", "<feedback>" + strings.Repeat("<a>", 50), TooDeep, nil},
		{"deep.json", strings.Repeat(`{"a":[`, 50), TooDeep, nil},
	} {
		b := read(t, x.name, []byte(x.text))
		if len(b.Aggregates)+len(b.TLS) != 0 || len(b.Faults) != 1 || b.Faults[0].Code != x.code ||
			x.found != nil && b.Faults[0].Args["found"] != x.found {
			t.Errorf("%s: %d reports, faults %+v", x.name, len(b.Aggregates)+len(b.TLS), b.Faults)
		}
	}
}

// TestBounds holds the reading to its bounds on size, ratio, depth, number and time.
func TestBounds(t *testing.T) {
	bomb := gzipped(t, make([]byte, 24<<20))
	nested := []byte("<feedback/>")
	for range 12 {
		nested = zipped(t, map[string][]byte{"x.zip": nested})
	}
	many := map[string][]byte{}
	for i := range 30 {
		many[fmt.Sprint(i, ".xml")] = []byte("<x/>")
	}
	entities := `<!DOCTYPE z [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><feedback><policy_published><domain>example.com</domain></policy_published><report_metadata><org_name>&b;</org_name></report_metadata></feedback>`
	small := Default()
	small.Files, small.Bytes, small.Total, small.Records = 10, 1<<20, 2<<20, 1
	_, google, _ := document(t, "testdata/google.txtar")
	for _, x := range []struct {
		name   string
		raw    []byte
		limits Limits
		code   Code
	}{
		{"bomb.gz", bomb, Default(), TooDense},
		{"bomb.zip", zipped(t, map[string][]byte{"x.xml": make([]byte, 24<<20)}), Default(), TooDense},
		{"nested.zip", nested, Default(), TooDeep},
		{"many.zip", zipped(t, many), small, TooMany},
		{"large.xml", append([]byte("<feedback>"), make([]byte, 2<<20)...), small, TooLarge},
		{"records.xml", []byte(google), small, TooMany},
	} {
		began := time.Now()
		b := NewBatch(x.limits, nil)
		b.Read(context.Background(), x.name, bytes.NewReader(x.raw))
		ok := false
		for _, f := range b.Faults {
			ok = ok || f.Code == x.code
		}
		if !ok || time.Since(began) > 10*time.Second {
			t.Errorf("%s: faults %+v after %s", x.name, b.Faults, time.Since(began))
		}
	}
	if b := read(t, "entities.xml", []byte(entities)); len(b.Aggregates) != 1 || len(b.Aggregates[0].Org) > 20 {
		t.Errorf("entities: %+v %+v", b.Aggregates, b.Faults)
	}
	b := NewBatch(Default(), func() time.Time { return time.Now() })
	b.until = time.Time{}
	b.Read(context.Background(), "late.xml", strings.NewReader(google))
	if len(b.Aggregates) != 0 || len(b.Faults) != 1 || b.Faults[0].Code != TooLong {
		t.Errorf("late: %+v", b.Faults)
	}
}

// TestStrangersWords lets nothing through that could stand for something else.
func TestStrangersWords(t *testing.T) {
	_, google, _ := document(t, "testdata/google.txtar")
	b := read(
		t,
		"x.xml",
		[]byte(
			strings.Replace(google, "<org_name>google.com", "<org_name>a\u202eb\u200b\n&#10;c"+strings.Repeat("x", 9999), 1),
		),
	)
	if len(b.Aggregates) != 1 {
		t.Fatalf("%+v", b.Faults)
	}
	if org := b.Aggregates[0].Org; len(org) > 1100 || strings.ContainsAny(org, "\u202e\u200b\n") {
		t.Errorf("%q", org)
	}
}

// TestAsTheyCome reads reports that break the rules of XML or of packing in ways that senders do.
func TestAsTheyCome(t *testing.T) {
	one := func(email, id string) string {
		return "<feedback><report_metadata><org_name>Smith & Sons</org_name><email>" + email + "</email><report_id>" + id +
			"</report_id><date_range><begin>1738368000</begin><end>1738454399</end></date_range></report_metadata>" +
			"<policy_published><domain>example.com</domain><p>none</p></policy_published><record><row>" +
			"<source_ip>192.0.2.1</source_ip><count>5</count><policy_evaluated><dkim>pass</dkim><spf>fail</spf>" +
			"</policy_evaluated></row><identifiers><header_from>example.com</header_from></identifiers></record></feedback>"
	}
	mail := "From: a@example.net\nTo: b@example.com\nMIME-Version: 1.0\nContent-Type: application/gzip\n" +
		"Content-Transfer-Encoding: base64\n\n" +
		base64.StdEncoding.EncodeToString(gzipped(t, []byte(one("a@example.net", "1")))) + "\n"
	forwarded := "From: b@example.com\nTo: c@example.com\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/mixed; boundary=q\n\n" +
		"--q\nContent-Type: message/rfc822\n\n" + mail + "--q--\n"
	for _, x := range []struct {
		name, text string
		reports    int
	}{
		{"address in angle brackets", one("<postmaster@example.net>", "1"), 1},
		{"a sign of less", one("a < b@example.net", "1"), 1},
		{"its schema around it", `<?xml version="1.0"?> <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">` +
			one("a", "1"), 1},
		{"another root around it", "<reports>" + one("a", "1") + one("b", "2") + "</reports>", 2},
		{"two with a prefix", strings.NewReplacer("<feedback", "<ns2:feedback", "</feedback", "</ns2:feedback").
			Replace(one("a", "1") + "\n" + one("b", "2")), 2},
		{"mails that forward mails, packed", string(zipped(t, map[string][]byte{"a.eml": []byte(forwarded)})), 1},
	} {
		b := read(t, "report", []byte(x.text))
		if len(b.Aggregates) != x.reports || len(b.Faults) != 0 {
			t.Errorf("%s: %d reports, faults %+v", x.name, len(b.Aggregates), b.Faults)
		}
		for _, a := range b.Aggregates {
			if a.Org != "Smith & Sons" || len(a.Records) != 1 || a.Records[0].Count != 5 || a.Records[0].DKIM != Pass {
				t.Errorf("%s: %+v", x.name, a)
			}
		}
	}
}
