// One telling of one person by one channel: all that a message is made of.

#ifndef SERVICES_NOTIFIER_CORE_TELLING_H_
#define SERVICES_NOTIFIER_CORE_TELLING_H_

#include <string>

#include "absl/time/time.h"

#include "veille/alert/v1/alert.pb.h"
#include "veille/alert/v1/alert_service.pb.h"
#include "veille/care/v1/home.pb.h"

namespace veille::notifier {

struct Telling {
  alert::v1::Alert alert;  // As it is now.
  care::v1::Member reader;
  care::v1::Channel channel;
  alert::v1::Update::Reason reason = alert::v1::Update::REASON_NOTIFY;
  uint64_t version = 0;  // That is told.
  uint32_t step = 0;
  absl::Time tell_time;  // When the person was told by the stream.
  // The same for every try: a function of alert, version, step, person and channel.
  std::string key;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_TELLING_H_
