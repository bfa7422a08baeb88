#!lua flags=allow-oom
--[[ Counts the attempts at a job that was tried before.
  KEYS[1] attempts by queue entry   ARGV[1] entry   ARGV[2] "1" before an attempt, "-1" when it failed
  by no fault of its own, "0" to forget
  Returns the attempts so far. ]]
if ARGV[2] == "0" then return redis.call("HDEL", KEYS[1], ARGV[1]) end
return redis.call("HINCRBY", KEYS[1], ARGV[1], ARGV[2])
