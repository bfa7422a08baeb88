// A fuzzer's input as a call: the method's name, a line break, the request in text format.

#ifndef TESTS_FUZZ_REQUEST_TEXT_H_
#define TESTS_FUZZ_REQUEST_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"

namespace veille::fuzz {

struct RequestText {
  std::string method, text;
};

inline std::optional<RequestText> SplitRequest(const uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  if (line == std::string::npos) return std::nullopt;
  return RequestText{input.substr(0, line), input.substr(line + 1)};
}

// Text of hostile depth and size is the parser's business, not ours: false, and nothing is said.
inline bool ParseRequest(const std::string& text, google::protobuf::Message& request) {
  class Quiet final : public google::protobuf::io::ErrorCollector {
   public:
    void AddError(int, google::protobuf::io::ColumnNumber, const std::string&) override {}
  };
  Quiet quiet;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&quiet);
  parser.SetRecursionLimit(100);
  return parser.ParseFromString(text, &request);
}

}  // namespace veille::fuzz

#endif  // TESTS_FUZZ_REQUEST_TEXT_H_
