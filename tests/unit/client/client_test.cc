// What a caregiver's terminal shows, and that it shows each thing once.

#include "gtest/gtest.h"

#include "services/client/render.h"
#include "services/client/utf8.h"
#include "services/client/watch_position.h"

namespace veille::client {
namespace {

alert::v1::Update Make(uint64_t sequence, uint64_t version, uint32_t step) {
  alert::v1::Update update;
  update.set_sequence(sequence);
  update.set_step(step);
  update.mutable_alert()->set_alert_id("h.1");
  update.mutable_alert()->set_version(version);
  return update;
}

TEST(WatchPosition, ShowsEachVersionAndStepOnceAndNoticesHoles) {
  WatchPosition position;
  alert::v1::Snapshot snapshot;
  snapshot.set_incarnation("i");
  snapshot.set_sequence(4);
  position.OnSnapshot(snapshot);
  EXPECT_EQ(position.OnUpdate(Make(4, 1, 1)), WatchPosition::Verdict::kSeen);
  EXPECT_EQ(position.OnUpdate(Make(5, 1, 1)), WatchPosition::Verdict::kShow);
  EXPECT_EQ(position.OnUpdate(Make(6, 1, 1)), WatchPosition::Verdict::kSeen);
  EXPECT_EQ(position.OnUpdate(Make(7, 2, 2)), WatchPosition::Verdict::kShow);
  EXPECT_EQ(position.OnUpdate(Make(8, 1, 3)), WatchPosition::Verdict::kSeen);
  EXPECT_EQ(position.OnUpdate(Make(10, 3, 1)), WatchPosition::Verdict::kHole);
  EXPECT_EQ(position.OnHeartbeat(9), WatchPosition::Verdict::kHole);
}

// The service's store was restored from a backup: numbers and versions are given a second time.
TEST(WatchPosition, ShowsWhatANewIncarnationNumbersAgain) {
  WatchPosition position;
  alert::v1::Snapshot snapshot;
  snapshot.set_incarnation("i");
  snapshot.set_sequence(119);
  position.OnSnapshot(snapshot);
  EXPECT_EQ(position.OnUpdate(Make(120, 5, 1)), WatchPosition::Verdict::kShow);
  snapshot.set_incarnation("j");
  snapshot.set_sequence(100);
  position.OnSnapshot(snapshot);
  EXPECT_EQ(position.OnUpdate(Make(101, 4, 2)), WatchPosition::Verdict::kShow);
}

TEST(Render, SaysSeverityByWordAndLatenessInBothLanguages) {
  alert::v1::Alert alert;
  alert.set_severity(alert::v1::SEVERITY_HIGH);
  alert.set_zone("Europe/Paris");
  alert.set_patient_name("Madame Martin");
  alert.mutable_reason()->set_fr("Chute");
  alert.mutable_reason()->set_en("Fall");
  alert.mutable_event_time()->set_seconds(1768482120);  // 2026-01-15 14:02 in Paris.
  alert.mutable_receive_time()->set_seconds(1768483860);
  alert.set_late(true);
  const absl::Time now = absl::FromUnixSeconds(1768483900);
  EXPECT_EQ(AlertLine(alert, now, {Language::kEnglish, false}),
            "ACT NOW  14:02 (received 14:31)  (29 min)  Madame Martin: Fall  [open]");
  EXPECT_EQ(AlertLine(alert, now, {Language::kFrench, false}),
            "URGENT  14:02 (reçu 14:31)  (29 min)  Madame Martin: Chute  [à prendre]");
}

TEST(Render, SaysTheDateOfWhatIsNotOfTheLastDayAndThatItIsOver) {
  alert::v1::Alert alert;
  alert.set_severity(alert::v1::SEVERITY_MEDIUM);
  alert.set_zone("Europe/Paris");
  alert.set_home_id("h");
  alert.set_handling(alert::v1::HANDLING_ACKNOWLEDGED);
  alert.set_acknowledged_by("marc");
  alert.set_condition(alert::v1::CONDITION_CLEARED);
  alert.mutable_event_time()->set_seconds(1768482120);
  const absl::Time now = absl::FromUnixSeconds(1768482120 + 2 * 86400);
  EXPECT_EQ(AlertLine(alert, now, {Language::kEnglish, false}),
            "SOON  15/01 14:02  (2 d)  h:   [over, taken by marc]");
  EXPECT_EQ(AlertLine(alert, now, {Language::kFrench, false}),
            "BIENTÔT  15/01 14:02  (2 j)  h:   [terminé, pris par marc]");
}

alert::v1::Alert ClosedByAnne() {
  alert::v1::Alert alert;
  alert.set_alert_id("h.1");
  alert.set_home_id("h");
  alert.set_rule("GEOFENCE_EXIT");
  alert.set_severity(alert::v1::SEVERITY_HIGH);
  alert.set_zone("Europe/Paris");
  alert.set_handling(alert::v1::HANDLING_CLOSED);
  alert.set_outcome(alert::v1::OUTCOME_FALSE_ALARM);
  alert.set_note("the cat");
  alert.mutable_event_time()->set_seconds(1768482120);
  for (const char* name : {"max_accuracy_m", "dwell", "fixes"})
    (*alert.mutable_evidence()->mutable_parameters())[name] = "1";
  const auto tell = [&](const char* channel, alert::v1::DeliveryState state) {
    alert::v1::Delivery& delivery = *alert.add_deliveries();
    delivery.set_caregiver_id("anne");
    delivery.set_step(1);
    delivery.set_channel(channel);
    delivery.set_state(state);
  };
  tell("stream", alert::v1::DELIVERY_STATE_SEEN);
  tell("email/2", alert::v1::DELIVERY_STATE_CANCELLED);
  alert::v1::Transition& raised = *alert.add_transitions();
  raised.set_kind(alert::v1::Transition::KIND_RAISED);
  raised.mutable_time()->set_seconds(1768482120);
  alert::v1::Transition& closed = *alert.add_transitions();
  closed.set_kind(alert::v1::Transition::KIND_CLOSED);
  closed.mutable_time()->set_seconds(1768482180);
  closed.set_actor("anne");
  closed.set_client("terminal");
  closed.set_outcome(alert::v1::OUTCOME_FALSE_ALARM);
  closed.set_note("the cat");
  return alert;
}

TEST(Render, ShowsEveryChannelOutcomeAndDeviceOfAnAlert) {
  EXPECT_EQ(
      AlertDetails(ClosedByAnne(), absl::FromUnixSeconds(1768482240), {Language::kEnglish, false}),
      "ACT NOW  14:02  (2 min)  h:   [closed: false alarm]\n"
      "  id h.1  GEOFENCE_EXIT  v0\n"
      "    dwell = 1\n"
      "    fixes = 1\n"
      "    max_accuracy_m = 1\n"
      "  > anne  step 1  stream  seen\n"
      "  > anne  step 1  email/2  cancelled\n"
      "  * 14:02:00  raised\n"
      "  * 14:03:00  closed  anne (terminal)  false alarm: the cat\n");
}

// Of records from before transitions had notes.
TEST(Render, KeepsANoteThatNoTransitionHas) {
  alert::v1::Alert alert = ClosedByAnne();
  alert.clear_transitions();
  EXPECT_NE(AlertDetails(alert, absl::FromUnixSeconds(1768482240), {Language::kFrench, false})
                .find("annulé\n  the cat\n"),
            std::string::npos);
}

TEST(Render, NamesTheZoneOfWhatBelongsToNoHome) {
  alert::v1::Snooze snooze;
  snooze.set_snooze_id("s1");
  snooze.mutable_expire_time()->set_seconds(1768482120);
  Style style{Language::kEnglish, false};
  EXPECT_EQ(SnoozeLine(snooze, style),
            "s1  until Thu 15/01 13:02 UTC: whatever is not urgent, of everybody");
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Paris", &style.here));
  EXPECT_EQ(SnoozeLine(snooze, style),
            "s1  until Thu 15/01 14:02 CET: whatever is not urgent, of everybody");
  alert::v1::Alert alert;
  *alert.mutable_event_time() = snooze.expire_time();
  EXPECT_EQ(AlertLine(alert, absl::FromUnixSeconds(1768482120), style),
            "TECHNICAL  14:02 CET  (0 s)  :   [open]");
}

TEST(Render, WritesAnyTextAsJson) {
  EXPECT_EQ(JsonString("a\"b\\c\nd"), "\"a\\\"b\\\\c\\u000ad\"");
  EXPECT_EQ(JsonString("Zoé\xff\xc3"), "\"Zoé\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(Utf8, LosesAWholeCharacterToABackspace) {
  std::string text = "à€😀é";
  for (const char* left : {"à€😀", "à€", "à", ""}) {
    EXPECT_TRUE(PopCharacter(text));
    EXPECT_EQ(text, left);
    EXPECT_TRUE(IsUtf8(text));
  }
  EXPECT_FALSE(PopCharacter(text));
  text = "caf\xc3";
  EXPECT_FALSE(IsUtf8(text));
  EXPECT_TRUE(PopCharacter(text));
  EXPECT_EQ(text, "caf");
  for (const char* bad : {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"})
    EXPECT_FALSE(IsUtf8(bad));
}

TEST(Render, LetsNoNameCommandATerminal) {
  EXPECT_EQ(Printable("a\033[2Jb\xc2\x9bZ\n"), "a [2Jb Z ");
  EXPECT_EQ(Printable("Éléonore"), "Éléonore");
}

}  // namespace
}  // namespace veille::client
