#!lua flags=allow-oom
--[[ The alerts of a home that are not closed.
  KEYS[1] open alerts of the home   ARGV[1] prefix of alert keys (same slot)
  Returns their records, each followed by its marks. ]]
local records = {}
for _, field in ipairs(redis.call("HKEYS", KEYS[1])) do
  if string.sub(field, 1, 1) == "#" then
    local alert = redis.call("HMGET", ARGV[1] .. string.sub(field, 2), "record", "sent")
    if alert[1] then
      records[#records + 1] = alert[1]
      records[#records + 1] = alert[2] or ""
    end
  end
end
return records
