#!lua flags=allow-oom
--[[ The turn to carry out erasures, of one instance at a time.
  KEYS[1] turn   ARGV[1] the instance   ARGV[2] for how many ms; 0 gives it back
  CONFLICT when another has it. ]]
local holder = redis.call("GET", KEYS[1])
if holder and holder ~= ARGV[1] then
  return redis.error_reply("VEILLE CONFLICT another instance carries out erasures")
end
if ARGV[2] == "0" then return redis.call("DEL", KEYS[1]) end
return redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
