-- Keeps a record of a list, if nobody else has changed it meanwhile.
--
-- KEYS[1] the list
-- ARGV[1] the record's field
-- ARGV[2] the revision that the record had, 0 where it is new
-- ARGV[3] the record as it is now; empty where it goes
-- ARGV[4] how many records there may be
-- Returns "kept", "conflict" where it is another revision, or "full".
local was = redis.call("HGET", KEYS[1], ARGV[1])
local rev = "0"
if was then rev = string.match(was, "^(%d+) ") or "0" end
if rev ~= ARGV[2] then return "conflict" end
if ARGV[3] == "" then
	redis.call("HDEL", KEYS[1], ARGV[1])
	return "kept"
end
if not was and redis.call("HLEN", KEYS[1]) >= tonumber(ARGV[4]) then return "full" end
redis.call("HSET", KEYS[1], ARGV[1], (tonumber(rev) + 1) .. " " .. ARGV[3])
return "kept"
