-- Replaces a case's record, once for one request, if nobody else has changed it since it was read.
--
-- KEYS[1] the record
-- KEYS[2] its contacts
-- KEYS[3] its timeline
-- KEYS[4] its block
-- KEYS[5] its superblock
-- KEYS[6] the mark of the request
-- KEYS[7] the hash of open domains
-- KEYS[8] the hash of counts
-- KEYS[9] the hash of threads
-- KEYS[10] the set of what is measured
-- ARGV[1] the revision read
-- ARGV[2] the new record
-- ARGV[3] its number
-- ARGV[4] its position in the block
-- ARGV[5] the block's position in the superblock
-- ARGV[6] terms to take off: a JSON list
-- ARGV[7] terms to put on: a JSON list
-- ARGV[8] new entries: a JSON list
-- ARGV[9] the id of a contact, or empty
-- ARGV[10] the contact
-- ARGV[11] measures: a JSON list of pairs of name and seconds
-- ARGV[12] what the keys of measures begin with
-- ARGV[13] the domains: a JSON list
-- ARGV[14] domains that it is about no more: a JSON list
-- ARGV[15] "1" where the case is open
-- ARGV[16] the state before
-- ARGV[17] the state after
-- ARGV[18] the thread's field, or empty
-- ARGV[19] seconds that the mark lives (0: there is none)
-- Returns {"done"} where the request was carried out before, {"conflict"}, {"none"} or {"changed"}.
if redis.call("EXISTS", KEYS[6]) == 1 then return {"done"} end
local rev = redis.call("HGET", KEYS[1], "rev")
if not rev then return {"none"} end
if rev ~= ARGV[1] then return {"conflict"} end
redis.call("HSET", KEYS[1], "rev", tonumber(rev) + 1, "data", ARGV[2])
remove_terms(KEYS[4], KEYS[5], ARGV[4], ARGV[5], cjson.decode(ARGV[6]))
add_terms(KEYS[4], KEYS[5], ARGV[4], ARGV[5], cjson.decode(ARGV[7]))
tell(KEYS[3], cjson.decode(ARGV[8]))
if ARGV[9] ~= "" then redis.call("HSET", KEYS[2], ARGV[9], ARGV[10]) end
measure(KEYS[10], ARGV[12], cjson.decode(ARGV[11]))
for _, domain in ipairs(cjson.decode(ARGV[14])) do let_go(KEYS[7], domain, ARGV[3]) end
for _, domain in ipairs(cjson.decode(ARGV[13])) do
	if ARGV[15] == "1" then redis.call("HSETNX", KEYS[7], domain, ARGV[3]) else let_go(KEYS[7], domain, ARGV[3]) end
end
if ARGV[16] ~= ARGV[17] then
	redis.call("HINCRBY", KEYS[8], ARGV[16], -1)
	redis.call("HINCRBY", KEYS[8], ARGV[17], 1)
end
if ARGV[18] ~= "" then redis.call("HSET", KEYS[9], ARGV[18], ARGV[3]) end
if ARGV[19] ~= "0" then redis.call("SET", KEYS[6], ARGV[3], "EX", ARGV[19]) end
return {"changed"}
