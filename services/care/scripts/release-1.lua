--[[ Gives an id back that the home has no more.
  KEYS[1] claims   ARGV[1] id   ARGV[2] home ]]
local stands = redis.call("HGET", KEYS[1], ARGV[1])
if stands and string.match(stands, "^%d+ (.*)$") == ARGV[2] then
  redis.call("HDEL", KEYS[1], ARGV[1])
end
return 1
