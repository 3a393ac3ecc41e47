-- Adds what a report says of one day to the sums, once.
--
-- KEYS[1] by which request the report has been counted
-- KEYS[2] the day's sums
-- KEYS[3] the domains of which there are sums
-- ARGV[1] how long both are kept, in seconds
-- ARGV[2] how many fields the day may have
-- ARGV[3] the domain
-- ARGV[4] the day as a number
-- ARGV[5] how many domains there may be
-- ARGV[6] the request
-- ARGV[7...] fields ("SOURCE|FACT") and the numbers to add
-- Returns "counted", "again" where this request had counted it, "seen" where another had, or "full" where there are too
-- many domains.
local function known() return redis.call("ZSCORE", KEYS[3], ARGV[3]) end
if not known() and redis.call("ZCARD", KEYS[3]) >= tonumber(ARGV[5]) then return "full" end
if not redis.call("SET", KEYS[1], ARGV[6], "NX", "EX", ARGV[1]) then
	if redis.call("GET", KEYS[1]) == ARGV[6] then return "again" end
	return "seen"
end
local fields = redis.call("HLEN", KEYS[2])
for i = 7, #ARGV - 1, 2 do
	local field = ARGV[i]
	if fields >= tonumber(ARGV[2]) and redis.call("HEXISTS", KEYS[2], field) == 0 then
		field = string.gsub(field, "^[^|]+|", "?|") -- one source too many: counted with those that are not told
	end
	if redis.call("HEXISTS", KEYS[2], field) == 0 then fields = fields + 1 end
	redis.call("HINCRBY", KEYS[2], field, ARGV[i + 1])
end
redis.call("EXPIRE", KEYS[2], ARGV[1])
if tonumber(known() or "0") < tonumber(ARGV[4]) then redis.call("ZADD", KEYS[3], ARGV[4], ARGV[3]) end
return "counted"
