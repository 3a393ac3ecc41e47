package cases

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// shelfSize is how many cases stand on one shelf of the index: a hash from a term to the places of its cases, two octets each, ascending. As many shelves stand on one
// floor: a hash from a term to the places of the shelves that have it. So what is rare is found at once, however many cases there are.
const shelfSize = 512

// indexVersion is that of the index. An older one is made anew by Reindex; until then its shelves are gone through one by one.
const indexVersion = 2

// shelving is what the scripts share: how a case is put on its shelf and taken off. put and take tell whether a term is new there, or gone.
const shelving = `
local function place(off) return string.char(math.floor(off / 256), off % 256) end
local function put(key, term, off)
	local v = redis.call("HGET", key, term) or ""
	for i = #v - 1, 1, -2 do
		local x = v:byte(i) * 256 + v:byte(i + 1)
		if x == off then return false end
		if x < off then
			redis.call("HSET", key, term, v:sub(1, i + 1) .. place(off) .. v:sub(i + 2))
			return false
		end
	end
	redis.call("HSET", key, term, place(off) .. v)
	return v == ""
end
local function take(key, term, off)
	local v = redis.call("HGET", key, term) or ""
	for i = 1, #v - 1, 2 do
		if v:byte(i) * 256 + v:byte(i + 1) == off then
			v = v:sub(1, i - 1) .. v:sub(i + 2)
			if v == "" then redis.call("HDEL", key, term) else redis.call("HSET", key, term, v) end
			return v == ""
		end
	end
	return false
end
local function shelve(shelf, floor, off, at, terms)
	for _, term in ipairs(terms) do
		if put(shelf, term, tonumber(off)) then put(floor, term, tonumber(at)) end
	end
end
local function unshelve(shelf, floor, off, at, terms)
	for _, term in ipairs(terms) do
		if take(shelf, term, tonumber(off)) then take(floor, term, tonumber(at)) end
	end
end
local function tell(key, entries)
	for _, e in ipairs(entries) do redis.call("XADD", key, "*", "e", e) end
end
-- A new stream takes 4 KB, however short it is; written back it takes what it holds. Where that is not allowed it stays as it is.
local function slim(key)
	local whole = redis.pcall("DUMP", key)
	if type(whole) == "string" then redis.pcall("RESTORE", key, "0", whole, "REPLACE") end
end
-- Puts what was staged into its place: pairs of the two keys.
local function unstage(moves)
	for _, m in ipairs(moves) do
		if redis.call("EXISTS", m[1]) == 1 then
			redis.call("RENAME", m[1], m[2])
			redis.call("PERSIST", m[2])
		end
	end
end
local function measure(prefix, list)
	for _, m in ipairs(list) do
		local key = prefix .. "measures:" .. m[1]
		redis.call("LPUSH", key, m[2])
		redis.call("LTRIM", key, 0, 199)
		redis.call("SADD", prefix .. "measures", m[1])
	end
end
`

// open opens a case, once for one request, and once for a domain unless a second one is wanted.
//
// KEYS: the last number, the mark of the request, the hash of open domains, the hash of counts. ARGV: the team's prefix, the record, its terms (a JSON list),
// its first entries (a JSON list), the domain, whether a second case is wanted ("1"), seconds that the mark lives, the shelves' size, the state, the index's version.
// Returns {"done", number} where the request was carried out before, {"there", number} where the domain has an open case, {"opened", number}.
var openScript = redis.NewScript(shelving + `
local done = redis.call("GET", KEYS[2])
if done then return {"done", done} end
local domain = ARGV[5]
if domain ~= "" and ARGV[6] ~= "1" then
	local there = redis.call("HGET", KEYS[3], domain)
	if there then return {"there", there} end
end
local n = redis.call("INCR", KEYS[1])
local size = tonumber(ARGV[8])
redis.call("HSET", ARGV[1] .. "case:" .. n, "rev", 1, "data", ARGV[2])
if n == 1 then redis.call("SET", ARGV[1] .. "index", ARGV[10]) end
local shelf = math.floor(n / size)
shelve(ARGV[1] .. "shelf:" .. shelf, ARGV[1] .. "floor:" .. math.floor(shelf / size), n % size, shelf % size, cjson.decode(ARGV[3]))
local timeline = ARGV[1] .. "timeline:" .. n
tell(timeline, cjson.decode(ARGV[4]))
slim(timeline)
if domain ~= "" then redis.call("HSETNX", KEYS[3], domain, n) end
redis.call("HINCRBY", KEYS[4], ARGV[9], 1)
redis.call("SET", KEYS[2], n, "EX", ARGV[7])
return {"opened", tostring(n)}`)

