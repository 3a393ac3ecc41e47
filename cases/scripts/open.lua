-- Opens a case, once for one request, and once for a domain unless a second one is wanted.
--
-- KEYS[1] the last number
-- KEYS[2] the mark of the request
-- KEYS[3] the hash of open domains
-- KEYS[4] the hash of counts
-- KEYS[5] the index's version
-- ARGV[1] the record
-- ARGV[2] its terms: a JSON list
-- ARGV[3] its first entries: a JSON list
-- ARGV[4] its domain, or empty
-- ARGV[5] "1" where a second case of the domain is wanted
-- ARGV[6] its state
-- ARGV[7] seconds that the mark lives
-- ARGV[8] the size of a block and of a superblock
-- ARGV[9] this version of the index
-- ARGV[10] what the keys of records begin with
-- ARGV[11] what the keys of timelines begin with
-- ARGV[12] what the keys of blocks begin with
-- ARGV[13] what the keys of superblocks begin with
-- Returns {"done", number} where the request was carried out before, {"there", number} where the domain has an open
-- case, {"opened", number}.
local done = redis.call("GET", KEYS[2])
if done then return {"done", done} end
local domain = ARGV[4]
if domain ~= "" and ARGV[5] ~= "1" then
	local there = redis.call("HGET", KEYS[3], domain)
	if there then return {"there", there} end
end
local n = redis.call("INCR", KEYS[1])
local size = tonumber(ARGV[8])
local block = math.floor(n / size)
redis.call("HSET", ARGV[10] .. n, "rev", 1, "data", ARGV[1])
if n == 1 then redis.call("SET", KEYS[5], ARGV[9]) end
add_terms(ARGV[12] .. block, ARGV[13] .. math.floor(block / size), n % size, block % size, cjson.decode(ARGV[2]))
tell(ARGV[11] .. n, cjson.decode(ARGV[3]))
compact(ARGV[11] .. n)
if domain ~= "" then redis.call("HSETNX", KEYS[3], domain, n) end
redis.call("HINCRBY", KEYS[4], ARGV[6], 1)
redis.call("SET", KEYS[2], n, "EX", ARGV[7])
return {"opened", tostring(n)}
