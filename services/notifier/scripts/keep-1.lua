#!lua flags=allow-oom
--[[ Keeps what the operators were told by the rounds: also when Redis is full, else they would be told
  again and again.
  KEYS[1] upkeep   ARGV[1] state ]]
redis.call("SET", KEYS[1], ARGV[1])
return 1