// change replaces a case's record, once for one request, if nobody else has changed it since it was read.
//
// KEYS: the record, its contacts, its timeline, its shelf, the mark of the request, the hash of open domains, the hash of counts, the hash of threads, its floor. ARGV: the
// revision read, the new record, terms to take off and to put on (JSON lists), new entries (a JSON list), the place on the shelf, the id of a contact and
// the contact (or empty), measures (a JSON list of pairs), the domains (a JSON list), the number where they are open now (or empty), the state before and after, the thread's field
// (or empty), seconds that the mark lives, the team's prefix, the case's number, domains that it is about no more (a JSON list), the
// shelf's place on the floor. Returns {"done"}, {"conflict"}, {"none"} or {"changed"}.
var changeScript = redis.NewScript(shelving + `
if redis.call("EXISTS", KEYS[5]) == 1 then return {"done"} end
local rev = redis.call("HGET", KEYS[1], "rev")
if not rev then return {"none"} end
if rev ~= ARGV[1] then return {"conflict"} end
redis.call("HSET", KEYS[1], "rev", tonumber(rev) + 1, "data", ARGV[2])
unshelve(KEYS[4], KEYS[9], ARGV[6], ARGV[19], cjson.decode(ARGV[3]))
shelve(KEYS[4], KEYS[9], ARGV[6], ARGV[19], cjson.decode(ARGV[4]))
tell(KEYS[3], cjson.decode(ARGV[5]))
if ARGV[7] ~= "" then redis.call("HSET", KEYS[2], ARGV[7], ARGV[8]) end
measure(ARGV[16], cjson.decode(ARGV[9]))
for _, domain in ipairs(cjson.decode(ARGV[18])) do
	if redis.call("HGET", KEYS[6], domain) == ARGV[17] then redis.call("HDEL", KEYS[6], domain) end
end
for _, domain in ipairs(cjson.decode(ARGV[10])) do
	if ARGV[11] ~= "" then
		redis.call("HSETNX", KEYS[6], domain, ARGV[11])
	elseif redis.call("HGET", KEYS[6], domain) == ARGV[17] then
		redis.call("HDEL", KEYS[6], domain)
	end
end
if ARGV[12] ~= ARGV[13] then
	redis.call("HINCRBY", KEYS[7], ARGV[12], -1)
	redis.call("HINCRBY", KEYS[7], ARGV[13], 1)
end
if ARGV[14] ~= "" then redis.call("HSET", KEYS[8], ARGV[14], ARGV[17]) end
if ARGV[15] ~= "0" then redis.call("SET", KEYS[5], ARGV[17], "EX", ARGV[15]) end
return {"changed"}`)

// find looks on the floors for shelves, and on these for cases, that stand under every term, the newest first. While the index is of an older version every shelf is
// looked at.
//
// KEYS: the last number, the index's version. ARGV: the team's prefix, the terms (a JSON list, not empty), those that an index of this version has beside (a JSON list), how many
// are wanted, below which number (0: any), the shelves' size, how many shelves are looked at, at most, this version. Returns {the numbers, from which number to go on (0: all are
// found)}.
var findScript = redis.NewScript(`
local prefix, terms = ARGV[1], cjson.decode(ARGV[2])
local want, below, size, most = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local indexed = tonumber(redis.call("GET", KEYS[2]) or "0") >= tonumber(ARGV[8])
if indexed then
	for _, term in ipairs(cjson.decode(ARGV[3])) do terms[#terms + 1] = term end
end
local last = tonumber(redis.call("GET", KEYS[1]) or "0")
if below > 0 and below - 1 < last then last = below - 1 end
-- the places under every term, the last one first, none above upto
local function common(key, upto)
	local lists, places, sets = redis.call("HMGET", key, unpack(terms)), {}, {}
	local shortest
	for i = 1, #terms do
		local v = lists[i]
		if not v then return places end
		if not shortest or #v < #shortest then shortest = v end
	end
	for i = 1, #terms do
		local v = lists[i]
		if v ~= shortest then
			local set = {}
			for j = 1, #v - 1, 2 do set[v:byte(j) * 256 + v:byte(j + 1)] = true end
			sets[#sets + 1] = set
		end
	end
	for j = #shortest - 1, 1, -2 do
		local off = shortest:byte(j) * 256 + shortest:byte(j + 1)
		local ok = off <= upto
		for _, set in ipairs(sets) do
			if not ok then break end
			ok = set[off] or false
		end
		if ok then places[#places + 1] = off end
	end
	return places
end
local found = {}
-- gives from which number to go on where enough is found or looked at
local function look(shelf)
	if most == 0 then return (shelf + 1) * size end
	most = most - 1
	for _, off in ipairs(common(prefix .. "shelf:" .. shelf, last - shelf * size)) do
		found[#found + 1] = shelf * size + off
		if #found == want then return found[#found] end
	end
end
local top = math.floor(last / size)
if indexed then
	for floor = math.floor(top / size), 0, -1 do
		for _, at in ipairs(common(prefix .. "floor:" .. floor, top - floor * size)) do
			local on = look(floor * size + at)
			if on then return {found, on} end
		end
	end
else
	for shelf = top, 0, -1 do
		local on = look(shelf)
		if on then return {found, on} end
	end
end
return {found, 0}`)

