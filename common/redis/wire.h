// Writes commands in the Redis protocol straight into an output buffer.
#ifndef COMMON_REDIS_WIRE_H_
#define COMMON_REDIS_WIRE_H_

#include <charconv>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace veille::redis::wire {

inline void AppendCount(std::string& out, char kind, std::size_t count) {
  char digits[24];
  digits[0] = kind;
  char* end = std::to_chars(digits + 1, digits + sizeof(digits) - 2, count).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(digits, static_cast<std::size_t>(end - digits));
}

inline void AppendBulk(std::string& out, std::string_view value) {
  AppendCount(out, '$', value.size());
  out.append(value);
  out.append("\r\n", 2);
}

template <typename Args>
void AppendCommand(std::string& out, const Args& args) {
  AppendCount(out, '*', args.size());
  for (const auto& arg : args) AppendBulk(out, arg);
}

inline void AppendCommand(std::string& out, std::initializer_list<std::string_view> args) {
  AppendCommand<std::initializer_list<std::string_view>>(out, args);
}

}  // namespace veille::redis::wire

#endif  // COMMON_REDIS_WIRE_H_
