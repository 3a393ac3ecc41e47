-- Takes terms of a case off its block and superblock, unless there is such a case.
--
-- KEYS[1] the record
-- KEYS[2] its block
-- KEYS[3] its superblock
-- ARGV[1] the terms: a JSON list
-- ARGV[2] its position in the block
-- ARGV[3] the block's position in the superblock
-- Returns 1 where that was done, otherwise 0.
if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
remove_terms(KEYS[2], KEYS[3], ARGV[2], ARGV[3], cjson.decode(ARGV[1]))
return 1
