// A fall out of packed acceleration: impact, change of posture, what the person does then.
//
// Streaming and in constant memory (fall_windows.h), the dialogue with the person beside it
// (fall_dialogue.h). Any orientation of the axes, 10 to 400 Hz. Pure.
//
//   impact     the strongest window of 2.6 s reaches the least impact
//   suspected  2.6 s later: what lies around it is more like a fall than not (fall_score.h); at the
//              wrist 1.6 s later where that leaves no doubt
//   still      lay still for `stillness` on end; at the wrist, within `give_up` of the suspicion:
//              whoever moves the arm later than that is awake, and may as well sit at a table
//   not up     at the waist or chest, where posture is known: not upright within `patience`
//   given up   at the wrist: neither
//   up         ten even steps, or, at the waist or chest, upright again for 30 s
//   long lie   told as a fall, and not up an hour after the impact
// Nothing of this is told to anybody: see fall_rule.cc.

#ifndef SERVICES_DETECTOR_CORE_RULES_FALL_H_
#define SERVICES_DETECTOR_CORE_RULES_FALL_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "veille/care/v1/care_plan.pb.h"
#include "veille/care/v1/home.pb.h"

#include "services/detector/core/rules/fall_dialogue.h"
#include "services/detector/core/rules/fall_score.h"
#include "services/detector/core/rules/fall_windows.h"

namespace veille::detector {

// A blow that was looked at: for whoever fits the score.
struct FallBlow {
  FallView view = FallView::kTrunk;
  int64_t impact_us = 0;
  FallFeatures features{};
};

enum class WornAt : uint8_t { kTrunk, kWrist };

struct FallConfig {
  WornAt place = WornAt::kWrist;
  float impact_mg = 1300;
  float least_score = 0;
  int64_t stillness_us = 30'000'000;
  int64_t give_up_us = 60'000'000;
  int64_t patience_us = 300'000'000;
  int64_t long_lie_us = 3'600'000'000;
  int64_t answer_us = 30'000'000;
  std::vector<FallBlow>* trace = nullptr;  // When set, what is judged is appended to it.
};

// For a position; care.v1.ROLE_WRIST, ROLE_WAIST, ROLE_CHEST.
FallConfig MakeFallConfig(const care::v1::FallRule& rule, care::v1::Role role);

struct FallEvent {
  enum class Kind { kSuspected, kStill, kNotUp, kGivenUp, kUp, kLongLie };
  Kind kind = Kind::kSuspected;
  int64_t impact_us = 0;
  int64_t decide_us = 0;  // The time by which it was certain.
  float peak_g = 0;
  float angle_degrees = 0;
};

class FallDetector {
 public:
  // Samples as in veille.event.v1.Acceleration. What was concluded is appended to `out`. Samples at
  // or before the newest one are passed over; a gap forgets what stillness was counted, not the
  // suspicion.
  void Feed(const FallConfig& config, int64_t first_us, float rate_hz, std::string_view samples_mg,
            std::vector<FallEvent>& out);

  // The last suspicion, while it is followed: neither given up nor up again.
  bool IsFollowing() const { return phase_ != Phase::kQuiet; }
  const FallEvent& suspicion() const { return suspicion_; }
  // The fall has been told: what follows is up or a long lie.
  void SetTold() {
    if (phase_ == Phase::kSuspected) phase_ = Phase::kTold;
  }
  // The person said that all is well: getting up is looked for, and the next fall.
  void SetAnsweredFine() {
    if (phase_ != Phase::kQuiet) phase_ = Phase::kFine;
  }
  // A long lie was told by another way than by an event.
  void SetLongLie() { phase_ = Phase::kLongLie; }
  // A fall was told, and neither getting up nor a long lie since.
  bool IsTold() const { return phase_ == Phase::kTold; }
  // Nothing more is to be concluded from the suspicion.
  void Forget() { phase_ = Phase::kQuiet; }

  // Nothing was ever fed.
  bool empty() const { return window_ < 0; }
  // The time of the newest sample.
  int64_t newest_us() const { return newest_us_; }

  FallDialogue dialogue;

  void AppendTo(std::string& out) const;
  // False, and unchanged, for what AppendTo() did not write.
  bool ParseFrom(std::string_view bytes);

 private:
  enum class Phase : uint8_t { kQuiet, kSuspected, kTold, kLongLie, kFine };

  // The sums of the open window.
  struct Sums {
    int32_t count = 0;
    float x = 0, y = 0, z = 0, size = 0, squares = 0, peak = 0, least = 1e9F;

    // Packed samples.
    void Add(const char* samples, int64_t n);
    FallWindow Fold() const;
    bool IsSound() const;
  };

  // The open window, of which these are the sums.
  void CloseWindow(const FallConfig& config, const Sums& sums, std::vector<FallEvent>& out);
  // The window was added; `before` is the one that was added before it.
  void OnWindow(const FallConfig& config, int64_t before, std::vector<FallEvent>& out);
  void OnGap(const FallConfig& config, int64_t index);

  // Makes a stronger window the candidate.
  void FindCandidate(const FallConfig& config, int64_t window);
  // Looks at the candidate when it is time to; `before` is the window that was closed before.
  void JudgeCandidate(const FallConfig& config, int64_t before, std::vector<FallEvent>& out);
  // True when the candidate is suspected.
  bool LookAtCandidate(const FallConfig& config, FallView view);
  void Suspect(const FallConfig& config, std::vector<FallEvent>& out);
  // After a suspicion.
  void Follow(const FallConfig& config, std::vector<FallEvent>& out);
  // False at the wrist, and where the fall ended as upright as it began.
  bool KnowsPosture() const { return upright_[0] != 0 || upright_[1] != 0 || upright_[2] != 0; }
  bool IsUp();
  void CountStep();
  bool IsMoving() const;
  void Say(FallEvent::Kind kind, std::vector<FallEvent>& out) const;

  FallWindows windows_;
  int64_t window_ = -1;  // Index of the open window; −1 before the first.
  Sums sums_;
  int64_t candidate_ = -1;  // The strongest window so far.
  int64_t newest_us_ = 0;
  Vector3 usual_{};  // Direction of the past minute, until a second before a candidate.
  int32_t usual_count_ = 0;
  Phase phase_ = Phase::kQuiet;
  bool still_said_ = false, not_up_said_ = false;
  FallEvent suspicion_;
  int64_t still_deadline_us_ = 0;
  Vector3 upright_{};  // The usual direction before the fall; zero when it tells nothing.
  int32_t up_windows_ = 0;
  int32_t steps_ = 0;
  int32_t step_interval_ = 0;
  int64_t step_window_ = 0;
};

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_FALL_H_
