--[[ Stores an account, or removes it, where nobody else was faster; with what follows from that.
  KEYS[1] hash of accounts by id   KEYS[2] hash of sessions by digest of the token
  KEYS[3] hash of the account's sessions, digest by id   KEYS[4] number that changes when one ends
  KEYS[5] the invitation that is used up by it
  ARGV[1] id   ARGV[2] the account as it was, '' for none   ARGV[3] as it is, '' to remove it
  ARGV[4] '1': the invitation must be there, and goes   ARGV[5] '1': signs out every device
  ARGV[6] but this session
  ARGV[7] id of a session that is replaced, '' for none   ARGV[8] by this
  CONFLICT when the account is another; DENIED when the invitation is gone. ]]
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then
  return redis.error_reply('VEILLE CONFLICT the account has changed meanwhile: try again')
end
if ARGV[4] == '1' and redis.call('DEL', KEYS[5]) == 0 then
  return redis.error_reply('VEILLE DENIED this code is expired or used: ask for a new one')
end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
if ARGV[5] == '1' then
  local held = redis.call('HGETALL', KEYS[3])
  for i = 1, #held, 2 do
    if held[i] ~= ARGV[6] then
      redis.call('HDEL', KEYS[2], held[i + 1])
      redis.call('HDEL', KEYS[3], held[i])
    end
  end
  redis.call('INCR', KEYS[4])
end
local replaced = ARGV[7] ~= '' and redis.call('HGET', KEYS[3], ARGV[7])
if replaced then
  redis.call('HSET', KEYS[2], replaced, ARGV[8])
  redis.call('INCR', KEYS[4])
end
return 1
