#include "services/notifier/core/webhook_message.h"

#include "google/protobuf/util/json_util.h"

#include "veille/alert/v1/notification.pb.h"

#include "common/crypto/hmac.h"
#include "services/notifier/core/chain.h"
#include "services/notifier/core/notification_text.h"

namespace veille::notifier {

std::string WebhookBody(const Telling& telling) {
  const alert::v1::Alert& alert = telling.alert;
  const NotificationText text = Describe(telling);
  alert::v1::NotificationEvent event;
  event.set_specversion("1.0");
  event.set_id(telling.key);
  event.set_source("/veille/homes/" + alert.home_id());
  event.set_type(telling.reason == alert::v1::Update::REASON_SUMMARY
                     ? "io.veille.alert.v1.summary"
                     : "io.veille.alert.v1.notification");
  event.set_subject(alert.alert_id());
  SetTime(telling.tell_time, *event.mutable_time());
  event.set_datacontenttype("application/json");
  alert::v1::Notification& data = *event.mutable_data();
  data.set_alert_id(alert.alert_id());
  data.set_version(static_cast<uint32_t>(telling.version));
  data.set_step(telling.step);
  data.set_severity(alert.severity());
  data.set_status(alert.status());
  data.set_rule(alert.rule());
  data.set_home_id(alert.home_id());
  data.set_patient_id(alert.patient_id());
  data.set_patient_name(alert.patient_name());
  *data.mutable_event_time() = alert.event_time();
  *data.mutable_receive_time() = alert.receive_time();
  data.set_zone(alert.zone());
  data.set_late(alert.late());
  data.set_caregiver_id(telling.reader.caregiver_id());
  data.set_caregiver_name(telling.reader.display_name());
  data.set_language(text.language);
  data.set_text(text.line);
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  // Fails only for text that is no UTF-8, which a parsed message cannot hold.
  if (!google::protobuf::util::MessageToJsonString(event, &json, options).ok()) return "{}";
  return json;
}

std::string WebhookSignature(std::string_view secret, absl::Time now, std::string_view body) {
  const std::string seconds = std::to_string(absl::ToUnixSeconds(now));
  return "t=" + seconds + ",v1=" + ToHex(HmacSha256(secret, seconds + "." + std::string(body)));
}

}  // namespace veille::notifier
