-- Writes a case anew as a whole, if nobody has changed it since it was read. A stream's entries cannot be changed:
-- the timeline is written anew under its old ids.
--
-- KEYS[1] the record
-- KEYS[2] its contacts
-- KEYS[3] its timeline
-- KEYS[4] its block
-- KEYS[5] its superblock
-- KEYS[6] the staged contacts
-- KEYS[7] the staged timeline
-- ARGV[1] the revision read
-- ARGV[2] the record
-- ARGV[3] contacts: a JSON list of pairs of id and contact
-- ARGV[4] entries: a JSON list of pairs of id and entry
-- ARGV[5] terms to take off: a JSON list
-- ARGV[6] terms to put on: a JSON list
-- ARGV[7] its position in the block
-- ARGV[8] the block's position in the superblock
-- ARGV[9] the name under which contacts and entries are staged, or empty
-- Returns {"conflict"} or {"changed"}.
local rev = redis.call("HGET", KEYS[1], "rev")
if rev ~= ARGV[1] then return {"conflict"} end
redis.call("HSET", KEYS[1], "rev", tonumber(rev) + 1, "data", ARGV[2])
for _, c in ipairs(cjson.decode(ARGV[3])) do redis.call("HSET", KEYS[2], c[1], c[2]) end
redis.call("DEL", KEYS[3])
for _, e in ipairs(cjson.decode(ARGV[4])) do redis.call("XADD", KEYS[3], e[1], "e", e[2]) end
if ARGV[9] ~= "" then unstage({{KEYS[6], KEYS[2]}, {KEYS[7], KEYS[3]}}) end
compact(KEYS[3])
remove_terms(KEYS[4], KEYS[5], ARGV[7], ARGV[8], cjson.decode(ARGV[5]))
add_terms(KEYS[4], KEYS[5], ARGV[7], ARGV[8], cjson.decode(ARGV[6]))
return {"changed"}
