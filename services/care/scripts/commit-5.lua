--[[ Changes one home: the home, its history, and the stream that the other roles follow, at once.
  KEYS[1] homes   KEYS[2] revisions   KEYS[3] changes   KEYS[4] the home's plans   KEYS[5] request
  ARGV[1] home id   ARGV[2] revision that must stand there   ARGV[3] the next   ARGV[4] home, "" to
  remove it   ARGV[5] changes to keep   ARGV[6] plans to keep   ARGV[7] the request's digest, "" for
  none   ARGV[8] how long to keep it, s   ARGV[9…] plans
  Revisions are texts: numbers of Lua are exact up to 2^53 only. Changes are numbered without gaps.
  CONFLICT when another revision stands there, EXISTS when the request was carried out. ]]
if (redis.call("HGET", KEYS[2], ARGV[1]) or "0") ~= ARGV[2] then
  return redis.error_reply("VEILLE CONFLICT another revision stands there")
end
if ARGV[7] ~= "" and redis.call("EXISTS", KEYS[5]) == 1 then
  return redis.error_reply("VEILLE EXISTS the request was carried out")
end
redis.call("HSET", KEYS[2], ARGV[1], ARGV[3])
if ARGV[4] == "" then
  redis.call("HDEL", KEYS[1], ARGV[1])
  redis.call("DEL", KEYS[4])
else
  redis.call("HSET", KEYS[1], ARGV[1], ARGV[4])
  for i = 9, #ARGV do
    redis.call("XADD", KEYS[4], "MAXLEN", ARGV[6], ARGV[3] .. "-" .. (i - 9), "v", ARGV[i])
  end
end
if ARGV[7] ~= "" then
  redis.call("SET", KEYS[5], ARGV[7], "EX", ARGV[8])
end
local number = redis.call("HINCRBY", KEYS[2], "*", 1)
redis.call("XADD", KEYS[3], "MAXLEN", ARGV[5], string.format("%.0f-0", number), "h", ARGV[1])
return 1
