// Channels and their door, out of the configuration. Secrets are read once, at the start.

#ifndef SERVICES_NOTIFIER_ADAPTERS_CHANNEL_CONFIG_H_
#define SERVICES_NOTIFIER_ADAPTERS_CHANNEL_CONFIG_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"

#include "veille/config/v1/channels.pb.h"

#include "common/time/clock.h"
#include "common/transfer/transfers.h"
#include "services/notifier/adapters/acknowledge_door.h"
#include "services/notifier/app/courier.h"

namespace veille::notifier {

absl::Duration SpanOr(bool has, const google::protobuf::Duration& span, absl::Duration other);

// Of one thread of calls.
transfer::Transfers::Options TransferOptions(const config::v1::Channels& config,
                                             const std::string& name);

// Those that are configured. INVALID_ARGUMENT names the field that is wrong, NOT_FOUND the file
// that cannot be read.
absl::StatusOr<Courier::Channels> MakeChannels(const config::v1::Channels& config,
                                               const std::shared_ptr<const Clock>& clock);

// Nothing when no links are configured.
absl::StatusOr<std::optional<DoorOptions>> MakeDoorOptions(
    const config::v1::Channels& config, const std::shared_ptr<const Clock>& clock);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_CHANNEL_CONFIG_H_
