-- Lays contacts and entries of a case ready, before one call puts them into it.
--
-- KEYS[1] the staged contacts
-- KEYS[2] the staged timeline
-- ARGV[1] contacts: a JSON list of pairs of id and contact
-- ARGV[2] entries: a JSON list of pairs of id and entry
-- ARGV[3] seconds after which they go
-- Returns 1.
for _, c in ipairs(cjson.decode(ARGV[1])) do redis.call("HSET", KEYS[1], c[1], c[2]) end
for _, e in ipairs(cjson.decode(ARGV[2])) do redis.call("XADD", KEYS[2], e[1], "e", e[2]) end
redis.call("EXPIRE", KEYS[1], ARGV[3])
redis.call("EXPIRE", KEYS[2], ARGV[3])
return 1
