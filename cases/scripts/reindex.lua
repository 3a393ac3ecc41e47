-- Puts terms of a case on its block and superblock anew, if nobody has changed it since it was read.
--
-- KEYS[1] the record
-- KEYS[2] its block
-- KEYS[3] its superblock
-- ARGV[1] the revision read
-- ARGV[2] the terms: a JSON list
-- ARGV[3] its position in the block
-- ARGV[4] the block's position in the superblock
-- Returns {"none"}, {"conflict"} or {"indexed"}.
local rev = redis.call("HGET", KEYS[1], "rev")
if not rev then return {"none"} end
if rev ~= ARGV[1] then return {"conflict"} end
local terms = cjson.decode(ARGV[2])
add_terms(KEYS[2], KEYS[3], ARGV[3], ARGV[4], terms)
-- A block of an older version has the term already, and its superblock has not.
for _, term in ipairs(terms) do add_posting(KEYS[3], term, tonumber(ARGV[4])) end
return {"indexed"}