// reshelve puts a case on its shelf and floor anew, if nobody has changed it since it was read.
//
// KEYS: the record, its shelf, its floor. ARGV: the revision read, its terms (a JSON list), the places on the shelf and on the floor. Returns {"none"}, {"conflict"} or
// {"shelved"}.
var reshelveScript = redis.NewScript(shelving + `
local rev = redis.call("HGET", KEYS[1], "rev")
if not rev then return {"none"} end
if rev ~= ARGV[1] then return {"conflict"} end
local terms = cjson.decode(ARGV[2])
shelve(KEYS[2], KEYS[3], ARGV[3], ARGV[4], terms)
for _, term in ipairs(terms) do put(KEYS[3], term, tonumber(ARGV[4])) end
return {"shelved"}`)

// remove deletes a case and all that belongs to it, if nobody has changed it since it was read, and tells the audit.
//
// KEYS: the record, its contacts, its timeline, its shelf, the hash of open domains, the hash of counts, the hash of threads, the audit, its floor. ARGV: its terms (a JSON list), the
// place on the shelf, the domains (a JSON list), the number, the state, the thread's field (or empty), the revision read, what the audit is told and how much it keeps, the shelf's place
// on the floor. Returns {"none"},
// {"conflict"} or {"removed"}.
var removeScript = redis.NewScript(shelving + `
local rev = redis.call("HGET", KEYS[1], "rev")
if not rev then return {"none"} end
if rev ~= ARGV[7] then return {"conflict"} end
unshelve(KEYS[4], KEYS[9], ARGV[2], ARGV[10], cjson.decode(ARGV[1]))
redis.call("DEL", KEYS[1], KEYS[2], KEYS[3])
for _, domain in ipairs(cjson.decode(ARGV[3])) do
	if redis.call("HGET", KEYS[5], domain) == ARGV[4] then redis.call("HDEL", KEYS[5], domain) end
end
redis.call("HINCRBY", KEYS[6], ARGV[5], -1)
if ARGV[6] ~= "" then redis.call("HDEL", KEYS[7], ARGV[6]) end
redis.call("XADD", KEYS[8], "MAXLEN", "~", ARGV[9], "*", "e", ARGV[8])
return {"removed"}`)

// call is what a script is called with.
type call struct {
	keys []string
	args []any
}

// runEach runs a script for each call, in one round trip; each answer tells what went wrong with it.
func (b *Book) runEach(ctx context.Context, script *redis.Script, calls []call) []*redis.Cmd {
	answers := make([]*redis.Cmd, len(calls))
	_, _ = b.redis.Pipelined(ctx, func(p redis.Pipeliner) error { // each answer has its error
		for i, c := range calls {
			answers[i] = script.EvalSha(ctx, p, c.keys, c.args...)
		}
		return nil
	})
	for i, c := range calls {
		if redis.HasErrorPrefix(answers[i].Err(), "NOSCRIPT") { // the server does not know it yet
			answers[i] = script.Run(ctx, b.redis, c.keys, c.args...)
		}
	}
	return answers
}
