package diag

import (
	"errors"
	"reflect"
	"strings"

	"signpost/diag/resolve"
	"signpost/diag/visible"
)

// Everything that a check hands over passes through here on its way into the report: what it found, its evidence, its
// facts and its error. So no check has to remember which of its words are a stranger's.

// maxDepth is how deep facts are nested at most; what lies deeper is cut off.
const maxDepth = 16

// seen makes visible what a finding holds. What a term that had to be made visible was probably meant to be is not
// said: whoever wrote such a term may have written the rest of it for our reader.
func (f *Finding) seen() {
	f.Subject = visible.Text(f.Subject)
	if term, ok := f.Args["term"].(string); ok && !visible.Is(term) && f.Args["suggestion"] != nil {
		f.Args["suggestion"] = ""
	}
	f.Args, _ = Seen(f.Args).(map[string]any)
	for i := range f.Evidence {
		e := &f.Evidence[i]
		e.Question, e.Answer, e.Server = visible.Text(e.Question), visible.Text(e.Answer), visible.Text(e.Server)
	}
}

// same reports that another finding says nothing else.
func (f *Finding) same(other Finding) bool {
	return f.Code == other.Code && f.Severity == other.Severity && f.Subject == other.Subject &&
		reflect.DeepEqual(f.Args, other.Args)
}

// ErrText is an error in words, a line for each of those that were joined: line ends within them are not ours.
func ErrText(err error) string {
	text := err.Error()
	last := errors.Unwrap(err)
	if joined, ok := any(err).(interface{ Unwrap() []error }); ok {
		var plain, parts []string
		for _, e := range joined.Unwrap() {
			plain, parts, last = append(plain, e.Error()), append(parts, ErrText(e)), e
		}
		if text == strings.Join(plain, "\n") {
			return strings.Join(parts, "\n")
		}
	}
	if last != nil {
		if before, ok := strings.CutSuffix(text, last.Error()); ok {
			return visible.Text(before) + ErrText(last)
		}
	}
	return visible.Text(text)
}

// Seen is v, a value of plain data, with every string in it made visible. Values of types that keep their inside to
// themselves stay as they are. The value itself is not changed.
func Seen(v any) any {
	if v == nil {
		return nil
	}
	return seenValue(reflect.ValueOf(v), maxDepth).Interface()
}

func seenValue(v reflect.Value, depth int) reflect.Value {
	if depth == 0 {
		return reflect.Zero(v.Type())
	}
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); !visible.Is(s) {
			return reflect.ValueOf(visible.Text(s)).Convert(v.Type())
		}
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return v
		}
		inner := seenValue(v.Elem(), depth-1)
		if v.Kind() == reflect.Interface {
			out := reflect.New(v.Type()).Elem()
			out.Set(inner)
			return out
		}
		out := reflect.New(inner.Type())
		out.Elem().Set(inner)
		return out
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(seenValue(v.Index(i), depth-1))
		}
		return out
	case reflect.Array:
		out := reflect.New(v.Type()).Elem()
		for i := range v.Len() {
			out.Index(i).Set(seenValue(v.Index(i), depth-1))
		}
		return out
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(seenValue(it.Key(), depth-1), seenValue(it.Value(), depth-1))
		}
		return out
	case reflect.Struct:
		out := reflect.New(v.Type()).Elem()
		out.Set(v)
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(seenValue(v.Field(i), depth-1))
			}
		}
		return out
	}
	return v
}

// SaidNothing turns a failed question into evidence; any other error gives only its text.
func SaidNothing(err error) Evidence {
	var f *resolve.Failure
	if !errors.As(err, &f) {
		return Evidence{Answer: strings.ReplaceAll(ErrText(err), "\n", "; ")}
	}
	e := Evidence{Question: f.Question.String(), Answer: f.Err.Error(), RTT: f.RTT}
	if f.EDE != "" {
		e.Answer += " (" + f.EDE + ")"
	}
	if f.Server.IsValid() {
		e.Server = f.Server.String()
	}
	return e
}
