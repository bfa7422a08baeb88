--[[ Appends envelopes of many sources to a partition's log as one entry, after checking their sequences.
  KEYS[1] log stream   KEYS[2] sequences hash
  ARGV[1] n, the number of envelopes; then for each
    field        the lane's field of the hash, "<source>/u" or "<source>/b"; "" for an envelope without
                 a sequence (heartbeat, contact)
    incarnation  sequence  digest (8 bytes)  envelope (serialized)
  A lane's value: "\1", length of the incarnation (1 byte), incarnation, last sequence (8 bytes, big
  endian), and the digests of the last 64 sequences, newest last.
  Returns a verdict an envelope: 1 appended, 0 there already, -1 gap, -2 same number with other content,
  -3 too old to tell, -4 another incarnation (or never opened).
  The same script serves both lanes; the urgent one runs it with `allow-oom`. ]]
local n = tonumber(ARGV[1])
local fields, place = {}, {}
for i = 0, n - 1 do
  local field = ARGV[2 + i * 5]
  if field ~= "" and not place[field] then
    fields[#fields + 1] = field
    place[field] = #fields
  end
end
local values = {}
if #fields > 0 then values = redis.call("HMGET", KEYS[2], unpack(fields)) end

local lanes = {}
for f, field in ipairs(fields) do
  local value = values[f]
  if value then
    if string.byte(value, 1) ~= 1 then
      return redis.error_reply("VEILLE FORMAT sequences of " .. field .. " have an unknown format")
    end
    local size = string.byte(value, 2)
    local at = 3 + size
    lanes[field] = {
      incarnation = string.sub(value, 3, at - 1),
      last = struct.unpack(">I8", value, at),
      digests = string.sub(value, at + 8),
    }
  end
end

local verdicts, entry, changed = {}, {}, {}
for i = 0, n - 1 do
  local field = ARGV[2 + i * 5]
  local verdict = 1
  if field ~= "" then
    local lane = lanes[field]
    local sequence = tonumber(ARGV[4 + i * 5])
    local digest = ARGV[5 + i * 5]
    if not lane or lane.incarnation ~= ARGV[3 + i * 5] then
      verdict = -4
    elseif sequence > lane.last + 1 then
      verdict = -1
    elseif sequence <= lane.last then
      local back = lane.last - sequence
      local known = #lane.digests / 8
      if back >= known then
        verdict = -3
      else
        local from = (known - 1 - back) * 8 + 1
        verdict = string.sub(lane.digests, from, from + 7) == digest and 0 or -2
      end
    else
      lane.last = sequence
      local digests = lane.digests .. digest
      if #digests > 512 then digests = string.sub(digests, -512) end
      lane.digests = digests
      changed[field] = lane
    end
  end
  verdicts[i + 1] = verdict
  if verdict == 1 then
    entry[#entry + 1] = "e"
    entry[#entry + 1] = ARGV[6 + i * 5]
  end
end

if #entry > 0 then
  local write = {}
  for field, lane in pairs(changed) do
    write[#write + 1] = field
    write[#write + 1] = "\1" .. string.char(#lane.incarnation) .. lane.incarnation ..
        struct.pack(">I8", lane.last) .. lane.digests
  end
  if #write > 0 then redis.call("HSET", KEYS[2], unpack(write)) end
  redis.call("XADD", KEYS[1], "*", unpack(entry))
end
return verdicts
