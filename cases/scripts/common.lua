-- Functions that several scripts share.

-- tell puts entries at the end of a timeline.
local function tell(key, entries)
	for _, e in ipairs(entries) do redis.call("XADD", key, "*", "e", e) end
end

-- compact writes a stream back as it is: a new one takes 4 KB, however short it is; written back it takes what it
-- holds. Where that is not allowed it stays as it is.
local function compact(key)
	local whole = redis.pcall("DUMP", key)
	if type(whole) == "string" then redis.pcall("RESTORE", key, "0", whole, "REPLACE") end
end

-- unstage puts what was laid ready into its place: pairs of the two keys.
local function unstage(moves)
	for _, m in ipairs(moves) do
		if redis.call("EXISTS", m[1]) == 1 then
			redis.call("RENAME", m[1], m[2])
			redis.call("PERSIST", m[2])
		end
	end
end

-- measure adds measures (pairs of name and seconds) to the statistics: names is the set of what is measured, and list
-- what the keys of the measures begin with.
local function measure(names, list, measures)
	for _, m in ipairs(measures) do
		redis.call("LPUSH", list .. m[1], m[2])
		redis.call("LTRIM", list .. m[1], 0, 199)
		redis.call("SADD", names, m[1])
	end
end

-- let_go takes a domain off the hash of open domains, where it is this case's.
local function let_go(domains, domain, number)
	if redis.call("HGET", domains, domain) == number then redis.call("HDEL", domains, domain) end
end
