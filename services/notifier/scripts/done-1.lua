#!lua flags=allow-oom
--[[ A queue entry is done with: acknowledged and dropped together.
  KEYS[1] queue   ARGV[1] entry ]]
redis.call("XACK", KEYS[1], "notifier", ARGV[1])
return redis.call("XDEL", KEYS[1], ARGV[1])
