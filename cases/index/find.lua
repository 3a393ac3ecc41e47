-- Finds the records that have every term, the newest first: in the superblocks the blocks, in these the records.
-- While the index is of an older version, which has no superblocks, every block is looked at.
--
-- KEYS[1] the last number
-- KEYS[2] the index's version
-- ARGV[1] what the keys of blocks begin with
-- ARGV[2] what the keys of superblocks begin with
-- ARGV[3] the terms: a JSON list, not empty
-- ARGV[4] terms that an index of this version has beside: a JSON list
-- ARGV[5] how many records are wanted
-- ARGV[6] below which number (0: any)
-- ARGV[7] the size of a block, in records, and of a superblock, in blocks
-- ARGV[8] how many blocks are looked at, at most
-- ARGV[9] this version
-- Returns {the numbers, below which number to go on (0: all are found)}.
local terms = cjson.decode(ARGV[3])
local want, below, size, most = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local current = tonumber(redis.call("GET", KEYS[2]) or "0") >= tonumber(ARGV[9])
if current then
	for _, term in ipairs(cjson.decode(ARGV[4])) do terms[#terms + 1] = term end
end
local last = tonumber(redis.call("GET", KEYS[1]) or "0")
if below > 0 and below - 1 < last then last = below - 1 end

-- common gives the positions that stand in the posting list of every term, the last one first, none above upto.
local function common(key, upto)
	local lists, found, sets = redis.call("HMGET", key, unpack(terms)), {}, {}
	local shortest
	for i = 1, #terms do
		local list = lists[i]
		if not list then return found end
		if not shortest or #list < #shortest then shortest = list end
	end
	for i = 1, #terms do
		local list = lists[i]
		if list ~= shortest then
			local set = {}
			for j = 1, #list - 1, 2 do set[list:byte(j) * 256 + list:byte(j + 1)] = true end
			sets[#sets + 1] = set
		end
	end
	for j = #shortest - 1, 1, -2 do
		local at = shortest:byte(j) * 256 + shortest:byte(j + 1)
		local ok = at <= upto
		for _, set in ipairs(sets) do
			if not ok then break end
			ok = set[at] or false
		end
		if ok then found[#found + 1] = at end
	end
	return found
end

local found = {}
-- look finds the records of a block; it gives below which number to go on where enough is found or looked at.
local function look(block)
	if most == 0 then return (block + 1) * size end
	most = most - 1
	for _, at in ipairs(common(ARGV[1] .. block, last - block * size)) do
		found[#found + 1] = block * size + at
		if #found == want then return found[#found] end
	end
end

local top = math.floor(last / size)
if current then
	for superblock = math.floor(top / size), 0, -1 do
		for _, at in ipairs(common(ARGV[2] .. superblock, top - superblock * size)) do
			local on = look(superblock * size + at)
			if on then return {found, on} end
		end
	end
else
	for block = top, 0, -1 do
		local on = look(block)
		if on then return {found, on} end
	end
end
return {found, 0}
