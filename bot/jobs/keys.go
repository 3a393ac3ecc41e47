package jobs

import "slices"

// Every key of this package is made here. The keys of a lane share the hash tag of asynq's queue of that name, so that
// they live in one slot of a cluster and a script may touch several; those of all lanes have the tag of the first.

const (
	ourPrefix    = "signpost:{" + string(Background) + "}:"
	taskTypeName = "request"
)

// asynqOf is a key of asynq's of a lane, oursOf one of our own.
func asynqOf(l Lane, name string) string { return "asynq:{" + string(l) + "}:" + name }
func oursOf(l Lane, name string) string  { return "signpost:{" + string(l) + "}:" + name }

func activeKey(l Lane) string             { return asynqOf(l, "active") }
func leaseKey(l Lane) string              { return asynqOf(l, "lease") }
func pendingKey(l Lane) string            { return asynqOf(l, "pending") }
func pausedKey(l Lane) string             { return asynqOf(l, "paused") }
func retryKey(l Lane) string              { return asynqOf(l, "retry") }
func scheduledKey(l Lane) string          { return asynqOf(l, "scheduled") }
func taskKey(l Lane, id string) string    { return asynqOf(l, "t:") + id }
func payloadKey(l Lane, id string) string { return oursOf(l, "asked:") + id }

// The order in which those who wait are served.
func fairTeamsKey(l Lane) string               { return oursOf(l, "fair-teams") }
func fairPeopleKey(l Lane, team string) string { return oursOf(l, "fair-people:") + team }
func fairJobsKey(l Lane, person string) string { return oursOf(l, "fair-jobs:") + person }
func fairCountsKey(l Lane) string              { return oursOf(l, "fair-counts") }
func fairClockKey(l Lane) string               { return oursOf(l, "fair-clock") }

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

// wakeChannel is where a process tells the others that there is something to do in a lane.
const wakeChannel = ourPrefix + "wake"

// fairKeys are the keys of a lane's order, as scripts take them behind four of their own.
func fairKeys(l Lane, own ...string) []string {
	return append(slices.Clip(own), fairTeamsKey(l), fairCountsKey(l), fairClockKey(l))
}
