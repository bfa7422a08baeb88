#!lua flags=allow-oom
--[[ Queues a finding of the notifier's own: that nobody has answered must be told also when Redis is full.
  KEYS[1] queue   ARGV[1] finding ]]
return redis.call("XADD", KEYS[1], "*", "f", ARGV[1])
