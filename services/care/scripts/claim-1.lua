--[[ Reserves for a home an id that only one home may have.
  KEYS[1] claims   ARGV[1] id   ARGV[2] home   ARGV[3] home that it may be taken from, "" for none
  ARGV[4] how old that claim must be, ms
  A claim is stored as "<unix ms> <home>". Returns the home that has it: ours, or another. ]]
local now = redis.call("TIME")
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
local stands = redis.call("HGET", KEYS[1], ARGV[1])
if stands then
  local since, owner = string.match(stands, "^(%d+) (.*)$")
  local free = owner == ARGV[2] or (owner == ARGV[3] and ms - since >= tonumber(ARGV[4]))
  if not free then
    return owner
  end
end
redis.call("HSET", KEYS[1], ARGV[1], string.format("%.0f ", ms) .. ARGV[2])
return ARGV[2]
