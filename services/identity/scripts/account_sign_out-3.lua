--[[ Ends sign-ins.
  KEYS[1] hash of sessions by digest of the token   KEYS[2] hash of the account's, digest by id
  KEYS[3] number that changes when one ends
  ARGV[1…] ids
  Returns how many there were. ]]
local ended = 0
for i = 1, #ARGV do
  local digest = redis.call('HGET', KEYS[2], ARGV[i])
  if digest then
    redis.call('HDEL', KEYS[1], digest)
    redis.call('HDEL', KEYS[2], ARGV[i])
    ended = ended + 1
  end
end
if ended > 0 then redis.call('INCR', KEYS[3]) end
return ended
