package diag

import "encoding/json"

// Facts is what a check of the report learned, in its own type; false where the check is no part of the run, or learned
// nothing. Of a report that was read from JSON the facts are read again.
func Facts[T any](r *Report, check *Check) (T, bool) { return FactsOf[T](r.Result(check.Name)) }

// FactsOf is what a result holds, in its own type; false where there is no result, or it holds nothing of that type.
func FactsOf[T any](res *Result) (facts T, ok bool) {
	if res == nil {
		return facts, false
	}
	switch f := res.Facts.(type) {
	case T:
		return f, true
	case *T:
		if f != nil {
			return *f, true
		}
	case map[string]any: // as JSON has it; nothing learned is {} there
		if len(f) == 0 {
			return facts, false
		}
		raw, err := json.Marshal(f)
		if err != nil || json.Unmarshal(raw, &facts) != nil {
			var none T
			return none, false
		}
		return facts, true
	}
	return facts, false
}
