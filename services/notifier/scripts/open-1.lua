#!lua flags=allow-oom
--[[ The alerts of a home that are not closed.
  KEYS[1] open alerts of the home   ARGV[1] prefix of alert keys (same slot)
  Returns their records. ]]
local records = {}
for _, field in ipairs(redis.call("HKEYS", KEYS[1])) do
  if string.sub(field, 1, 1) == "#" then
    local record = redis.call("HGET", ARGV[1] .. string.sub(field, 2), "record")
    if record then records[#records + 1] = record end
  end
end
return records
