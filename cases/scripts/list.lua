-- Lists the numbers of cases that there are, ascending, from one number on.
--
-- KEYS[1] the last number
-- KEYS[2] the index's version
-- ARGV[1] the team's prefix
-- ARGV[2] from which number on
-- ARGV[3] how many are wanted
-- ARGV[4] the size of a block
-- ARGV[5] how many blocks are looked at, at most
-- ARGV[6] from which version on an index has superblocks
-- Returns {the numbers, from which number to go on (0: that is all)}.
local prefix, from, want = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local size, most = tonumber(ARGV[4]), tonumber(ARGV[5])
local last = tonumber(redis.call("GET", KEYS[1]) or "0")
local indexed = tonumber(redis.call("GET", KEYS[2]) or "0") >= tonumber(ARGV[6])
local found = {}
-- positions gives the posting list of all cases.
local function positions(key)
	local v, out = redis.call("HGET", key, "all:") or "", {}
	for i = 1, #v - 1, 2 do out[#out + 1] = v:byte(i) * 256 + v:byte(i + 1) end
	return out
end
-- look gives from which number to go on where enough is found or looked at.
local function look(block)
	if most == 0 then return math.max(block * size, from) end
	most = most - 1
	for _, at in ipairs(positions(prefix .. "shelf:" .. block)) do
		local n = block * size + at
		if n >= from then
			if #found == want then return n end
			found[#found + 1] = n
		end
	end
end
local first, top = math.floor(from / size), math.floor(last / size)
if indexed then
	for super = math.floor(first / size), math.floor(top / size) do
		for _, at in ipairs(positions(prefix .. "floor:" .. super)) do
			if super * size + at >= first then
				local on = look(super * size + at)
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
