package bot

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/bot/jobs"
	"signpost/commands/chat"

	"github.com/slack-go/slack/slackevents"
	"golang.org/x/text/language"
)

// startStep is a bot whose app offers the step.
func startStep(t *testing.T, o settings) *rig {
	t.Helper()
	r := start(t, o)
	manifest, err := Manifest(language.English, "", Workflow)
	if err == nil {
		err = r.Install(manifest)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) stepEnds(id string) slackfake.Step {
	r.t.Helper()
	if !r.Wait(20*time.Second, func() bool { return r.StepOf(id).Ended }) {
		r.t.Fatalf("the workflow still waits for %s", id)
	}
	return r.StepOf(id)
}

// TestStep: a workflow is handed the verdict, what is wrong in one line, and the report, in the language that it chose;
// delivered twice it is done once. Where there is nothing to check it is told why.
func TestStep(t *testing.T) {
	t.Parallel()
	r := startStep(t, settings{})
	for _, x := range []struct {
		inputs                   map[string]any
		verdict, summary, report string
		fails                    string
	}{
		{map[string]any{"domain": "missing-dot.example"}, "broken", "The final dot is missing", "5 mx1.qiye.aliyun.com.", ""},
		{map[string]any{"domain": "<http://missing-dot.example|missing-dot.example>", "language": "zh-CN"}, "broken",
			"末尾缺少一个点", "由谁处理", ""},
		{map[string]any{"domain": "healthy.example", "language": "中文"}, "ok", "healthy.example", "healthy.example", ""},
		{map[string]any{"domain": "our web site <!channel>", "language": "English"}, "", "", "",
			"no domain to check in \"our web site"},
		{map[string]any{"domain": 7, "language": "zh"}, "", "", "", "没有可检查的域名"},
	} {
		d, id := r.RunStep(stepCheck, x.inputs)
		r.Send(d)
		r.Send(d) // Slack may deliver again
		got := r.stepEnds(id)
		if got.Outputs["verdict"] != x.verdict || !strings.Contains(got.Outputs["summary"], x.summary) ||
			!strings.Contains(got.Outputs["report"], x.report) || !strings.Contains(got.Error, x.fails) ||
			(x.fails == "") != (got.Error == "") {
			t.Errorf("%v: %+v", x.inputs, got)
		}
	}
	r.settle()
	if n := r.Calls("functions.completeSuccess") + r.Calls("functions.completeError"); n != 5 {
		t.Errorf("%d steps ended, of 5", n)
	}
	if n := len(r.Messages()); n != 0 {
		t.Errorf("%d messages: a step says nothing by itself", n)
	}
}

// TestStepIsToldOfTheEnd: a step is tried again where Slack is in trouble; a workflow that somebody stopped is let be;
// a step of another app asks nothing.
func TestStepIsToldOfTheEnd(t *testing.T) {
	t.Parallel()
	r := startStep(t, settings{withFaults: true})
	r.Fail("functions.completeSuccess", slackfake.Failure{Status: 503}, slackfake.Failure{Error: "internal_error"})
	d, id := r.RunStep(stepCheck, map[string]any{"domain": "healthy.example"})
	r.Send(d)
	if got := r.stepEnds(id); got.Outputs["verdict"] != "ok" {
		t.Errorf("%+v", got)
	}
	before := r.Calls("functions.completeSuccess")
	d, id = r.RunStep(stepCheck, map[string]any{"domain": "missing-dot.example"})
	r.StopStep(id)
	r.Send(d)
	strange, _ := r.RunStep("another_step", map[string]any{"domain": "healthy.example"})
	r.Send(strange)
	r.Wait(20*time.Second, func() bool { return r.Calls("functions.completeSuccess") > before })
	r.settle()
	if n := r.Calls("functions.completeSuccess") - before; n != 1 {
		t.Errorf("%d ends for a workflow that was stopped and a step of others", n)
	}
}

// TestStepLimits: all steps of a workspace wait in one line, and who is over the limit is told at once.
func TestStepLimits(t *testing.T) {
	j, err := job("x", request{Team: "T1", Step: "Fx1", Command: chat.Check, Text: "a.example"})
	if err != nil || j.User != stepPerson || j.Lane != jobs.Diagnosis || !j.Limited {
		t.Errorf("%+v, %v", j, err)
	}
	r := startStep(t, settings{})
	d, ok := fromStep(request{Team: slackfake.Team}, executed("Fx9"))
	if !ok {
		t.Fatal("not read")
	}
	_, id := r.RunStep(stepCheck, map[string]any{"domain": "healthy.example"})
	d.request.Step = id
	r.bot.after(t.Context(), d, "too many wait")
	if got := r.stepEnds(id); got.Error != "too many wait" {
		t.Errorf("%+v", got)
	}
}

// executed is the event of a step.
func executed(id string) *slackevents.FunctionExecutedEvent {
	m := &slackevents.FunctionExecutedEvent{FunctionExecutionID: id, Inputs: map[string]any{"domain": "healthy.example"}}
	m.Function.CallbackID = stepCheck
	return m
}

// TestStepInTheManifest: the step and its event stand in the manifest where they are asked for, in either language.
func TestStepInTheManifest(t *testing.T) {
	for _, lang := range []language.Tag{language.English, language.Chinese} {
		raw, err := Manifest(lang, "https://signpost.example.com", Workflow)
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			Functions map[string]struct {
				Title, Description string
				Input              manifestParameters `json:"input_parameters"`
				Output             manifestParameters `json:"output_parameters"`
			}
			Settings struct {
				Runtime string `json:"function_runtime"`
				Org     bool   `json:"org_deploy_enabled"`
			}
		}
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		f := m.Functions[stepCheck]
		if m.Settings.Runtime != "remote" || !m.Settings.Org || !strings.Contains(string(raw), `"function_executed"`) ||
			f.Title != chat.Text(lang, "shortcut.check", nil) || len(f.Input.Properties) != 2 ||
			strings.Join(f.Output.Required, " ") != "verdict summary report" {
			t.Errorf("%s", raw)
		}
		for name, p := range f.Output.Properties {
			if p.Type != "string" || p.Title == "" || strings.HasPrefix(p.Title, "step.") || p.Description == "" {
				t.Errorf("%s: %+v", name, p)
			}
		}
	}
	if raw, err := Manifest(language.English, ""); err != nil || strings.Contains(string(raw), "function") {
		t.Errorf("unasked: %s, %v", raw, err)
	}
}
