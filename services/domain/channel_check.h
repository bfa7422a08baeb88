// What is wrong with an address beside the stream, before anybody is told by it. Pure.

#ifndef SERVICES_DOMAIN_CHANNEL_CHECK_H_
#define SERVICES_DOMAIN_CHANNEL_CHECK_H_

#include <string>
#include <vector>

#include "veille/care/v1/channel.pb.h"

namespace veille::domain {

struct ChannelFault {
  std::string field;  // "webhook.url"
  std::string reason;
};

std::vector<ChannelFault> CheckChannel(const care::v1::Channel& channel);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_CHANNEL_CHECK_H_
