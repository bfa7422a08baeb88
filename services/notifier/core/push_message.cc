#include "services/notifier/core/push_message.h"

#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"

#include "common/base/digest.h"
#include "services/notifier/core/notification_text.h"

namespace veille::notifier {
namespace {

std::string Urgency(const Telling& telling) {
  if (telling.reason == alert::v1::Update::REASON_SUMMARY) return "low";
  switch (telling.alert.severity()) {
    case alert::v1::SEVERITY_HIGH:
      return "high";
    case alert::v1::SEVERITY_MEDIUM:
      return "normal";
    case alert::v1::SEVERITY_LOW:
      return "low";
    default:
      return "very-low";
  }
}

}  // namespace

PushMessage DescribePush(const Telling& telling) {
  const alert::v1::Alert& alert = telling.alert;
  const NotificationText text = Describe(telling);
  google::protobuf::Struct shown;
  auto& fields = *shown.mutable_fields();
  fields["title"].set_string_value(text.title);
  fields["body"].set_string_value(text.body);
  fields["lang"].set_string_value(text.language);
  fields["alert_id"].set_string_value(alert.alert_id());
  fields["version"].set_number_value(static_cast<double>(telling.version));
  fields["severity"].set_string_value(alert::v1::Severity_Name(alert.severity()));
  fields["status"].set_string_value(alert::v1::Status_Name(alert.status()));
  PushMessage message;
  if (!google::protobuf::util::MessageToJsonString(shown, &message.text).ok()) message.text = "{}";
  message.urgency = Urgency(telling);
  message.topic = Sha256Hex16(alert.alert_id());
  // An emergency that a phone shows an hour late has been climbed past long since; what can wait
  // may be shown when the phone is on again.
  message.ttl = alert.severity() == alert::v1::SEVERITY_HIGH ? absl::Hours(1) : absl::Hours(12);
  return message;
}

}  // namespace veille::notifier
