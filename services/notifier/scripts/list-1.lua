#!lua flags=allow-oom
--[[ A page of a home's alerts: newest first, those of one millisecond by id, from z to a.
  KEYS[1] alerts of the home by time   ARGV[1] time (unix ms) and ARGV[2] id to begin after, "" for
  the newest   ARGV[3] at most so many   ARGV[4] prefix of alert keys (same slot)
  Returns their records, each followed by its marks; fewer than asked for only when there are no
  more. ]]
-- By bytes, as sorted sets do: Lua's own order follows the server's locale.
local function before(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end
local limit, offset, records = tonumber(ARGV[3]), 0, {}
local from = ARGV[1] == "" and "+inf" or ARGV[1]
while true do
  local page =
    redis.call("ZREVRANGEBYSCORE", KEYS[1], from, "-inf", "WITHSCORES", "LIMIT", offset, limit)
  for i = 1, #page, 2 do
    local same = ARGV[1] ~= "" and tonumber(page[i + 1]) == tonumber(ARGV[1])
    if not same or before(page[i], ARGV[2]) then
      local alert = redis.call("HMGET", ARGV[4] .. page[i], "record", "sent")
      if alert[1] then
        records[#records + 1] = alert[1]
        records[#records + 1] = alert[2] or ""
      end
      if #records == 2 * limit then return records end
    end
  end
  if #page < 2 * limit then return records end
  offset = offset + limit
end
