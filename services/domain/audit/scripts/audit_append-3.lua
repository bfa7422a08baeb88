#!lua flags=allow-oom
--[[ Puts entries behind the end of a partition's audit log, if it still is where the caller saw it.
  KEYS[1] entries (stream)   KEYS[2] head (hash)   KEYS[3] checkpoints (stream)
  ARGV[1] number that must be the last ("0" for none)   ARGV[2] number of the new last
  ARGV[3] hash of the new last   ARGV[4] checkpoint to keep, "" for none   then the entries
  Returns {number, hash} of the head: the new one, or the one that was there instead. ]]
local number = redis.call("HGET", KEYS[2], "number") or "0"
if number ~= ARGV[1] then
  return {tonumber(number), redis.call("HGET", KEYS[2], "hash") or ""}
end
for i = 5, #ARGV do redis.call("XADD", KEYS[1], "*", "e", ARGV[i]) end
if #ARGV >= 5 then redis.call("HSET", KEYS[2], "number", ARGV[2], "hash", ARGV[3]) end
if ARGV[4] ~= "" then redis.call("XADD", KEYS[3], "MAXLEN", "~", "1000", "*", "c", ARGV[4]) end
return {tonumber(ARGV[2]), ARGV[3]}
