#!lua flags=allow-oom
--[[ Moves due timers into the queue. A timer's member is the serialized job itself.
  KEYS[1] timers   KEYS[2] queue   ARGV[1] now, unix ms   ARGV[2] at most so many
  Returns {moved, time of the next timer or -1}. ]]
local due = redis.call("ZRANGEBYSCORE", KEYS[1], "-inf", ARGV[1], "LIMIT", 0, ARGV[2])
for _, job in ipairs(due) do
  redis.call("XADD", KEYS[2], "*", "j", job)
  redis.call("ZREM", KEYS[1], job)
end
local next = redis.call("ZRANGE", KEYS[1], 0, 0, "WITHSCORES")
return {#due, next[2] and math.floor(tonumber(next[2])) or -1}
