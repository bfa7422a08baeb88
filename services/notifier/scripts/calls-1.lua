#!lua flags=allow-oom
--[[ Counts a call of a caregiver that is about to be stored.
  KEYS[1] watcher hash: calls_begin, calls, q:<alert id> = "<version that was counted last>|<the answer>"
  ARGV[1] alert id   ARGV[2] version that is told   ARGV[3] so many calls   ARGV[4] within this span, ms
  ARGV[5] now, unix ms
  Returns 1 when the caregiver has been called too often, else 0; the same for the same version. ]]
local mark = redis.call("HGET", KEYS[1], "q:" .. ARGV[1])
if mark then
  local version, answer = string.match(mark, "^(%d+)|(%d)$")
  if version == ARGV[2] then return tonumber(answer) end
end
-- Spans one after another; a clock that went back begins one, too.
local begin = tonumber(redis.call("HGET", KEYS[1], "calls_begin") or "-1")
local now = tonumber(ARGV[5])
if now < begin or now - begin >= tonumber(ARGV[4]) then
  redis.call("HSET", KEYS[1], "calls_begin", ARGV[5], "calls", 0)
end
local answer = redis.call("HINCRBY", KEYS[1], "calls", 1) > tonumber(ARGV[3]) and 1 or 0
redis.call("HSET", KEYS[1], "q:" .. ARGV[1], ARGV[2] .. "|" .. answer)
return answer
