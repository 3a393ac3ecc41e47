-- Writes a whole case under its number, if there is none.
--
-- KEYS[1] the record
-- KEYS[2] its contacts
-- KEYS[3] its timeline
-- KEYS[4] its block
-- KEYS[5] the last number
-- KEYS[6] the hash of open domains
-- KEYS[7] the hash of counts
-- KEYS[8] the hash of threads
-- KEYS[9] its superblock
-- KEYS[10] the index's version
-- KEYS[11] the staged contacts
-- KEYS[12] the staged timeline
-- ARGV[1] the record
-- ARGV[2] its terms: a JSON list
-- ARGV[3] its place in the block
-- ARGV[4] contacts: a JSON list of pairs of id and contact
-- ARGV[5] entries: a JSON list of pairs of id and entry
-- ARGV[6] the number
-- ARGV[7] the domains: a JSON list, empty unless the case is open
-- ARGV[8] the state
-- ARGV[9] the thread's field, or empty
-- ARGV[10] the revision
-- ARGV[11] measures: a JSON list of pairs
-- ARGV[12] the team's prefix
-- ARGV[13] the block's place in the superblock
-- ARGV[14] this version of the index
-- ARGV[15] the name under which contacts and entries are staged, or empty
-- Returns 1 where it was written, 0 where there is a case of that number.
if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
redis.call("HSET", KEYS[1], "rev", ARGV[10], "data", ARGV[1])
measure(ARGV[12], cjson.decode(ARGV[11]))
shelve(KEYS[4], KEYS[9], ARGV[3], ARGV[13], cjson.decode(ARGV[2]))
for _, c in ipairs(cjson.decode(ARGV[4])) do redis.call("HSET", KEYS[2], c[1], c[2]) end
for _, e in ipairs(cjson.decode(ARGV[5])) do redis.call("XADD", KEYS[3], e[1], "e", e[2]) end
if ARGV[15] ~= "" then unstage({{KEYS[11], KEYS[2]}, {KEYS[12], KEYS[3]}}) end
slim(KEYS[3])
if redis.call("EXISTS", KEYS[5]) == 0 then redis.call("SET", KEYS[10], ARGV[14]) end
if tonumber(redis.call("GET", KEYS[5]) or "0") < tonumber(ARGV[6]) then redis.call("SET", KEYS[5], ARGV[6]) end
for _, domain in ipairs(cjson.decode(ARGV[7])) do redis.call("HSETNX", KEYS[6], domain, ARGV[6]) end
redis.call("HINCRBY", KEYS[7], ARGV[8], 1)
if ARGV[9] ~= "" then redis.call("HSETNX", KEYS[8], ARGV[9], ARGV[6]) end
return 1
