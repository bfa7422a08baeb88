// Characters in UTF-8: what people type, and what protobuf takes as a string. Pure.

#ifndef SERVICES_CLIENT_UTF8_H_
#define SERVICES_CLIENT_UTF8_H_

#include <cstddef>
#include <string>

namespace veille::client {

// Bytes of the character that begins at `at`; 0 when it is not well formed.
std::size_t Utf8Size(const std::string& text, std::size_t at);

// Whether all of it is well formed. Protobuf refuses a message with any other string, and gRPC then
// a call without a word of why.
bool IsUtf8(const std::string& text);

// Takes the last character away, or the last byte of what is none. False when there is nothing.
bool PopCharacter(std::string& text);

}  // namespace veille::client

#endif  // SERVICES_CLIENT_UTF8_H_
