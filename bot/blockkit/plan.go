package blockkit

import (
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
