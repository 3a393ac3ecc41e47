package slackfake

import (
	"fmt"
	"maps"
	"slices"
)

// RunStep is that a workflow comes to a step of the app, with what it was given.
func (s *Slack) RunStep(callback string, inputs map[string]any) (d Delivery, id string) {
	id = "Fx" + s.stamp()
	s.change(func() {
		f, ok := s.functions[callback]
		if !ok {
			s.fault("the manifest has no function %s", callback)
		}
		for _, name := range f.Input.Required {
			if inputs[name] == nil {
				s.fault("%s: no input %s", callback, name)
			}
		}
		s.steps[id] = &Step{ID: id}
		s.stepOf[id] = callback
	})
	return s.Event(map[string]any{"type": "function_executed", "event_ts": s.stamp(),
		"function": map[string]any{"id": "Fn1", "callback_id": callback, "type": "app", "app_id": "A1"},
		"inputs":   inputs, "function_execution_id": id, "workflow_execution_id": "Wx1",
		"bot_access_token": "xwfp-of-this-step"}), id
}

// StopStep is that somebody stops the workflow: it waits for the step no longer.
func (s *Slack) StopStep(id string) { s.change(func() { s.steps[id].Ended = true }) }

// StepOf is how a step stands.
func (s *Slack) StepOf(id string) (out Step) {
	s.change(func() {
		if x := s.steps[id]; x != nil {
			out = *x
			out.Outputs = maps.Clone(x.Outputs)
		}
	})
	return out
}

// completeStep ends a step; the lock is held. Source:
// https://docs.slack.dev/reference/methods/functions.completeSuccess.
func (s *Slack) completeStep(method string, p params, out map[string]any) {
	id := p.str("function_execution_id")
	x := s.steps[id]
	switch {
	case x == nil:
		out["error"] = "function_execution_not_found"
		s.fault("%s of %q", method, id)
		return
	case x.Ended:
		out["error"] = "execution_not_in_running_state"
		return
	}
	if method == "functions.completeError" {
		if x.Error = p.str("error"); x.Error == "" {
			out["error"] = "invalid_arguments"
			s.fault("%s without a word", method)
			return
		}
		s.checkMrkdwn(method, x.Error)
		x.Ended = true
		return
	}
	given, _ := p["outputs"].(map[string]any)
	outputs := map[string]string{}
	for name, v := range given {
		outputs[name] = str(v)
		s.checkMrkdwn(method, str(v))
	}
	if err := s.functions[s.stepOf[id]].Output.check(outputs); err != nil {
		out["error"] = "parameter_validation_failed"
		s.fault("%s: %v", method, err)
		return
	}
	x.Outputs, x.Ended = outputs, true
}

// check holds outputs against what the manifest declares.
func (p parameters) check(outputs map[string]string) error {
	for name, v := range outputs {
		if _, ok := p.Properties[name]; !ok {
			return fmt.Errorf("the output %s is not declared", name)
		}
		if v == "" && slices.Contains(p.Required, name) {
			return fmt.Errorf("the output %s is empty", name)
		}
	}
	for _, name := range p.Required {
		if _, ok := outputs[name]; !ok {
			return fmt.Errorf("the output %s is missing", name)
		}
	}
	return nil
}
