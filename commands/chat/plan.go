package chat

// Task is a part of what is under way, as a progress Reply names it: those that have ended, and those that run.
type Task struct {
	ID    string // stable and unique in the Reply
	Title string
	State TaskState
}

// TaskState is how far a task has come.
type TaskState int

// The states of a task.
const (
	Running TaskState = iota
	Ended
	Untold // it ended without a result: what it was to tell could not be told
)
