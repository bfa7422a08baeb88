--[[ Records a certificate of a hub before it is handed out.
  KEYS[1] hash of the hub's certificates, end (unix ms) by serial   KEYS[2] hash of denials
  ARGV[1] id ("hub/h1")   ARGV[2] serial   ARGV[3] its end, unix ms   ARGV[4] now, unix ms
  ARGV[5] serial of the certificate that it renews; '' for an enrolment
  ARGV[6] denial that others get, of an enrolment; its end is that of the certificate
  A renewal is refused to who is denied. An enrolment denies every other certificate of the hub that
  has not ended, and lifts a denial of the hub itself: the operator gave it a code since. ]]
local renews = ARGV[5] ~= ''
if renews and (redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1
    or redis.call('HEXISTS', KEYS[2], 'serial/' .. ARGV[5]) == 1) then
  return redis.error_reply('VEILLE DENIED this certificate is denied')
end
local held = redis.call('HGETALL', KEYS[1])
for i = 1, #held, 2 do
  local serial, ends = held[i], tonumber(held[i + 1])
  if ends <= tonumber(ARGV[4]) then
    redis.call('HDEL', KEYS[1], serial)
    redis.call('HDEL', KEYS[2], 'serial/' .. serial)
  elseif not renews then
    redis.call('HSET', KEYS[2], 'serial/' .. serial, ARGV[6])
  end
end
if not renews then redis.call('HDEL', KEYS[2], ARGV[1]) end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
return 1
