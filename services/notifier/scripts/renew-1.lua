#!lua flags=allow-oom
--[[ A new incarnation of a caregiver's stream: Redis has lost numbers that somebody has read.
  KEYS[1] watcher hash   ARGV[1] the incarnation that is void   ARGV[2] the new one
  Numbers go on; what the stream still holds stays. Returns 1, or 0 when another has begun already. ]]
if redis.call("HGET", KEYS[1], "incarnation") ~= ARGV[1] then return 0 end
redis.call("HSET", KEYS[1], "incarnation", ARGV[2])
return 1
