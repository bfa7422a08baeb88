--[[ Adds an entry once per key.
  KEYS[1] marker  KEYS[2] list
  ARGV[1] value
  Returns 1 when added, 0 when it was there. ]]
if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
redis.call("SET", KEYS[1], ARGV[1])
redis.call("RPUSH", KEYS[2], ARGV[1])
return 1
