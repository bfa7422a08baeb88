// Arbitrary bytes of an alarm centre: refused, or read as messages whose answers are judged.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/sip/message.h"
#include "services/notifier/core/scaip_message.h"

namespace {

void Judge(const veille::sip::Message& message) {
  veille::sip::RetryAfter(message);
  veille::sip::Answers(message, "z9hG4bK1");
  // What we send must be what we would believe.
  const std::string reply = veille::sip::Serialize(veille::sip::ReplyTo(message, 200, "OK", "tag"));
  const auto read = veille::sip::ParseNext(reply);
  if (!read.ok() || !read->has_value() || (*read)->bytes != reply.size()) std::abort();
  const auto answer = veille::notifier::ReadScaipAnswer(message.body);
  if (answer.ok()) veille::notifier::JudgeScaip(answer->status);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string stream(reinterpret_cast<const char*>(data), size);
  veille::notifier::ReadScaipAnswer(stream).IgnoreError();
  veille::sip::ParseUri(stream).status().IgnoreError();
  const auto datagram = veille::sip::ParseDatagram(stream);
  if (datagram.ok()) Judge(*datagram);
  while (true) {
    const auto parsed = veille::sip::ParseNext(stream);
    if (!parsed.ok() || !parsed->has_value()) return 0;
    if ((*parsed)->bytes == 0 || (*parsed)->bytes > stream.size()) std::abort();
    Judge((*parsed)->message);
    stream.erase(0, (*parsed)->bytes);
  }
}
