-- Lists the records that have a term, ascending, from a number on. While the index is of an older version, every
-- block is looked at.
--
-- KEYS[1] the last number
-- KEYS[2] the index's version
-- ARGV[1] what the keys of blocks begin with
-- ARGV[2] what the keys of superblocks begin with
-- ARGV[3] the term
-- ARGV[4] from which number on
-- ARGV[5] how many records are wanted
-- ARGV[6] the size of a block, in records, and of a superblock, in blocks
-- ARGV[7] how many blocks are looked at, at most
-- ARGV[8] this version
-- Returns {the numbers, from which number to go on (0: that is all)}.
local term, from, want = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local size, most = tonumber(ARGV[6]), tonumber(ARGV[7])
local last = tonumber(redis.call("GET", KEYS[1]) or "0")
local current = tonumber(redis.call("GET", KEYS[2]) or "0") >= tonumber(ARGV[8])

-- positions gives the posting list of the term.
local function positions(key)
	local list, out = redis.call("HGET", key, term) or "", {}
	for i = 1, #list - 1, 2 do out[#out + 1] = list:byte(i) * 256 + list:byte(i + 1) end
	return out
end

local found = {}
-- look lists the records of a block; it gives from which number to go on where enough is found or looked at.
local function look(block)
	if most == 0 then return math.max(block * size, from) end
	most = most - 1
	for _, at in ipairs(positions(ARGV[1] .. block)) do
		local n = block * size + at
		if n >= from then
			if #found == want then return n end
			found[#found + 1] = n
		end
	end
end

local first, top = math.floor(from / size), math.floor(last / size)
if current then
	for superblock = math.floor(first / size), math.floor(top / size) do
		for _, at in ipairs(positions(ARGV[2] .. superblock)) do
			if superblock * size + at >= first then
				local on = look(superblock * size + at)
				if on then return {found, on} end
			end
		end
	end
else
	for block = first, top do
		local on = look(block)
		if on then return {found, on} end
	end
end
return {found, 0}
