package diag

import "fmt"

// BriefArg is how many octets of an argument BriefArgs keeps.
const BriefArg = 120

const briefList = 5 // texts of a list

// BriefArgs is the arguments of a finding as a record keeps them: short texts, lists of a few of them, numbers.
func BriefArgs(args map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range args {
		switch v := v.(type) {
		case string:
			out[k] = briefText(v)
		case []string:
			var list []string
			for _, s := range v[:min(len(v), briefList)] {
				list = append(list, briefText(s))
			}
			out[k] = list
		case int, int64, float64, bool:
			out[k] = v
		default:
			out[k] = briefText(fmt.Sprint(v))
		}
	}
	return out
}

func briefText(s string) string {
	n := min(len(s), BriefArg)
	for n > 0 && n < len(s) && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}

// ArgsOf is arguments that were read from JSON in the types that findings have: whole numbers, lists of texts.
func ArgsOf(read map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range read {
		switch v := v.(type) {
		case float64:
			if v == float64(int64(v)) {
				out[k] = int(v)
				continue
			}
		case []any:
			var list []string
			for _, x := range v {
				list = append(list, fmt.Sprint(x))
			}
			out[k] = list
			continue
		}
		out[k] = v
	}
	return out
}
