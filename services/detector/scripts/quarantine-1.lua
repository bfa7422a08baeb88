#!lua flags=allow-oom
--[[ Puts an envelope aside also when Redis is full: its partition must go on.
  KEYS[1] quarantine stream   ARGV[1] envelope ]]
return redis.call("XADD", KEYS[1], "MAXLEN", "~", "10000", "*", "envelope", ARGV[1])
