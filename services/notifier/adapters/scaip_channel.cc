#include "services/notifier/adapters/scaip_channel.h"

#include <utility>

#include "services/notifier/adapters/send_results.h"
#include "services/notifier/core/scaip_message.h"

namespace veille::notifier {

ScaipChannel::ScaipChannel(std::string from, sip::Client::Options options)
    : from_(std::move(from)), client_(std::move(options)) {}

void ScaipChannel::Send(const Telling& telling, Done done) {
  const auto uri = sip::ParseUri(telling.channel.scaip().uri());
  if (!uri.ok())
    return done(
        {SendResult::Kind::kPermanent, "its address " + std::string(uri.status().message())});
  sip::Request request;
  request.to = *uri;
  request.from = from_;
  request.content_type = kScaipType;
  request.body = ScaipRequest(telling);
  // Another alarm's answer is none.
  request.is_answer = [reference = telling.key](const std::string& body) {
    const auto answer = ReadScaipAnswer(body);
    return answer.ok() && answer->reference == reference;
  };
  const absl::Status started = client_.Send(
      std::move(request), [done](const sip::Outcome& outcome) { done(OfScaip(outcome)); });
  if (!started.ok()) done({SendResult::Kind::kTemporary, std::string(started.message())});
}

}  // namespace veille::notifier
