--[[ Forgets the tries of an account that has proved itself, and this one of its address: many people
  may sign in from one.
  KEYS[1] count and time of the account's last   KEYS[2] those of the address ]]
redis.call('DEL', KEYS[1])
local count, last = string.match(redis.call('GET', KEYS[2]) or '', '^(%d+)/(.*)$')
if not count then return 1 end
if tonumber(count) <= 1 then
  redis.call('DEL', KEYS[2])
else
  redis.call('SET', KEYS[2], (tonumber(count) - 1) .. '/' .. last, 'KEEPTTL')
end
return 1
