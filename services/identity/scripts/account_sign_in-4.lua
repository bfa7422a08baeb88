--[[ Signs a device in where the account is as it was when it proved itself.
  KEYS[1] hash of accounts by id   KEYS[2] hash of sessions by digest of the token
  KEYS[3] hash of the account's sessions, digest by id   KEYS[4] number that changes when one ends
  ARGV[1] id   ARGV[2] the account as it was   ARGV[3] as it is
  ARGV[4] digest of the token   ARGV[5] id of the session   ARGV[6] the session
  ARGV[7…] ids of sessions that make room
  CONFLICT when the account is another: its password was changed, or its one-time code used. ]]
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
  return redis.error_reply('VEILLE CONFLICT the account has changed meanwhile: try again')
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
for i = 7, #ARGV do
  local digest = redis.call('HGET', KEYS[3], ARGV[i])
  if digest then
    redis.call('HDEL', KEYS[2], digest)
    redis.call('HDEL', KEYS[3], ARGV[i])
    redis.call('INCR', KEYS[4])
  end
end
redis.call('HSET', KEYS[2], ARGV[4], ARGV[6])
redis.call('HSET', KEYS[3], ARGV[5], ARGV[4])
return 1
