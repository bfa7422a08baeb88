// SCAIP over SIP, for telecare alarm centres. Not tested for conformance: see
// core/scaip_message.h.

#ifndef SERVICES_NOTIFIER_ADAPTERS_SCAIP_CHANNEL_H_
#define SERVICES_NOTIFIER_ADAPTERS_SCAIP_CHANNEL_H_

#include <string>

#include "common/sip/client.h"
#include "services/notifier/app/channel.h"

namespace veille::notifier {

class ScaipChannel final : public Channel {
 public:
  // `from` is who we are: "sip:veille@veille.example.org".
  ScaipChannel(std::string from, sip::Client::Options options);
  void Send(const Telling& telling, Done done) override;

 private:
  const std::string from_;
  sip::Client client_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_SCAIP_CHANNEL_H_
