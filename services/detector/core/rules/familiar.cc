#include "services/detector/core/rules/familiar.h"

#include <algorithm>

namespace veille::detector {
namespace {

constexpr std::size_t kEntry = 3;
constexpr uint16_t kFirstDay = 0x8000;

uint16_t KeyOf(uint64_t thing) {
  return static_cast<uint16_t>((thing ^ (thing >> 16) ^ (thing >> 32) ^ (thing >> 48)) & 0x7fff);
}

struct Entry {
  uint16_t key = 0;  // With kFirstDay.
  uint8_t day = 0;
};

Entry Read(const std::string& bytes, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<uint8_t>(bytes[at + i]); };
  return {static_cast<uint16_t>(byte(0) | byte(1) << 8), byte(2)};
}

void Write(const Entry& entry, std::size_t at, std::string& bytes) {
  bytes[at] = static_cast<char>(entry.key & 0xff);
  bytes[at + 1] = static_cast<char>(entry.key >> 8);
  bytes[at + 2] = static_cast<char>(entry.day);
}

uint32_t Age(const Entry& entry, uint32_t day) { return (day - entry.day) & 0xff; }

// Where the thing is; bytes.size() when it is nowhere.
std::size_t Find(uint16_t key, const std::string& bytes) {
  const std::size_t end = bytes.size() / kEntry * kEntry;
  for (std::size_t at = 0; at < end; at += kEntry)
    if ((Read(bytes, at).key & ~kFirstDay) == key) return at;
  return bytes.size();
}

bool IsKnown(const Entry& entry, uint32_t day, uint32_t memory_days) {
  const bool first_today = (entry.key & kFirstDay) != 0 && Age(entry, day) == 0;
  return !first_today && Age(entry, day) <= memory_days;
}

std::size_t Oldest(const std::string& bytes, uint32_t day) {
  std::size_t oldest = 0;
  for (std::size_t at = 0; at + kEntry <= bytes.size(); at += kEntry)
    if (Age(Read(bytes, at), day) > Age(Read(bytes, oldest), day)) oldest = at;
  return oldest;
}

}  // namespace

bool Visit(uint64_t thing, uint32_t day, uint32_t memory_days, std::size_t capacity,
           std::string& bytes) {
  const uint16_t key = KeyOf(thing);
  std::size_t at = Find(key, bytes);
  const auto today = static_cast<uint8_t>(day);
  if (at < bytes.size()) {
    const Entry entry = Read(bytes, at);
    const bool known = IsKnown(entry, day, memory_days);
    Write({known ? key : static_cast<uint16_t>(key | kFirstDay), today}, at, bytes);
    return known;
  }
  if (bytes.size() / kEntry >= capacity) {
    at = Oldest(bytes, day);
  } else {
    at = bytes.size() / kEntry * kEntry;
    bytes.resize(at + kEntry);
  }
  Write({static_cast<uint16_t>(key | kFirstDay), today}, at, bytes);
  return false;
}

bool IsFamiliar(uint64_t thing, uint32_t day, uint32_t memory_days, const std::string& bytes) {
  const std::size_t at = Find(KeyOf(thing), bytes);
  return at < bytes.size() && IsKnown(Read(bytes, at), day, memory_days);
}

void Forget(uint32_t day, uint32_t last_day, uint32_t memory_days, std::string& bytes) {
  if (day - last_day > memory_days) return bytes.clear();
  std::size_t kept = 0;
  for (std::size_t at = 0; at + kEntry <= bytes.size(); at += kEntry) {
    const Entry entry = Read(bytes, at);
    if (Age(entry, day) > memory_days) continue;
    Write(entry, kept, bytes);
    kept += kEntry;
  }
  bytes.resize(kept);
}

std::size_t CountFamiliar(const std::string& bytes) { return bytes.size() / kEntry; }

}  // namespace veille::detector
