package jobs

// Every key of this package is made here. All of them share asynq's hash tag of the one queue, so that they live in one slot of
// a cluster and a script may touch several.

const queueName = "signpost"

const (
	tag          = "{" + queueName + "}"
	activeKey    = "asynq:" + tag + ":active"
	leaseKey     = "asynq:" + tag + ":lease"
	pendingKey   = "asynq:" + tag + ":pending"
	taskPrefix   = "asynq:" + tag + ":t:"
	ourPrefix    = "signpost:" + tag + ":"
	taskTypeName = "request"
)

func taskKey(id string) string   { return taskPrefix + id }
func parcelKey(id string) string { return ourPrefix + "asked:" + id }
func lockKey(name string) string { return ourPrefix + "lock:" + name }
func markKey(name string) string { return ourPrefix + "mark:" + name }
func turnKey(name string) string { return ourPrefix + "turn:" + name }
func noteKey(id string) string   { return ourPrefix + "note:" + id }
func keptKey(name string) string { return ourPrefix + "kept:" + name }

// What is kept is counted beside it.
const (
	keptOrderKey = ourPrefix + "kept-order"
	keptSizesKey = ourPrefix + "kept-sizes"
)

func keptOwnerKey(owner string) string { return ourPrefix + "kept-of:" + owner }
