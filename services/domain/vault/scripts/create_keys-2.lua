#!lua flags=allow-oom
--[[ Puts wrapped data keys where there are none.
  KEYS[1] wrapped keys by name   KEYS[2] state hash: kek, version
  ARGV[1] the key-encryption key that wraps them   ARGV[2...] name, wrapped key, name, wrapped key…
  Returns what is there then, in the order of the names. CONFLICT when another key-encryption key wraps
  new keys; the first of all becomes that. ]]
local kek = redis.call("HGET", KEYS[2], "kek")
if kek and kek ~= ARGV[1] then
  return redis.error_reply("VEILLE CONFLICT new keys are wrapped by " .. kek)
end
if not kek then redis.call("HSET", KEYS[2], "kek", ARGV[1]) end
local there = {}
for i = 2, #ARGV, 2 do
  redis.call("HSETNX", KEYS[1], ARGV[i], ARGV[i + 1])
  there[#there + 1] = redis.call("HGET", KEYS[1], ARGV[i])
end
return there
