--[[ Redeems an enrolment code: once, but again by the same key, whose answer may have been lost.
  KEYS[1] hash of the code   KEYS[2] wrong codes of one address
  ARGV[1] digest of the public key   ARGV[2] wrong codes allowed   ARGV[3] within so many ms
  Returns the hub's id. DENIED for a code that is unknown, expired (its hash is gone) or
  used by another key; FULL after too many of those. ]]
local tries = tonumber(redis.call('GET', KEYS[2]) or '0')
if tries >= tonumber(ARGV[2]) then
  return redis.error_reply('VEILLE FULL too many wrong codes: wait some minutes')
end
local code = redis.call('HMGET', KEYS[1], 'hub', 'key')
if not code[1] or (code[2] and code[2] ~= ARGV[1]) then
  redis.call('INCR', KEYS[2])
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
  return redis.error_reply(
    'VEILLE DENIED this code is unknown, expired or used: ask for a new one')
end
redis.call('HSET', KEYS[1], 'key', ARGV[1])
return code[1]
