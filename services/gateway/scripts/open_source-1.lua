#!lua flags=allow-oom
--[[ Makes a source's incarnation the current one and says what the log has of it.
  KEYS[1] sequences hash
  ARGV[1] source   ARGV[2] incarnation (hexadecimal)
  "<source>/i" holds the current incarnation and the four before it, newest first, between commas.
  Returns {last urgent, last bulk}, or refuses an incarnation that has been replaced: a connection
  of an old one must not turn the source back. ]]
local source, incarnation = ARGV[1], ARGV[2]
local history = redis.call("HGET", KEYS[1], source .. "/i") or ""
local function last(lane)
  local value = redis.call("HGET", KEYS[1], source .. lane)
  if not value then return 0 end
  return struct.unpack(">I8", value, 3 + string.byte(value, 2))
end
local current = string.match(history, "^([^,]*)")
if current == incarnation then return {last("/u"), last("/b")} end
local kept = incarnation
local count = 1
for old in string.gmatch(history, "[^,]+") do
  if old == incarnation then
    return redis.error_reply("VEILLE STALE incarnation has been replaced by a newer one")
  end
  count = count + 1
  if count <= 5 then kept = kept .. "," .. old end
end
local empty = "\1" .. string.char(#incarnation) .. incarnation .. struct.pack(">I8", 0)
redis.call("HSET", KEYS[1], source .. "/i", kept, source .. "/u", empty, source .. "/b", empty)
return {0, 0}
