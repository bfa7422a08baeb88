#include "services/notifier/core/channels.h"

#include <algorithm>
#include <map>

#include "common/base/digest.h"
#include "services/notifier/core/chain.h"

namespace veille::notifier {
namespace {

using alert::v1::Delivery;
using alert::v1::DeliveryState;
using alert::v1::Update;
using care::v1::Channel;
using store::v1::AlertRecord;
using store::v1::Send;

// As chain.cc keeps them.
constexpr int kMaxDeliveries = 256;
constexpr absl::Duration kFirstRetry = absl::Seconds(1);
constexpr absl::Duration kLastRetry = absl::Minutes(1);
constexpr uint32_t kMaxDoublings = 6;

care::v1::ChannelKind KindOf(const Channel& channel) {
  switch (channel.address_case()) {
    case Channel::kWebhook:
      return care::v1::CHANNEL_KIND_WEBHOOK;
    case Channel::kEmail:
      return care::v1::CHANNEL_KIND_EMAIL;
    case Channel::kWebPush:
      return care::v1::CHANNEL_KIND_WEB_PUSH;
    case Channel::kScaip:
      return care::v1::CHANNEL_KIND_SCAIP;
    default:
      return care::v1::CHANNEL_KIND_UNSPECIFIED;
  }
}

struct Named {
  std::string name;
  care::v1::ChannelKind kind;
  const Channel* channel;
};

// The person's channels that take the severity. Names do not depend on it.
std::vector<Named> ChannelsOf(const care::v1::Member& member, alert::v1::Severity severity) {
  std::vector<Named> channels;
  std::map<care::v1::ChannelKind, int> count;
  for (const Channel& channel : member.channels()) {
    const care::v1::ChannelKind kind = KindOf(channel);
    if (kind == care::v1::CHANNEL_KIND_UNSPECIFIED) continue;
    std::string name = ChannelName(channel.address_case());
    if (++count[kind] > 1) name += "/" + std::to_string(count[kind]);
    if (channel.min_severity() <= severity) channels.push_back({name, kind, &channel});
  }
  return channels;
}

// In the step's order where it names one, else in the person's.
void AddRoutes(const care::v1::Member& member, alert::v1::Severity severity,
               const care::v1::EscalationStep* step, uint32_t delay_s, Send& send) {
  const std::vector<Named> channels = ChannelsOf(member, severity);
  uint32_t position = 0;
  const auto add = [&](const Named& named) {
    store::v1::Route& route = *send.add_routes();
    route.set_name(named.name);
    *route.mutable_channel() = *named.channel;
    route.set_delay_s(delay_s * position++);
  };
  if (step == nullptr || step->channels().empty()) {
    for (const Named& named : channels) add(named);
    return;
  }
  for (const int kind : step->channels()) {
    // Served already; what comes after it waits for its receipt.
    if (kind == care::v1::CHANNEL_KIND_STREAM) ++position;
    for (const Named& named : channels)
      if (named.kind == kind) add(named);
  }
}

void AddDelivery(const Send& send, absl::Time now, alert::v1::Alert& alert) {
  if (alert.deliveries_size() == kMaxDeliveries) alert.mutable_deliveries()->DeleteSubrange(0, 1);
  Delivery& delivery = *alert.add_deliveries();
  delivery.set_caregiver_id(send.caregiver_id());
  delivery.set_step(send.step());
  delivery.set_version(send.version());
  delivery.set_state(alert::v1::DELIVERY_STATE_QUEUED);
  delivery.set_channel(RouteOf(send).name());
  SetTime(now, *delivery.mutable_update_time());
}

bool IsOf(const Delivery& delivery, const Send& send, const std::string& channel) {
  return delivery.caregiver_id() == send.caregiver_id() && delivery.version() == send.version() &&
         delivery.step() == send.step() && delivery.channel() == channel;
}

bool IsReceived(DeliveryState state) {
  return state == alert::v1::DELIVERY_STATE_DELIVERED || state == alert::v1::DELIVERY_STATE_SEEN;
}

// Whether anything says that the person knows of this version, or of a newer one.
bool Knows(const Send& send, const AlertRecord& record) {
  const auto& deliveries = record.alert().deliveries();
  return std::any_of(deliveries.begin(), deliveries.end(), [&](const Delivery& delivery) {
    return delivery.caregiver_id() == send.caregiver_id() && delivery.version() >= send.version() &&
           IsReceived(delivery.state());
  });
}

bool IsReplaced(const Send& send, const AlertRecord& record) {
  const auto& deliveries = record.alert().deliveries();
  return std::any_of(deliveries.begin(), deliveries.end(), [&](const Delivery& delivery) {
    return delivery.caregiver_id() == send.caregiver_id() &&
           delivery.channel() == RouteOf(send).name() && delivery.version() > send.version();
  });
}

bool WentOutBefore(const Send& send, const AlertRecord& record) {
  const auto& deliveries = record.alert().deliveries();
  return std::any_of(deliveries.begin(), deliveries.end(), [&](const Delivery& delivery) {
    if (delivery.state() != alert::v1::DELIVERY_STATE_SENT) return false;
    for (uint32_t i = 0; i < send.position(); ++i)
      if (IsOf(delivery, send, send.routes(static_cast<int>(i)).name())) return true;
    return false;
  });
}

bool IsFinal(DeliveryState state) {
  return state != alert::v1::DELIVERY_STATE_QUEUED &&
         state != alert::v1::DELIVERY_STATE_FAILED_TEMPORARY;
}

}  // namespace

std::vector<Send> PlanSends(const std::vector<store::v1::Tell>& tells, const ChannelTimes& times,
                            absl::Time now, AlertRecord& record) {
  std::vector<Send> sends;
  const auto delay_s = static_cast<uint32_t>(absl::ToInt64Seconds(times.next_channel_after));
  for (const store::v1::Tell& tell : tells) {
    if (tell.reason() == Update::REASON_CHANGED) continue;
    // Everybody is told at the chain's end: past the last step, by each person's own list.
    const bool named = tell.step() > 0 && tell.step() <= static_cast<uint32_t>(record.steps_size());
    const auto* step = named ? &record.steps(static_cast<int>(tell.step()) - 1) : nullptr;
    for (const std::string& id : tell.caregiver_ids()) {
      const auto& quiet = tell.quiet_ids();
      if (std::find(quiet.begin(), quiet.end(), id) != quiet.end()) continue;
      const auto member =
          std::find_if(record.members().begin(), record.members().end(),
                       [&](const care::v1::Member& one) { return one.caregiver_id() == id; });
      if (member == record.members().end()) continue;
      Send send;
      send.set_caregiver_id(id);
      send.set_version(tell.version());
      send.set_step(tell.step());
      send.set_reason(tell.reason());
      SetTime(now, *send.mutable_tell_time());
      SetTime(now + times.retry_for, *send.mutable_deadline_time());
      AddRoutes(*member, record.alert().severity(), step, delay_s, send);
      for (int position = 0; position < send.routes_size(); ++position) {
        send.set_position(static_cast<uint32_t>(position));
        AddDelivery(send, now, *record.mutable_alert());
        sends.push_back(send);
      }
    }
  }
  return sends;
}

const char* ChannelName(Channel::AddressCase kind) {
  switch (kind) {
    case Channel::kWebhook:
      return "webhook";
    case Channel::kEmail:
      return "email";
    case Channel::kWebPush:
      return "web_push";
    case Channel::kScaip:
      return "scaip";
    default:
      return "unknown";
  }
}

std::string AddressDigest(const Channel& channel) {
  switch (channel.address_case()) {
    case Channel::kWebhook:
      return Sha256Hex16(channel.webhook().url());
    case Channel::kEmail:
      return Sha256Hex16(channel.email().address());
    case Channel::kWebPush:
      return Sha256Hex16(channel.web_push().endpoint());
    case Channel::kScaip:
      return Sha256Hex16(channel.scaip().uri() + '\n' + channel.scaip().controller_id());
    default:
      return "";
  }
}

const store::v1::Route& RouteOf(const Send& send) {
  return send.routes(static_cast<int>(send.position()));
}

absl::Time DueTime(const Send& send) {
  return ToTime(send.tell_time()) + absl::Seconds(RouteOf(send).delay_s());
}

std::optional<Send> NextChannel(const Send& send) {
  if (static_cast<int>(send.position()) + 1 >= send.routes_size()) return std::nullopt;
  Send next = send;
  next.set_position(send.position() + 1);
  next.clear_attempts();
  return next;
}

std::string KeyOf(const std::string& alert_id, const Send& send) {
  return Sha256Hex16(alert_id + '\n' + std::to_string(send.version()) + '\n' +
                     std::to_string(send.step()) + '\n' + send.caregiver_id() + '\n' +
                     RouteOf(send).name());
}

SendVerdict Judge(const Send& send, absl::Time now, const AlertRecord& record) {
  const alert::v1::Alert& alert = record.alert();
  for (const Delivery& delivery : alert.deliveries())
    if (IsOf(delivery, send, RouteOf(send).name()) && IsFinal(delivery.state()))
      return SendVerdict::kDone;
  if (send.reason() == Update::REASON_NOTIFY &&
      alert.handling() != alert::v1::HANDLING_UNACKNOWLEDGED) {
    return SendVerdict::kCancel;
  }
  if (IsReplaced(send, record)) return SendVerdict::kCancel;
  const bool first_try =
      send.position() == 0 && send.attempts() == 0 && RouteOf(send).delay_s() == 0;
  if (!first_try && Knows(send, record)) return SendVerdict::kCancel;
  // An emergency is not told by a provider's "sent"; what can wait is.
  if (alert.severity() < alert::v1::SEVERITY_HIGH && WentOutBefore(send, record))
    return SendVerdict::kCancel;
  return now > ToTime(send.deadline_time()) ? SendVerdict::kExpired : SendVerdict::kSend;
}

bool RecordSend(const Send& send, DeliveryState state, absl::Time now, AlertRecord& record) {
  for (Delivery& delivery : *record.mutable_alert()->mutable_deliveries()) {
    if (!IsOf(delivery, send, RouteOf(send).name())) continue;
    // What went out stays so; that it went out is said also of what was cancelled meanwhile.
    const bool goes_out = state == alert::v1::DELIVERY_STATE_SENT || IsReceived(state);
    const bool out =
        delivery.state() == alert::v1::DELIVERY_STATE_SENT || IsReceived(delivery.state());
    const bool over = IsFinal(delivery.state()) && !goes_out;
    if (out || over || delivery.state() == state) return false;
    delivery.set_state(state);
    SetTime(now, *delivery.mutable_update_time());
    if (goes_out) KeepPlace(record);
    return true;
  }
  return false;
}

absl::Duration RetryDelay(uint32_t attempts, double unit) {
  const uint32_t doublings = std::min(attempts, kMaxDoublings);
  const absl::Duration most = std::min(kFirstRetry * (1 << doublings), kLastRetry);
  return kFirstRetry + (most - kFirstRetry) * unit;
}

}  // namespace veille::notifier
