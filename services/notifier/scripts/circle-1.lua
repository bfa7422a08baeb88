#!lua flags=allow-oom
--[[ Stores what people have said of duty and silence in a home.
  KEYS[1] circle   ARGV[1] version that must be stored now, "0" for none   ARGV[2] new version
  ARGV[3] state
  CONFLICT when another version is stored. ]]
if (redis.call("HGET", KEYS[1], "version") or "0") ~= ARGV[1] then
  return redis.error_reply("VEILLE CONFLICT another version is stored")
end
redis.call("HSET", KEYS[1], "version", ARGV[2], "state", ARGV[3])
return 1
