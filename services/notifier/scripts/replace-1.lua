#!lua flags=allow-oom
--[[ Puts another job, or none, in the place of one that waits.
  KEYS[1] timers   ARGV[1] the job that waits   ARGV[2] the other, ""   ARGV[3] its time, unix ms
  Returns 1, or 0 with nothing done when the first does not wait any more. ]]
if redis.call("ZREM", KEYS[1], ARGV[1]) == 0 then return 0 end
if ARGV[2] ~= "" then redis.call("ZADD", KEYS[1], ARGV[3], ARGV[2]) end
return 1
