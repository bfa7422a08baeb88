#!lua flags=allow-oom
--[[ Where a caregiver's stream stands.
  KEYS[1] inbox stream   KEYS[2] watcher hash   ARGV[1] an incarnation, for when there is none
  ARGV[2] a sequence that somebody has read
  Returns {incarnation, sequence, first sequence that is still there or 0, the update that stands at
  ARGV[2] or ""}. ]]
if redis.call("HEXISTS", KEYS[2], "incarnation") == 0 then
  redis.call("DEL", KEYS[1])
  redis.call("HSET", KEYS[2], "incarnation", ARGV[1], "sequence", 0)
end
-- Asked for while somebody watches, and then each minute: see reach-3.lua.
redis.call("HSET", KEYS[2], "seen", redis.call("TIME")[1])
local state = redis.call("HMGET", KEYS[2], "incarnation", "sequence")
local first = redis.call("XRANGE", KEYS[1], "-", "+", "COUNT", 1)
local first_sequence = first[1] and tonumber(string.match(first[1][1], "^(%d+)-")) or 0
local there = redis.call("XRANGE", KEYS[1], ARGV[2] .. "-0", ARGV[2] .. "-0")
return {state[1], tonumber(state[2] or "0"), first_sequence, there[1] and there[1][2][2] or ""}
