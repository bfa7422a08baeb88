#!lua flags=allow-oom
--[[ Takes a send out of the queue: it waits in the timers, in case that whoever sends it dies.
  KEYS[1] queue   KEYS[2] timers   ARGV[1] entry   ARGV[2] job   ARGV[3] when its lease ends, unix ms
  Returns 1, or 0 with nothing done when another has taken it. ]]
if redis.call("XDEL", KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call("XACK", KEYS[1], "notifier", ARGV[1])
redis.call("ZADD", KEYS[2], ARGV[3], ARGV[2])
return 1
