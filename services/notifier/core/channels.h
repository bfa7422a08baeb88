// How a person is reached beside the stream: by the channels of their list, one after the other,
// until something says that the person knows. Pure.
//
// Each telling of a step becomes one send a channel. They are recorded with the alert, as queued
// deliveries, before anything goes out: the first at once, each next one a while after the one
// before, or as soon as that one has failed for good. Before it goes out each is judged again: what
// somebody has taken, what the person has confirmed and what a newer telling replaces is cancelled.

#ifndef SERVICES_NOTIFIER_CORE_CHANNELS_H_
#define SERVICES_NOTIFIER_CORE_CHANNELS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "veille/store/v1/notification.pb.h"

namespace veille::notifier {

struct ChannelTimes {
  absl::Duration next_channel_after = absl::Seconds(20);
  absl::Duration retry_for = absl::Hours(1);
};

// The sends that follow from `tells`, and their deliveries in the record. What only changed, and
// what is a line to read for somebody who was called too often, is told by the stream alone.
std::vector<store::v1::Send> PlanSends(const std::vector<store::v1::Tell>& tells,
                                       const ChannelTimes& times, absl::Time now,
                                       store::v1::AlertRecord& record);

// Names an address without telling it.
std::string AddressDigest(const care::v1::Channel& channel);

const store::v1::Route& RouteOf(const store::v1::Send& send);
absl::Time DueTime(const store::v1::Send& send);
// The next channel of the same telling; nothing after the last.
std::optional<store::v1::Send> NextChannel(const store::v1::Send& send);
// The same for every try of a telling, and of no other.
std::string KeyOf(const std::string& alert_id, const store::v1::Send& send);

enum class SendVerdict {
  kSend,
  kDone,     // It went out, or was given up: nothing is left to do.
  kCancel,   // Not needed any more.
  kExpired,  // It was tried for long enough.
};
SendVerdict Judge(const store::v1::Send& send, absl::Time now,
                  const store::v1::AlertRecord& record);

// How far it has come. False when that is known already: nothing is to be stored.
bool RecordSend(const store::v1::Send& send, alert::v1::DeliveryState state, absl::Time now,
                store::v1::AlertRecord& record);

// How long to wait after the `attempts`-th try: exponential, with full jitter. `unit` is in [0, 1).
absl::Duration RetryDelay(uint32_t attempts, double unit);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_CHANNELS_H_
