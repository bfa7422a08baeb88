#!lua flags=allow-oom
--[[ Moves a job to the dead letters: once, however often it is asked for.
  KEYS[1] queue   KEYS[2] dead letters   KEYS[3] attempts by queue entry
  ARGV[1] entry   ARGV[2...] its fields and values
  Returns 1, or 0 when it was gone. ]]
redis.call("HDEL", KEYS[3], ARGV[1])
redis.call("XACK", KEYS[1], "notifier", ARGV[1])
if redis.call("XDEL", KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call("XADD", KEYS[2], "MAXLEN", "~", 10000, "*", unpack(ARGV, 2))
return 1
