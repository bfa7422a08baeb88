#!lua flags=allow-oom
--[[ Destroys a data key; its mark stays, so that none is made in its place.
  KEYS[1] wrapped keys by name   KEYS[2] state hash: kek, version   KEYS[3] stream of destroyed keys
  ARGV[1] name   ARGV[2] mark
  An entry's id is <version>-0. Returns the version. ]]
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
local version = redis.call("HINCRBY", KEYS[2], "version", 1)
redis.call("XADD", KEYS[3], "MAXLEN", "~", 1000, string.format("%d-0", version), "n", ARGV[1])
return version
