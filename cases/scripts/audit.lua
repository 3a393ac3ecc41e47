-- Writes the audit anew under its old ids, if nothing was added since it was read.
--
-- KEYS[1] the audit
-- ARGV[1] the id of its last entry as read
-- ARGV[2] its entries: a JSON list of pairs of id and content
-- Returns {"conflict"} or {"changed"}.
local last = redis.call("XREVRANGE", KEYS[1], "+", "-", "COUNT", 1)
if #last == 0 or last[1][1] ~= ARGV[1] then return {"conflict"} end
redis.call("DEL", KEYS[1])
for _, e in ipairs(cjson.decode(ARGV[2])) do redis.call("XADD", KEYS[1], e[1], "e", e[2]) end
return {"changed"}
