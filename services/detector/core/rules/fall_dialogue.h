// The dialogue with somebody who may have fallen: what was asked, and how far the answer came.
//
// Kept in the wearer's record beside the detector; led by fall_rule.cc.

#ifndef SERVICES_DETECTOR_CORE_RULES_FALL_DIALOGUE_H_
#define SERVICES_DETECTOR_CORE_RULES_FALL_DIALOGUE_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace veille::detector {

struct FallDialogue {
  enum class Stage : uint8_t {
    kNone,     // Nothing is suspected.
    kUnasked,  // Suspected; nobody can be asked: stillness decides.
    kAsked,    // Suspected; a prompt is on its way or shown.
    kTold,     // A fall was told, or the person called for help.
    kFine,     // The person answered that all is well, and that was told.
  };
  // Between suspicion and what is told of it.
  bool IsOpen() const { return stage == Stage::kUnasked || stage == Stage::kAsked; }
  bool IsPrompt(std::string_view id) const {
    return !id.empty() && id == std::string_view(prompt_id.data());
  }
  void SetPrompt(const std::string& id) {
    prompt_id = {};
    id.copy(prompt_id.data(), prompt_id.size() - 1);
  }

  Stage stage = Stage::kNone;
  bool still = false;         // Lay still already.
  bool shown = false;         // A hub began to show or speak the prompt.
  bool others_moved = false;  // Somebody moved about the home since the impact.
  int64_t answer_by_us = 0;   // Asked: told unless there is an answer by then.
  int64_t heard_us = 0;       // When the suspicion was received.
  int32_t room_before = 0;    // Where somebody was last seen, a room's digest; 0 for nowhere.
  std::array<char, 24> prompt_id{};
};

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_FALL_DIALOGUE_H_
