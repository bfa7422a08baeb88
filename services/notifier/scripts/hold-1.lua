#!lua flags=allow-oom
--[[ One of several notifiers goes round.
  KEYS[1] who does   ARGV[1] instance   ARGV[2] for so long, ms
  Returns 1 when it is this one, from now on or still; else 0. ]]
local holder = redis.call("GET", KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1
