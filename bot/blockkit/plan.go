package blockkit

import (
	"strings"

	"signpost/commands/chat"

	"github.com/slack-go/slack"
)

// The limits of a plan. Source: https://docs.slack.dev/reference/block-kit/blocks/plan-block and task-card-block; a
// plan stands in messages alone.
const (
	maxTasks     = 50
	maxTaskTitle = 150
)

var taskStates = map[chat.TaskState]slack.TaskCardStatus{chat.Running: slack.TaskCardStatusInProgress,
	chat.Ended: slack.TaskCardStatusComplete, chat.Untold: slack.TaskCardStatusError}

// planBlock is what is under way as a plan of tasks. Nil where there is none, or it does not fit.
func planBlock(r chat.Reply) slack.Block {
	title := Plain(strings.Join(strings.Fields(r.Title), " "))
	if r.Final || len(r.Tasks) == 0 || len(r.Tasks) > maxTasks || title == "" {
		return nil
	}
	plan := slack.NewPlanBlock(Clip(title, maxTaskTitle))
	for _, t := range r.Tasks {
		card := slack.NewTaskCardBlock(Clip(t.ID, 255), Clip(Plain(strings.Join(strings.Fields(t.Title), " ")), maxTaskTitle))
		if card.TaskID == "" || card.Title == "" {
			return nil
		}
		plan.Tasks = append(plan.Tasks, *card.WithStatus(taskStates[t.State]))
	}
	if blockText([]slack.Block{plan}) > maxBlocksText {
		return nil
	}
	return plan
}
