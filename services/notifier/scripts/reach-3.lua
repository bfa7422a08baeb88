#!lua flags=allow-oom
--[[ How a caregiver can be reached.
  KEYS[1] watcher hash   KEYS[2] addresses that are no more   KEYS[3] addresses that have failed for good
  Returns {seconds since a client of theirs watched, or since this was asked for first, digests of addresses…}. ]]
local now = redis.call("TIME")[1]
redis.call("HSETNX", KEYS[1], "seen", now)
local reach = {now - redis.call("HGET", KEYS[1], "seen")}
for i = 2, 3 do
  for _, address in ipairs(redis.call("SMEMBERS", KEYS[i])) do reach[#reach + 1] = address end
end
return reach
