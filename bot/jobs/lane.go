package jobs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Lane is a queue with workers of its own, so that what is quick does not wait for what is slow.
type Lane string

// The lanes. Background has the name that the only queue had before there were lanes.
const (
	Background Lane = "signpost"           // messages of the outbox, what comes at a time, whole casebooks
	Quick      Lane = "signpost-quick"     // what is answered from what is known
	Diagnosis  Lane = "signpost-diagnosis" // what asks servers on the internet
)

// lanes is every lane, and how many jobs of it one channel may have under way: what writes into a channel takes turns.
var lanes = map[Lane]int{Background: 1, Quick: 1, Diagnosis: 2}

// ofPerson is how many jobs of one person are under way at once, in a lane.
const ofPerson = 4

// The most requests that wait in a lane before a further one is refused, and the most of a lane that wait for another
// attempt.
const (
	WaitingOfPerson  = 20
	WaitingOfChannel = 60
	WaitingOfTeam    = 600
	retrying         = 5000
)

// Limit is why a request was not taken: who has too many that wait.
type Limit string

// The limits.
const (
	LimitPerson  Limit = "person"
	LimitChannel Limit = "channel"
	LimitTeam    Limit = "team"
)

func (l Limit) Error() string { return "jobs: too many requests of one " + string(l) + " wait" }

// Request is what is to be done.
type Request struct {
	ID      string
	Payload []byte
	At      time.Time // not before; zero: at once
	Lane    Lane      // zero: Background
	// Those who share a lane's workers evenly: workspaces first, then the people of each. Channel is where the answer is
	// written, empty where nowhere or where it may be written beside others.
	Team, User, Channel string
	// Limited has the request refused, with a Limit as the error, where too many wait already.
	Limited bool
}

func (r Request) lane() Lane {
	if _, ok := lanes[r.Lane]; !ok {
		return Background
	}
	return r.Lane
}

// short is a name in hexadecimal digits, empty where there is none.
func short(kind, name string) string {
	if name == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(kind + "\x00" + name))
	return hex.EncodeToString(sum[:8])
}

// owner names who asks, as scripts read it.
func (r Request) owner() (team, user, channel string) {
	return short("team", r.Team), short("user", r.User), short("channel", r.Channel)
}

// ticket is what a task carries: who asks.
func (r Request) ticket() []byte {
	team, user, channel := r.owner()
	return fmt.Appendf(nil, "who=%s/%s/%s;", team, user, channel)
}

// fairLua is what the scripts know: whose a task is, and how those who wait are brought into order.
//
// KEYS: 5 to 7 are the workspaces that wait, how many jobs wait of each channel and workspace, how often those were
// served who were served last. ARGV: what the keys of people begin with, those of tasks, those of people's jobs.
const fairLua = `
local teams, counts, clock = KEYS[5], KEYS[6], KEYS[7]
local peopleOf, tasks, jobsOf = ARGV[1], ARGV[2], ARGV[3]
local function whose(id)
	local msg = redis.call("HGET", tasks .. id, "msg")
	if not msg then return nil end
	local team, user, channel = string.match(msg, "who=(%x*)/(%x*)/(%x*);")
	return msg, team or "", user or "", channel or ""
end
local function count(name, by)
	if redis.call("HINCRBY", counts, name, by) <= 0 then redis.call("HDEL", counts, name) end
end
-- order takes the pending tasks, oldest first, into the lists of their people. Whoever begins to wait stands where
-- those stand who were served last: neither before nor behind the others.
local function order(pending)
	for _ = 1, 1000 do
		local id = redis.call("RPOP", pending)
		if not id then return end
		local msg, team, user, channel = whose(id)
		if msg then
			if redis.call("RPUSH", jobsOf .. team .. "/" .. user, channel .. " " .. id) == 1 then
				local now = redis.call("HGET", clock, "t" .. team) or "0"
				redis.call("ZADD", peopleOf .. team, now, user)
				if redis.call("ZCARD", peopleOf .. team) == 1 then
					redis.call("ZADD", teams, redis.call("HGET", clock, "") or "0", team)
				end
			end
			count("c" .. channel, 1)
			count("t" .. team, 1)
		end
	end
end
`

// nextScript gives a worker the task whose turn it is: of the team that was served least, of its person who was served
// least, the oldest whose channel has a turn. Whoever has enough under way is passed over and keeps their place.
//
// KEYS: pending list, paused flag, active list, lease set. ARGV: as fairLua; until when the worker vouches for the task
// in seconds; the most under way of a person, of a channel. Returns the task's message, or nil.
var nextScript = redis.NewScript(fairLua + `
if redis.call("EXISTS", KEYS[2]) == 1 then return false end
order(KEYS[1])
if redis.call("EXISTS", teams) == 0 then return false end
local people, channels = {}, {}
for _, id in ipairs(redis.call("LRANGE", KEYS[3], 0, -1)) do
	local msg, team, user, channel = whose(id)
	if msg then
		local person = team .. "/" .. user
		people[person] = (people[person] or 0) + 1
		channels[channel] = (channels[channel] or 0) + 1
	end
end
local looked = 0
local function take(team, user, entry)
	local person, channel, id = team .. "/" .. user, string.match(entry, "^(%x*) (.*)$")
	redis.call("LREM", jobsOf .. person, 1, entry)
	count("c" .. channel, -1)
	count("t" .. team, -1)
	local list = peopleOf .. team
	redis.call("HSET", clock, "t" .. team, redis.call("ZSCORE", list, user))
	redis.call("HSET", clock, "", redis.call("ZSCORE", teams, team))
	if redis.call("EXISTS", jobsOf .. person) == 1 then
		redis.call("ZINCRBY", list, 1, user)
	else
		redis.call("ZREM", list, user)
	end
	if redis.call("EXISTS", list) == 1 then
		redis.call("ZINCRBY", teams, 1, team)
	else
		redis.call("ZREM", teams, team)
		redis.call("HDEL", clock, "t" .. team)
	end
	return redis.call("HGET", tasks .. id, "msg"), id
end
for _, team in ipairs(redis.call("ZRANGE", teams, 0, 99)) do
	for _, user in ipairs(redis.call("ZRANGE", peopleOf .. team, 0, 199)) do
		if user == "" or (people[team .. "/" .. user] or 0) < tonumber(ARGV[5]) then
			for _, entry in ipairs(redis.call("LRANGE", jobsOf .. team .. "/" .. user, 0, 19)) do
				looked = looked + 1
				if looked > 2000 then return false end
				local channel = string.match(entry, "^(%x*) ")
				if channel == "" or (channels[channel] or 0) < tonumber(ARGV[6]) then
					local msg, id = take(team, user, entry)
					if msg then
						redis.call("LPUSH", KEYS[3], id)
						redis.call("HSET", tasks .. id, "state", "active")
						redis.call("HDEL", tasks .. id, "pending_since")
						redis.call("ZADD", KEYS[4], ARGV[4], id)
						return msg
					end
				end
			end
		end
	end
end
return false`)
