package cause_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"signpost/diag/cause"
)

type asked struct {
	question string
	err      error
}

func (a asked) Error() string             { return a.question + ": " + a.err.Error() }
func (a asked) Unwrap() error             { return a.err }
func (a asked) CauseArgs() map[string]any { return map[string]any{"question": a.question} }

var (
	errSilent  = cause.New(cause.NoAnswer, "test: silence")
	errServers = cause.New(cause.NoServers, "test: no servers")
)

func TestOf(t *testing.T) {
	question := func(q string) map[string]any { return map[string]any{"question": q} }
	for name, c := range map[string]struct {
		err  error
		want cause.Cause
	}{
		"none":    {nil, cause.Cause{}},
		"plain":   {errors.New("no servers"), cause.Cause{Code: cause.Other}},
		"renamed": {fmt.Errorf("whatever: %w", errSilent), cause.Cause{Code: cause.NoAnswer}},
		"the more telling": {fmt.Errorf("%w: %w", errServers, asked{"a. NS", errSilent}),
			cause.Cause{Code: cause.NoAnswer, Args: question("a. NS")}},
		"its own question": {errors.Join(asked{"a. NS", errServers}, asked{"b. MX", errSilent}),
			cause.Cause{Code: cause.NoAnswer, Args: question("b. MX")}},
		"the inner question": {asked{"a. NS", asked{"b. MX", errSilent}},
			cause.Cause{Code: cause.NoAnswer, Args: question("b. MX")}},
		"the deadline": {asked{"a. NS", fmt.Errorf("x: %w", context.DeadlineExceeded)},
			cause.Cause{Code: cause.Deadline, Args: question("a. NS")}},
		"more than a deadline": {errors.Join(context.DeadlineExceeded, errSilent), cause.Cause{Code: cause.NoAnswer}},
		"arguments": {
			fmt.Errorf("x: %w", cause.With(cause.Rest, "test: more", map[string]any{"most": 3})),
			cause.Cause{Code: cause.Rest, Args: map[string]any{"most": 3}},
		},
	} {
		if got := cause.Of(c.err); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestCodesAreOnce(t *testing.T) {
	seen := map[cause.Code]bool{}
	for _, c := range cause.Codes() {
		if seen[c] || c == "" {
			t.Errorf("code %q stands twice, or is empty", c)
		}
		seen[c] = true
	}
}

func ExampleOf() {
	silent := cause.New(cause.NoAnswer, "example: the server says nothing")
	fmt.Println(cause.Of(fmt.Errorf("mx: %w", silent)).Code)
	// Output: no-answer-in-time
}
