-- Deletes a case and all that belongs to it, if nobody has changed it since it was read, and tells the audit.
--
-- KEYS[1] the record
-- KEYS[2] its contacts
-- KEYS[3] its timeline
-- KEYS[4] its block
-- KEYS[5] its superblock
-- KEYS[6] the hash of open domains
-- KEYS[7] the hash of counts
-- KEYS[8] the hash of threads
-- KEYS[9] the audit
-- ARGV[1] the revision read
-- ARGV[2] its number
-- ARGV[3] its terms: a JSON list
-- ARGV[4] its position in the block
-- ARGV[5] the block's position in the superblock
-- ARGV[6] its domains: a JSON list
-- ARGV[7] its state
-- ARGV[8] its thread's field, or empty
-- ARGV[9] what the audit is told
-- ARGV[10] how many entries the audit keeps, about
-- Returns {"none"}, {"conflict"} or {"removed"}.
local rev = redis.call("HGET", KEYS[1], "rev")
if not rev then return {"none"} end
if rev ~= ARGV[1] then return {"conflict"} end
remove_terms(KEYS[4], KEYS[5], ARGV[4], ARGV[5], cjson.decode(ARGV[3]))
redis.call("DEL", KEYS[1], KEYS[2], KEYS[3])
for _, domain in ipairs(cjson.decode(ARGV[6])) do let_go(KEYS[6], domain, ARGV[2]) end
redis.call("HINCRBY", KEYS[7], ARGV[7], -1)
if ARGV[8] ~= "" and redis.call("HGET", KEYS[8], ARGV[8]) == ARGV[2] then redis.call("HDEL", KEYS[8], ARGV[8]) end
redis.call("XADD", KEYS[9], "MAXLEN", "~", ARGV[10], "*", "e", ARGV[9])
return {"removed"}
