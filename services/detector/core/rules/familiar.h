// Things that a person is used to: cells of the map, lines, stops, hours. A set of bounded size, in
// a string of bytes, that forgets what was not seen for a while and, when it is full, what was seen
// longest ago.
//
// Three bytes a thing: 15 bits of its digest, the day it was last seen, and whether that day was
// its first. So something new stays new for the rest of its first day. Days are counted since 1970,
// modulo 256: who did not call for longer than the memory lasts must call Forget(). Two things of
// one digest (1 in 32,768) pass for one. Pure.

#ifndef SERVICES_DETECTOR_CORE_RULES_FAMILIAR_H_
#define SERVICES_DETECTOR_CORE_RULES_FAMILIAR_H_

#include <cstdint>
#include <string>

namespace veille::detector {

// The thing is seen today: true when it was seen on an earlier day, not longer than `memory_days`
// ago. At most `capacity` things are kept.
bool Visit(uint64_t thing, uint32_t day, uint32_t memory_days, std::size_t capacity,
           std::string& bytes);

// The same without seeing it.
bool IsFamiliar(uint64_t thing, uint32_t day, uint32_t memory_days, const std::string& bytes);

// Drops what is too old.
void Forget(uint32_t day, uint32_t last_day, uint32_t memory_days, std::string& bytes);

// How many things are kept.
std::size_t CountFamiliar(const std::string& bytes);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_FAMILIAR_H_
