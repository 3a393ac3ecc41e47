-- Functions for scripts that change a record: they keep the posting lists of its block and superblock.

-- position is a position as a posting list has it.
local function position(at) return string.char(math.floor(at / 256), at % 256) end

-- add_posting puts a position into a term's posting list, and tells whether it is the first there.
local function add_posting(key, term, at)
	local list = redis.call("HGET", key, term) or ""
	for i = #list - 1, 1, -2 do
		local x = list:byte(i) * 256 + list:byte(i + 1)
		if x == at then return false end
		if x < at then
			redis.call("HSET", key, term, list:sub(1, i + 1) .. position(at) .. list:sub(i + 2))
			return false
		end
	end
	redis.call("HSET", key, term, position(at) .. list)
	return list == ""
end

-- remove_posting takes a position out of a term's posting list, and tells whether it was the last there.
local function remove_posting(key, term, at)
	local list = redis.call("HGET", key, term) or ""
	for i = 1, #list - 1, 2 do
		if list:byte(i) * 256 + list:byte(i + 1) == at then
			list = list:sub(1, i - 1) .. list:sub(i + 2)
			if list == "" then redis.call("HDEL", key, term) else redis.call("HSET", key, term, list) end
			return list == ""
		end
	end
	return false
end

-- add_terms and remove_terms do so for a list of terms: at is the record's position in its block, block_at that of
-- the block in its superblock.
local function add_terms(block, superblock, at, block_at, terms)
	for _, term in ipairs(terms) do
		if add_posting(block, term, tonumber(at)) then add_posting(superblock, term, tonumber(block_at)) end
	end
end
local function remove_terms(block, superblock, at, block_at, terms)
	for _, term in ipairs(terms) do
		if remove_posting(block, term, tonumber(at)) then remove_posting(superblock, term, tonumber(block_at)) end
	end
end
