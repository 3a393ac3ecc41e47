package kb

import (
	"strings"
	"testing"

	"golang.org/x/text/language"
)

// regions is countries by their names in English and Chinese, and by one of their cities, as they are named in passing.
const regions = `CN|mainland China|中国大陆|Hangzhou
HK|Hong Kong|香港|
TW|Taiwan|台湾|Taipei
MO|Macau|澳门|
SG|Singapore|新加坡|
MY|Malaysia|马来西亚|Kuala Lumpur
TH|Thailand|泰国|Bangkok
VN|Vietnam|越南|Hanoi
ID|Indonesia|印尼|Jakarta
PH|the Philippines|菲律宾|Manila
KH|Cambodia|柬埔寨|Phnom Penh
MM|Myanmar|缅甸|Yangon
JP|Japan|日本|Osaka
KR|South Korea|韩国|Seoul
IN|India|印度|Mumbai
PK|Pakistan|巴基斯坦|Karachi
BD|Bangladesh|孟加拉国|Dhaka
LK|Sri Lanka|斯里兰卡|Colombo
KZ|Kazakhstan|哈萨克斯坦|Almaty
AE|the United Arab Emirates|阿联酋|Dubai
SA|Saudi Arabia|沙特|Riyadh
QA|Qatar|卡塔尔|Doha
IL|Israel|以色列|Tel Aviv
TR|Türkiye|土耳其|Istanbul
EG|Egypt|埃及|Cairo
ZA|South Africa|南非|Johannesburg
NG|Nigeria|尼日利亚|Lagos
KE|Kenya|肯尼亚|Nairobi
AU|Australia|澳大利亚|Sydney
NZ|New Zealand|新西兰|Auckland
US|the United States|美国|New York
CA|Canada|加拿大|Toronto
MX|Mexico|墨西哥|Mexico City
BR|Brazil|巴西|São Paulo
AR|Argentina|阿根廷|Buenos Aires
CL|Chile|智利|Santiago
CO|Colombia|哥伦比亚|Bogotá
GB|the United Kingdom|英国|London
IE|Ireland|爱尔兰|Dublin
DE|Germany|德国|Munich
FR|France|法国|Paris
IT|Italy|意大利|Milan
ES|Spain|西班牙|Barcelona
PT|Portugal|葡萄牙|Lisbon
NL|the Netherlands|荷兰|Amsterdam
BE|Belgium|比利时|Brussels
CH|Switzerland|瑞士|Zürich
AT|Austria|奥地利|Vienna
PL|Poland|波兰|Warsaw
CZ|Czechia|捷克|Prague
HU|Hungary|匈牙利|Budapest
SE|Sweden|瑞典|Stockholm
DK|Denmark|丹麦|Copenhagen
NO|Norway|挪威|Oslo
FI|Finland|芬兰|Helsinki
GR|Greece|希腊|
RO|Romania|罗马尼亚|
RU|Russia|俄罗斯|Moscow
UA|Ukraine|乌克兰|Kyiv
MN|Mongolia|蒙古|
NP|Nepal|尼泊尔|
LA|Laos|老挝|
BN|Brunei|文莱|
PE|Peru|秘鲁|
MA|Morocco|摩洛哥|
ET|Ethiopia|埃塞俄比亚|`

// TestRegions names countries in a question about support, in either language and by a city.
func TestRegions(t *testing.T) {
	b := load(t)
	n := 0
	for line := range strings.Lines(regions) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		n++
		for i, frame := range []string{"support number for our office in %, please", "我们在%，客服电话多少",
			"we are in %, who can help?"} {
			name := cells[i+1]
			if name == "" {
				continue
			}
			text := strings.ReplaceAll(frame, "%", name)
			if got := b.Understand(text, language.English).Region; got != cells[0] {
				t.Errorf("%q: %q, want %s", text, got, cells[0])
			}
		}
	}
	if n < 60 {
		t.Errorf("%d countries", n)
	}
}

// TestChannelsKnown: a provider without any way to its support stays the exception.
func TestChannelsKnown(t *testing.T) {
	b := load(t)
	var without []string
	for _, p := range b.Providers() {
		if len(p.Channels) == 0 {
			without = append(without, p.ID)
		}
	}
	if len(without) > 1 {
		t.Errorf("no channel: %v", without)
	}
}
