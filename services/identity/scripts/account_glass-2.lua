--[[ Opens somebody's records in an emergency, and has every server look.
  KEYS[1] hash of openings   KEYS[2] number that changes when sign-ins or openings do
  ARGV[1] field   ARGV[2] value ]]
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('INCR', KEYS[2])
return 1
