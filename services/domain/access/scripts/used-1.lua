--[[ Notes that a sign-in is in use; nothing when it has ended or changed meanwhile.
  KEYS[1] hash of sessions by digest of the token
  ARGV[1] digest   ARGV[2] the session as it was   ARGV[3] as it is
  Returns 1 when noted. ]]
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
