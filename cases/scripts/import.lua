-- Writes a whole case under its number, if there is none.
--
-- KEYS[1] the record
-- KEYS[2] its contacts
-- KEYS[3] its timeline
-- KEYS[4] its block
-- KEYS[5] its superblock
-- KEYS[6] the last number
-- KEYS[7] the index's version
-- KEYS[8] the hash of open domains
-- KEYS[9] the hash of counts
-- KEYS[10] the hash of threads
-- KEYS[11] the set of what is measured
-- KEYS[12] the staged contacts
-- KEYS[13] the staged timeline
-- ARGV[1] the record
-- ARGV[2] its revision
-- ARGV[3] its number
-- ARGV[4] its terms: a JSON list
-- ARGV[5] its position in the block
-- ARGV[6] the block's position in the superblock
-- ARGV[7] contacts: a JSON list of pairs of id and contact
-- ARGV[8] entries: a JSON list of pairs of id and entry
-- ARGV[9] "1" where contacts and entries are staged
-- ARGV[10] the domains: a JSON list, empty unless the case is open
-- ARGV[11] the state
-- ARGV[12] the thread's field, or empty
-- ARGV[13] measures: a JSON list of pairs of name and seconds
-- ARGV[14] what the keys of measures begin with
-- ARGV[15] this version of the index
-- Returns 1 where it was written, 0 where there is a case of that number.
if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
redis.call("HSET", KEYS[1], "rev", ARGV[2], "data", ARGV[1])
measure(KEYS[11], ARGV[14], cjson.decode(ARGV[13]))
add_terms(KEYS[4], KEYS[5], ARGV[5], ARGV[6], cjson.decode(ARGV[4]))
for _, c in ipairs(cjson.decode(ARGV[7])) do redis.call("HSET", KEYS[2], c[1], c[2]) end
for _, e in ipairs(cjson.decode(ARGV[8])) do redis.call("XADD", KEYS[3], e[1], "e", e[2]) end
if ARGV[9] == "1" then unstage({{KEYS[12], KEYS[2]}, {KEYS[13], KEYS[3]}}) end
compact(KEYS[3])
if redis.call("EXISTS", KEYS[6]) == 0 then redis.call("SET", KEYS[7], ARGV[15]) end
if tonumber(redis.call("GET", KEYS[6]) or "0") < tonumber(ARGV[3]) then redis.call("SET", KEYS[6], ARGV[3]) end
for _, domain in ipairs(cjson.decode(ARGV[10])) do redis.call("HSETNX", KEYS[8], domain, ARGV[3]) end
redis.call("HINCRBY", KEYS[9], ARGV[11], 1)
if ARGV[12] ~= "" then redis.call("HSETNX", KEYS[10], ARGV[12], ARGV[3]) end
return 1
